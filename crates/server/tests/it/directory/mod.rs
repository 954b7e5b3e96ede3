//! Directories, at the door of the core: what SCIM's wire looks like is tested in `scim`.

mod authority;
mod breaker;
mod consents;
mod credentials;
mod credentials_kinds;
mod credentials_rotation;
mod deactivation;
mod disconnection;
mod erased;
mod erased_beside;
mod groups;
mod health;
mod import_verdicts;
mod instance_directory;
mod jobs;
mod linking;
mod lockout;
mod mapping;
mod notices;
mod oauth;
mod oauth_assertion;
mod oauth_code;
mod oauth_races;
mod pending;
mod prehijack;
mod queries;
mod queries_agree;
mod queries_many;
mod race;
mod request_segments;
mod role_rules;
mod states;
mod takeover;
mod tombstones;

use std::sync::Arc;

use auth_core::features::directory::credentials::{self as tokens, NewCredential, Origin, Presented};
use auth_core::features::directory::users::{self as resources, Changed, DirectoryUser, NewDirectoryUser};
use auth_core::features::directory::{Attributes, CredentialScope, DirectoryActor, DirectoryFault, connections};
use auth_core::ids::{DirectoryUserId, Id as _, OrgId, SessionId, UserId};
use auth_core::orgs::members::{self, Member, NewMember, Source, Status};
use auth_core::orgs::{self, NewOrganization, domains};
use auth_core::sign_in::{self, Opened, SignUp};
use auth_core::users::{self, User};
use auth_core::{Actor, Ctx, Error, Result, sessions};

use crate::support::{App, Json, PASSWORD, json};

/// This instance itself.
fn system() -> Ctx {
    Ctx::system("test")
}

/// Nobody yet, from somewhere.
fn stranger() -> Ctx {
    Ctx {
        request_id: "req_test".into(),
        actor: Actor::Anonymous,
        ip: Some("192.0.2.1".into()),
        user_agent: Some("Test".into()),
        ..Ctx::system("")
    }
}

/// A person who asks.
fn by(user: &User) -> Ctx {
    let session_id = SessionId::from_text("sess_test".into());
    let actor = Actor::User {
        user_id: user.id.clone(),
        session_id,
        platform_admin: user.is_platform_admin(),
        impersonated_by: None,
    };
    stranger().with_actor(actor)
}

/// Which directory something opens, if it does.
async fn authenticated(app: &App, presented: Presented<'_>) -> Result<DirectoryActor> {
    tokens::authenticate(&app.core, &stranger(), presented).await
}

/// Whether something opens a directory. What does not is refused in one way.
async fn opens(app: &App, presented: Presented<'_>) -> bool {
    match authenticated(app, presented).await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is(&DirectoryFault::InvalidToken), "{error:?}");
            false
        }
    }
}

/// An organization, with a domain if one is named.
async fn organization(app: &App, name: &str, domain: Option<&str>) -> OrgId {
    let change = async |tx: &mut auth_core::Tx| {
        let new = NewOrganization { name: name.to_owned(), slug: name.to_lowercase(), ..NewOrganization::default() };
        let made = orgs::create(tx, new).await?;
        if let Some(domain) = domain {
            domains::assert_domain(tx, &made.id, domain).await?;
        }
        Ok::<_, Error>(made.id)
    };
    app.core.write(&system(), change).await.expect("an organization")
}

/// Somebody who signed up with [`PASSWORD`]; their session's token.
async fn signed_up(app: &App, email: &str) -> (User, String) {
    let name = email.split('@').next().unwrap_or(email).to_owned();
    let new = SignUp {
        name,
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        image: None,
        remember: true,
        callback_url: None,
        naming: users::username::Naming::default(),
        additional_fields: auth_core::fields::Given::default(),
    };
    let done = sign_in::sign_up(&app.core, &stranger(), new).await.expect("a sign-up");
    let token = done.entry.expect("an entry").opened().expect("a session").token.expose().to_owned();
    (done.user, token)
}

/// The same with a proven mailbox.
async fn proven(app: &App, email: &str) -> (User, String) {
    let (user, token) = signed_up(app, email).await;
    let user = app.core.write(&system(), async |tx| users::confirm_mailbox(tx, &user.id).await).await.expect("a proof");
    (user, token)
}

/// The mailbox's owner gets in: their first proof, their password, a session.
async fn owner_gets_in(app: &App, email: &str) -> (User, String) {
    let hash = auth_core::credentials::hash_password(&app.core, PASSWORD).await.expect("a hash");
    let change = async |tx: &mut auth_core::Tx| {
        let user = users::find_by_email(tx, email).await?.expect("somebody has the address");
        users::prove_mailbox(tx, &user.id).await?;
        auth_core::credentials::set_password(tx, &user.id, &hash).await
    };
    app.core.write(&system(), change).await.expect("a password");
    let opened = sign_in(app, email).await.expect("a session");
    (opened.user, opened.token.expose().to_owned())
}

async fn sign_in(app: &App, email: &str) -> Result<Opened> {
    sign_in::by_password(&app.core, &stranger(), email, PASSWORD, true).await?.opened()
}

/// Whether a session's token opens anything.
async fn is_in(app: &App, token: &str) -> bool {
    app.look(async |rx| sessions::resolve(rx, token).await).await.is_some()
}

async fn user(app: &App, email: &str) -> Option<User> {
    app.look(async |rx| users::find_by_email(rx, email).await).await
}

async fn member(app: &App, organization: &OrgId, user: &UserId) -> Option<Member> {
    app.look(async |rx| members::find(rx, organization, user).await).await
}

async fn add_member(app: &App, organization: &OrgId, user: &UserId, role: &str) -> Member {
    let new = NewMember {
        organization_id: organization.clone(),
        user_id: user.clone(),
        status: Status::Active,
        role: role.to_owned(),
        source: Source::Manual,
        additional_fields: auth_core::fields::Given::default(),
    };
    app.core.write(&system(), async |tx| members::add(tx, new.clone()).await).await.expect("a member")
}

/// A resource as Okta sends one.
fn person(email: &str) -> Json {
    let local = email.split('@').next().unwrap_or(email);
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "externalId": format!("00u{email}"),
        "active": true,
        "displayName": format!("{local} of the directory"),
        "name": { "givenName": local, "familyName": "Ex" },
        "emails": [{ "primary": true, "value": email, "type": "work" }],
    })
}

fn attributes(json: &Json) -> Attributes {
    json.as_object().cloned().expect("an object")
}

/// A directory with a token of its own, as SCIM's door sees it.
#[derive(Clone)]
struct Dir {
    app: App,
    token: String,
    actor: DirectoryActor,
    ctx: Ctx,
}

impl Dir {
    /// The owner's directory of that provider; the instance's owner is `None`.
    async fn of(app: &App, owner: Option<&OrgId>, provider: &str) -> Self {
        let change = async |tx: &mut auth_core::Tx| {
            let directory = connections::make_or_find(tx, owner, provider).await?;
            let new = NewCredential::bearer(directory.id, provider, Origin::Api);
            tokens::issue(tx, new).await?.into_secret()
        };
        let token = app.core.write(&system(), change).await.expect("a credential");
        Self::by_token(app, token.expose()).await
    }

    async fn by_token(app: &App, token: &str) -> Self {
        let actor = authenticated(app, Presented::Bearer(token)).await.expect("the token is good");
        let ctx = stranger().with_actor(actor.actor());
        Self { app: app.clone(), token: token.to_owned(), actor, ctx }
    }

    async fn try_post(&self, resource: &Json) -> Result<DirectoryUser> {
        let new = NewDirectoryUser { attributes: attributes(resource), password: None };
        self.app.core.write(&self.ctx, async |tx| resources::create(tx, &self.actor, &new).await).await
    }

    async fn post(&self, resource: &Json) -> DirectoryUser {
        self.try_post(resource).await.expect("a resource is made")
    }

    async fn get(&self, id: &DirectoryUserId) -> Result<DirectoryUser> {
        self.app.core.read(&self.ctx, async |rx| resources::get(rx, &self.actor, id).await).await
    }

    /// Sets some attributes; `null` removes one.
    async fn try_patch(&self, id: &DirectoryUserId, set: &Json) -> Result<Changed<DirectoryUser>> {
        let set = Arc::new(attributes(set));
        self.app
            .core
            .write(&self.ctx, async |tx| {
                let set = Arc::clone(&set);
                resources::change(tx, &self.actor, id, None, None, move |present| {
                    let mut attributes = present.attributes.clone();
                    for (name, value) in set.iter() {
                        if value.is_null() {
                            attributes.shift_remove(name);
                        } else {
                            attributes.insert(name.clone(), value.clone());
                        }
                    }
                    Ok::<_, Error>(attributes)
                })
                .await
            })
            .await
    }

    async fn patch(&self, id: &DirectoryUserId, set: &Json) -> DirectoryUser {
        self.try_patch(id, set).await.expect("a resource is changed").resource
    }

    /// Gives the resource another address, which is its `userName` too.
    async fn readdress(&self, id: &DirectoryUserId, email: &str) -> DirectoryUser {
        self.patch(id, &json!({ "userName": email, "emails": [{ "primary": true, "value": email, "type": "work" }] }))
            .await
    }

    async fn set_active(&self, id: &DirectoryUserId, active: bool) -> DirectoryUser {
        self.patch(id, &json!({ "active": active })).await
    }

    async fn delete(&self, id: &DirectoryUserId) {
        let gone = async |tx: &mut auth_core::Tx| resources::delete(tx, &self.actor, id, None).await;
        self.app.core.write(&self.ctx, gone).await.expect("a resource is deleted");
    }
}

/// Part of a list, newest first.
fn part(limit: u64, offset: u64) -> auth_core::db::Part {
    auth_core::db::Part { order: "created_at", ascending: false, search: None, beyond: None, limit, offset }
}
