//! The endpoints of teams. Where the operator switched teams off, their paths are unknown ones.

mod active;
mod manage;
mod members;

use actix_web::guard::{Guard, fn_guard};
use actix_web::web;
use auth_core::fields::visible;
use auth_core::ids::{Id as _, TeamId};
use auth_core::orgs::teams::{Team, TeamMember};
use auth_core::{AuthCore, Settings};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi as _, ToSchema};

use crate::wire::Iso;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    manage::configure(cfg);
    members::configure(cfg);
    active::configure(cfg);
}

/// Describes the endpoints.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = manage::Docs::openapi();
    for part in [members::Docs::openapi(), active::Docs::openapi()] {
        document.merge(part);
    }
    document
}

/// Lets a route be found only where there are teams.
fn where_on() -> impl Guard {
    fn_guard(|ctx| ctx.app_data::<web::Data<AuthCore>>().is_some_and(|core| core.settings().organization.teams.enabled))
}

/// A team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Team)]
pub struct TeamOut {
    /// What people call it.
    pub name: String,
    /// Of which organization.
    pub organization_id: String,
    /// When it was made.
    pub created_at: Iso,
    /// When it was last changed.
    pub updated_at: Iso,
    /// The id.
    pub id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: Map<String, Value>,
}

impl TeamOut {
    /// The team as people see it.
    #[must_use]
    pub fn of(team: Team, settings: &Settings) -> Self {
        Self {
            additional_fields: visible(&settings.fields.team, &team.additional_fields, false),
            name: team.name,
            organization_id: team.organization_id.into(),
            created_at: Iso(team.created_at),
            updated_at: Iso(team.updated_at),
            id: team.id.into(),
        }
    }

    /// Teams of a list.
    #[must_use]
    pub fn all(teams: Vec<Team>, settings: &Settings) -> Vec<Self> {
        teams.into_iter().map(|team| Self::of(team, settings)).collect()
    }
}

/// Somebody's place in a team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TeamMember)]
pub struct TeamMemberOut {
    /// In which team.
    pub team_id: String,
    /// Who.
    pub user_id: String,
    /// Since when.
    pub created_at: Iso,
    /// The id of the place.
    pub id: String,
}

impl From<TeamMember> for TeamMemberOut {
    fn from(place: TeamMember) -> Self {
        Self {
            team_id: place.team_id.into(),
            user_id: place.user_id.into(),
            created_at: Iso(place.created_at),
            id: place.id.into(),
        }
    }
}

/// Done, in a sentence.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageOut {
    /// What was done.
    message: &'static str,
}

/// The team with this id. What can be no id is the id of no team.
pub fn id_of(text: &str) -> TeamId {
    TeamId::parse(text).unwrap_or_else(|| TeamId::from_text(String::new()))
}
