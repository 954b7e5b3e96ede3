//! Organizations, members and invitations as this dialect shows them.
//!
//! Metadata is an object in the answers to create and update and a JSON text everywhere else; that is
//! how clients know it. Roles are one text, joined by commas.

use std::collections::HashMap;

use auth_core::Settings;
use auth_core::fields::visible;
use auth_core::ids::{Id as _, InvitationId, TeamId};
use auth_core::orgs::Organization;
use auth_core::orgs::invitations::{Invitation, Offer};
use auth_core::orgs::members::{Member, Person};
use auth_core::users::User;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::teams::TeamOut;
use crate::wire::Iso;

/// An organization.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organization)]
pub struct OrganizationOut {
    /// What people call it.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// The address of its logo.
    pub logo: Option<String>,
    /// When it was made.
    pub created_at: Iso,
    /// What was noted about it: an object as JSON text.
    #[schema(example = "{\"plan\":\"pro\"}")]
    pub metadata: Option<String>,
    /// The id.
    pub id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: Map<String, Value>,
}

impl OrganizationOut {
    /// The organization as people see it.
    #[must_use]
    pub fn of(organization: Organization, settings: &Settings) -> Self {
        Self {
            additional_fields: visible(&settings.fields.organization, &organization.additional_fields, false),
            metadata: organization.public_metadata.map(|metadata| Value::Object(metadata).to_string()),
            name: organization.name,
            slug: organization.slug,
            logo: organization.logo,
            created_at: Iso(organization.created_at),
            id: organization.id.into(),
        }
    }
}

/// An organization that was made or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangedOrganization)]
pub struct ChangedOut {
    /// What people call it.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// The address of its logo.
    pub logo: Option<String>,
    /// When it was made.
    pub created_at: Iso,
    /// What was noted about it; missing if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// The id.
    pub id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: Map<String, Value>,
}

impl ChangedOut {
    /// The organization as whoever changed it sees it.
    #[must_use]
    pub fn of(organization: Organization, settings: &Settings) -> Self {
        Self {
            additional_fields: visible(&settings.fields.organization, &organization.additional_fields, false),
            name: organization.name,
            slug: organization.slug,
            logo: organization.logo,
            created_at: Iso(organization.created_at),
            metadata: organization.public_metadata,
            id: organization.id.into(),
        }
    }
}

/// An organization that was made, with its first member.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedOrganization)]
pub struct CreatedOut {
    /// The organization.
    #[serde(flatten)]
    pub organization: ChangedOut,
    /// Whoever made it, as its owner.
    pub members: Vec<MemberOut>,
}

/// An organization with its members and its invitations.
#[derive(Serialize, ToSchema)]
#[schema(as = FullOrganization)]
pub struct FullOut {
    /// The organization.
    #[serde(flatten)]
    pub organization: OrganizationOut,
    /// Its invitations, for members who may invite.
    pub invitations: Vec<InvitationOut>,
    /// Its members.
    pub members: Vec<MemberOut>,
    /// Its teams, where there are teams.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub teams: Option<Vec<TeamOut>>,
}

/// A member.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberOut {
    /// In which organization.
    pub organization_id: String,
    /// Who.
    pub user_id: String,
    /// `owner`, `admin`, `member`; several joined by commas.
    #[schema(example = "admin")]
    pub role: String,
    /// Since when.
    pub created_at: Iso,
    /// The membership's id.
    pub id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: Map<String, Value>,
    /// The person, where the answer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<PersonOut>,
}

impl MemberOut {
    /// The member as people see them.
    #[must_use]
    pub fn of(member: Member, settings: &Settings) -> Self {
        Self {
            organization_id: member.organization_id.into(),
            user_id: member.user_id.into(),
            role: member.roles.join(","),
            created_at: Iso(member.created_at),
            id: member.id.into(),
            additional_fields: visible(&settings.fields.member, &member.additional_fields, false),
            user: None,
        }
    }

    /// Members of a list.
    #[must_use]
    pub fn all(found: Vec<(Member, Person)>, settings: &Settings) -> Vec<Self> {
        found.into_iter().map(|(member, person)| Self::of(member, settings).with(person.into())).collect()
    }

    /// The member with their person.
    #[must_use]
    pub fn with(mut self, person: PersonOut) -> Self {
        self.user = Some(person);
        self
    }
}

/// A person, as other members see them.
#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonOut {
    /// Who.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The address of their image.
    pub image: Option<String>,
}

impl From<Person> for PersonOut {
    fn from(person: Person) -> Self {
        Self { id: person.id.into(), name: person.name, email: person.email, image: person.image }
    }
}

impl From<&User> for PersonOut {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_str().to_owned(),
            name: user.name.clone(),
            email: user.email.clone(),
            image: user.image.clone(),
        }
    }
}

/// An invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub struct InvitationOut {
    /// To which organization.
    pub organization_id: String,
    /// Whom, in small letters.
    pub email: String,
    /// With which role; several joined by commas.
    #[schema(example = "member")]
    pub role: String,
    /// `pending`, `accepted`, `rejected` or `canceled`.
    #[schema(example = "pending")]
    pub status: String,
    /// Until when it can be accepted.
    pub expires_at: Iso,
    /// When it was made.
    pub created_at: Iso,
    /// Who invited; null if a directory or the administration did.
    pub inviter_id: Option<String>,
    /// Into which team; several joined by commas; null for none.
    pub team_id: Option<String>,
    /// The id, which opens it for the invited.
    pub id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: Map<String, Value>,
}

impl InvitationOut {
    /// The invitation as people see it.
    #[must_use]
    pub fn of(invitation: Invitation, settings: &Settings) -> Self {
        Self {
            additional_fields: visible(&settings.fields.invitation, &invitation.additional_fields, false),
            organization_id: invitation.organization_id.into(),
            email: invitation.email,
            role: invitation.roles.join(","),
            status: invitation.status.as_str().to_owned(),
            expires_at: Iso(invitation.expires_at),
            created_at: Iso(invitation.created_at),
            inviter_id: invitation.inviter_id.map(String::from),
            team_id: None,
            id: invitation.id.into(),
        }
    }

    /// The invitation with its teams.
    #[must_use]
    pub fn into_teams(mut self, teams: &HashMap<InvitationId, Vec<TeamId>>) -> Self {
        let named = teams.iter().find(|(id, _)| id.as_str() == self.id).map(|(_, teams)| teams);
        let named: Vec<&str> = named.into_iter().flatten().map(TeamId::as_str).collect();
        self.team_id = (!named.is_empty()).then(|| named.join(","));
        self
    }
}

/// An invitation as the invited sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Offer)]
pub struct OfferOut {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: InvitationOut,
    /// The organization's name.
    pub organization_name: String,
    /// The organization's slug.
    pub organization_slug: String,
    /// The inviter's address.
    pub inviter_email: Option<String>,
}

impl OfferOut {
    /// The invitation as the invited sees it.
    #[must_use]
    pub fn of(offer: Offer, settings: &Settings) -> Self {
        Self {
            invitation: InvitationOut::of(offer.invitation, settings),
            organization_name: offer.organization_name,
            organization_slug: offer.organization_slug,
            inviter_email: offer.inviter_email,
        }
    }
}
