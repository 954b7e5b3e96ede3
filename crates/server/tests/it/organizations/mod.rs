//! Organizations as a portal sees them: members, roles, invitations, the last owner, directory tokens.

mod additional_fields;
mod api_keys;
mod concurrency;
mod crud;
mod domains;
mod enrollment;
mod fields_within;
mod invitations;
mod isolation;
mod last_owner;
mod members;
mod own_roles;
mod roles;
mod scim_tokens;
mod sources;
mod suspension;
mod teams;

use auth_core::Ctx;
use auth_core::ids::{Id as _, OrgId, UserId};
use auth_core::orgs::members as core_members;

use crate::support::*;

/// Makes an organization and returns its id. The browser works in it from now on.
pub async fn organization(owner: &Client, slug: &str) -> String {
    let made = owner.post("/api/auth/organization/create", json!({ "name": slug, "slug": slug })).await.ok();
    made["id"].as_str().expect("an id").to_owned()
}

/// Invites an address and returns the invitation's id.
pub async fn invite(inviter: &Client, organization: &str, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "role": role, "organizationId": organization });
    let invitation = inviter.post("/api/auth/organization/invite-member", body).await.ok();
    invitation["id"].as_str().expect("an id").to_owned()
}

/// Signs somebody up as `<name>@example.com` and makes them a member by an invitation.
pub async fn joined(app: &App, inviter: &Client, organization: &str, name: &str, role: &str) -> Client {
    let client = app.signed_up(name).await;
    let id = invite(inviter, organization, &format!("{name}@example.com"), role).await;
    client.post("/api/auth/organization/accept-invitation", json!({ "invitationId": id })).await.expect(200);
    client
}

/// The members as a member sees them.
pub async fn members_of(client: &Client, organization: &str) -> Vec<Json> {
    let path = format!("/api/auth/organization/list-members?organizationId={organization}");
    client.get(&path).await.ok()["members"].as_array().expect("members").clone()
}

/// The membership of an address, as a member sees it.
pub async fn membership(client: &Client, organization: &str, email: &str) -> Json {
    let all = members_of(client, organization).await;
    all.into_iter().find(|member| member["user"]["email"] == email).expect("a member")
}

/// The id of the membership of an address.
pub async fn member_id(client: &Client, organization: &str, email: &str) -> String {
    membership(client, organization, email).await["id"].as_str().expect("an id").to_owned()
}

/// The id of the person who is signed in.
pub async fn user_id(client: &Client) -> String {
    client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned()
}

/// The organization in which the session works.
pub async fn active(client: &Client) -> Json {
    client.get("/api/auth/get-session").await.ok()["session"]["activeOrganizationId"].clone()
}

/// Suspends a member as a directory would, by the core itself.
pub async fn suspend(app: &App, organization: &str, user: &str) -> bool {
    let (organization, user) = (OrgId::from_text(organization.to_owned()), UserId::from_text(user.to_owned()));
    let ctx = Ctx::system("test");
    let suspended =
        app.core.write(&ctx, async |tx| core_members::suspend(tx, &organization, &user, "directory:dir_test").await);
    suspended.await.expect("the suspension").is_some_and(|done| done)
}

/// Brings a suspended member back as a directory would.
pub async fn restore(app: &App, organization: &str, user: &str) {
    let (organization, user) = (OrgId::from_text(organization.to_owned()), UserId::from_text(user.to_owned()));
    let ctx = Ctx::system("test");
    app.core.write(&ctx, async |tx| core_members::restore(tx, &organization, &user).await).await.expect("the return");
}

/// How many events of a kind there are.
pub async fn events(app: &App, kind: &str) -> i64 {
    app.look(async |db| {
        let sql = "SELECT COUNT(*) FROM events WHERE kind = $1";
        auth_core::db::one(db, sql, [kind.into()]).await?.expect("a row").get(0)
    })
    .await
}
