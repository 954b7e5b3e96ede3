//! What a credential may do, and what a directory that was stopped answers.

use auth_core::Ctx;
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::credentials::{self, NewCredential, Origin};
use auth_core::ids::{DirectoryId, Id as _};

use super::*;
use crate::support::*;

/// A client whose credential has these scopes only.
pub(super) async fn limited(app: &App, boot: &Boot, scopes: &[CredentialScope]) -> Client {
    let issue = async |tx: &mut auth_core::Tx| {
        let directory = DirectoryId::from_text(boot.directory_id.clone());
        let new = NewCredential { scopes: scopes.to_vec(), ..NewCredential::bearer(directory, "Limited", Origin::Api) };
        credentials::issue(tx, new).await?.into_secret()
    };
    let token = app.core.write(&Ctx::system("test"), issue).await.expect("a credential");
    app.scim(token.expose())
}

db_test!(a_credential_does_what_its_scopes_say, async |app| {
    let boot = app.boot("Acme", None).await;
    let user = format!("/scim/v2/Users/{}", make(&boot.scim, "ann").await);
    let group = format!("/scim/v2/Groups/{}", make_group(&boot.scim, "Staff", &[]).await);
    let reader = limited(&app, &boot, &[CredentialScope::UsersRead]).await;
    reader.get(&user).await.expect(200);
    reader.get("/scim/v2/Users").await.expect(200);
    let writer = limited(&app, &boot, &[CredentialScope::GroupsWrite]).await;
    writer.patch(&group, op("replace", "displayName", json!("Crew"))).await.expect(200);
    // What may not be done is refused before the body is looked at.
    for (client, method, path) in [
        (&reader, "POST", "/scim/v2/Users"),
        (&reader, "PUT", &user),
        (&reader, "PATCH", &user),
        (&reader, "DELETE", &user),
        (&reader, "GET", &group),
        (&reader, "GET", "/scim/v2/Groups"),
        (&writer, "GET", "/scim/v2/Users"),
        (&writer, "GET", &group),
        (&writer, "POST", "/scim/v2/Users"),
    ] {
        let body = (method != "GET").then(|| b"{ not json".to_vec());
        refused(&client.send(method, path, body, &[]).await, 403, "");
    }
    boot.scim.get(&user).await.expect(200);
});

db_test!(a_directory_that_was_stopped_asks_to_come_back_later, async |app| {
    let boot = app.boot("Acme", None).await;
    let id = boot.directory_id.clone();
    let stop = async |tx: &mut auth_core::Tx| {
        let sql = "UPDATE directories SET state = 'paused' WHERE id = $1";
        auth_core::db::run(tx, sql, [id.as_str().into()]).await
    };
    app.core.write(&Ctx::system("test"), stop).await.expect("stopped");
    for answer in [boot.scim.get("/scim/v2/Users").await, boot.scim.post("/scim/v2/Users", person("ann")).await] {
        refused(&answer, 503, "");
        assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{answer:?}");
    }
});
