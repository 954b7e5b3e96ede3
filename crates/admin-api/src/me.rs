//! `/v1/me`: who the caller is, and where they may do what. What a page asks first.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::db::Scope as _;
use auth_core::features::directory::setup::{self, Present};
use auth_core::ids::UserId;
use auth_core::orgs::Organization;
use auth_core::orgs::members::{self, Member};
use auth_core::roles::{Definitions, DefinitionsEach};
use auth_core::users::{self, User};
use auth_core::{Actor, Rx};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::Unauthenticated;
use crate::{resource, role};

/// How many memberships are told of.
const MEMBERSHIPS: u64 = 100;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/me", [(Method::GET, web::to(read))]));
}

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me, example = json!({
    "object": "me", "kind": "user",
    "user": {"id": "user_01h455vb4pex5vsknk084sn02q", "object": "user", "email_address": "ann@acme.example",
        "email_verified": true, "first_name": "Ann", "last_name": "Ex", "name": "Ann Ex", "image_url": null, "role": "user",
        "public_metadata": {}, "last_sign_in_at": 1_714_723_000_000_i64, "created_at": 1_714_723_000_000_i64,
        "updated_at": 1_714_723_000_000_i64},
    "instance_admin": false, "impersonated_by": null, "memberships": [{
        "organization": {"id": "org_01h455vb4pex5vsknk084sn02q", "name": "Acme", "slug": "acme", "image_url": null},
        "role": "org:admin", "role_name": "Admin", "permissions": ["organization:update", "org:sys_provisioning:manage"],
        "status": "active"}],
    "memberships_total": 1, "setup": null
}))]
pub struct MeOut {
    /// Always `me`.
    object: &'static str,
    /// `user` with a session, `secret_key`, or `setup` with what a setup link was exchanged for.
    kind: &'static str,
    /// The person; null for everything else.
    user: Option<MyselfOut>,
    /// Whether the caller stands above all organizations.
    instance_admin: bool,
    /// The id of the administrator who acts as this person.
    impersonated_by: Option<String>,
    /// The person's memberships, at most 100, by the organization's name.
    memberships: Vec<MineOut>,
    /// How many there are.
    #[schema(minimum = 0)]
    memberships_total: i64,
    /// What a setup link has opened; null for everybody else.
    setup: Option<MySetupOut>,
}

impl MeOut {
    /// Somebody who is no person.
    const fn nobody(kind: &'static str, instance_admin: bool, setup: Option<MySetupOut>) -> Self {
        Self {
            object: "me",
            kind,
            user: None,
            instance_admin,
            impersonated_by: None,
            memberships: Vec::new(),
            memberships_total: 0,
            setup,
        }
    }
}

/// The one directory that is being set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MySetup)]
pub struct MySetupOut {
    directory_id: String,
    /// Which product it is (`okta`, `entra`, …).
    provider: String,
    organization_id: String,
    organization_name: String,
    organization_image_url: Option<String>,
    /// Until when the token is good.
    expires_at: i64,
}

impl From<Present> for MySetupOut {
    fn from(present: Present) -> Self {
        Self {
            directory_id: present.directory_id.into(),
            provider: present.provider,
            organization_id: present.organization_id.into(),
            organization_name: present.organization_name,
            organization_image_url: present.organization_logo,
            expires_at: present.expires_at.millis(),
        }
    }
}

/// The caller, as they may see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Myself)]
pub struct MyselfOut {
    id: String,
    /// Always `user`.
    object: &'static str,
    email_address: String,
    /// Whether somebody has proven to read that mailbox.
    email_verified: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    name: String,
    image_url: Option<String>,
    /// The role in the instance: `user` or `admin`.
    role: String,
    #[schema(value_type = Object)]
    public_metadata: Map<String, Value>,
    last_sign_in_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl From<User> for MyselfOut {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into(),
            object: "user",
            email_address: user.email,
            email_verified: user.email_verified,
            first_name: user.first_name,
            last_name: user.last_name,
            name: user.name,
            image_url: user.image,
            role: user.role,
            public_metadata: user.public_metadata,
            last_sign_in_at: user.last_sign_in_at.map(Timestamp::millis),
            created_at: user.created_at.millis(),
            updated_at: user.updated_at.millis(),
        }
    }
}

/// A membership of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MyMembership)]
pub struct MineOut {
    organization: MyOrganizationOut,
    /// The highest of the roles.
    role: String,
    role_name: String,
    /// What the roles permit; nothing while the membership is not active.
    permissions: Vec<String>,
    /// `active`, `awaiting` acceptance, or `suspended` by a directory.
    status: &'static str,
}

/// An organization of the caller's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MyOrganization)]
pub struct MyOrganizationOut {
    id: String,
    name: String,
    slug: String,
    image_url: Option<String>,
}

impl MineOut {
    fn new(member: &Member, organization: Organization, defined: &Definitions) -> Self {
        Self {
            organization: MyOrganizationOut {
                id: organization.id.into(),
                name: organization.name,
                slug: organization.slug,
                image_url: organization.logo,
            },
            role: role::show(member.highest_role()),
            role_name: defined.name(member.highest_role()).to_owned(),
            permissions: if member.is_active() { defined.union(&member.roles) } else { Vec::new() },
            status: member.status.as_str(),
        }
    }
}

/// Who am I
///
/// The person of the session with at most 100 of their memberships (`memberships_total` says how many there are), or that
/// it is a secret key, which stands for the whole instance. It is for everybody who has credentials.
#[utoipa::path(
    get, path = "/v1/me", tag = "Instance", operation_id = "getMe",
    responses((status = 200, description = "The caller", body = MeOut), Unauthenticated)
)]
pub async fn read(call: Call) -> Result<HttpResponse, ApiError> {
    let me = call
        .core
        .read(&call.ctx, async |rx| match &rx.ctx().actor {
            Actor::User { user_id, platform_admin, impersonated_by, .. } => {
                person(rx, user_id, impersonated_by.as_ref(), *platform_admin).await
            }
            Actor::SecretKey { .. } => Ok(MeOut::nobody("secret_key", true, None)),
            Actor::Setup { .. } => match setup::present(rx).await? {
                Some(present) => Ok(MeOut::nobody("setup", false, Some(present.into()))),
                None => Err(ApiError::unauthenticated(None)),
            },
            _ => Err(ApiError::unauthenticated(None)),
        })
        .await?;
    Ok(ok(&me))
}

async fn person(rx: &Rx, id: &UserId, impersonator: Option<&UserId>, admin: bool) -> Result<MeOut, ApiError> {
    let user = users::get(rx, id).await?;
    let (members, memberships_total) = members::page_of_user(rx, id, MEMBERSHIPS).await?;
    let defined = DefinitionsEach::of(rx, members.iter().map(|(member, _)| member)).await?;
    Ok(MeOut {
        object: "me",
        kind: "user",
        user: Some(user.into()),
        instance_admin: admin,
        impersonated_by: impersonator.map(ToString::to_string),
        memberships: members
            .into_iter()
            .map(|(member, of)| MineOut::new(&member, of, &defined.within(&member.organization_id)))
            .collect(),
        memberships_total,
        setup: None,
    })
}
