//! The code flow: an admin's consent, the code, the tokens made of it, and their renewal.

use auth_core::features::directory::credentials::{Issued, Kind};
use auth_core::features::directory::oauth::{
    self, AuthorizationRequest, ClientProof, OAuthFault, TokenAnswer, begin_authorization, grant_authorization,
    may_redirect,
};
use auth_core::secret::Secret;

use super::oauth::{change, fetch, good, issue_with, proof};
use super::*;
use crate::support::*;

/// Where the client is sent back to.
pub(super) const BACK: &str = "https://idp.example/callback";
/// A verifier, and the challenge that it answers (RFC 7636, appendix B).
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that may ask people for consent.
pub(super) async fn web_client(app: &App, dir: &Dir) -> Issued {
    let uris = vec![BACK.to_owned(), "https://idp.example/other".to_owned()];
    let new = |new| NewCredential { kind: Kind::OAuth2, redirect_uris: uris.clone(), ..new };
    issue_with(app, dir, new).await.expect("a client")
}

/// What it asks for.
pub(super) fn request(client: &Issued) -> AuthorizationRequest {
    AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(client.credential.id.to_string()),
        redirect_uri: Some(BACK.into()),
        scope: None,
        code_challenge: Some(CHALLENGE.into()),
        code_challenge_method: Some("S256".into()),
    }
}

/// An admin of the organization.
pub(super) async fn admin(app: &App, organization: &OrgId) -> User {
    let (bob, _) = proven(app, "bob@elsewhere.example").await;
    add_member(app, organization, &bob.id, "admin").await;
    bob
}

/// A code in the name of somebody.
pub(super) async fn consent(app: &App, who: &User, request: &AuthorizationRequest) -> Result<Secret> {
    app.core.write(&by(who), async |tx| grant_authorization(tx, request).await).await
}

pub(super) async fn exchange(app: &App, client: &Issued, code: &Secret) -> Result<TokenAnswer> {
    oauth::exchange_code(&app.core, &stranger(), proof(client), code.expose(), BACK, Some(VERIFIER)).await
}

pub(super) async fn renew(
    app: &App,
    client: &Issued,
    answer: &TokenAnswer,
    scope: Option<&str>,
) -> Result<TokenAnswer> {
    let token = answer.refresh_token.as_ref().expect("a refresh token").expose();
    oauth::refresh(&app.core, &stranger(), proof(client), token, scope).await
}

db_test!(an_admin_consents_and_the_client_gets_tokens, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let asked = AuthorizationRequest { scope: Some("users:write users:read".into()), ..request(&client) };
    let shown = app.core.read(&by(&bob), async |rx| begin_authorization(rx, &asked).await).await.expect("a consent");
    assert_eq!(
        (shown.credential_id, shown.directory.id),
        (client.credential.id.clone(), dir.actor.directory.id.clone())
    );
    assert_eq!((shown.organization_name.as_deref(), shown.redirect_uri.as_str()), (Some("Acme"), BACK));
    assert_eq!(shown.scopes, [CredentialScope::UsersRead, CredentialScope::UsersWrite]);

    let code = consent(&app, &bob, &asked).await.expect("a code");
    assert!(code.expose().starts_with("scimac_") && !opens(&app, Presented::Bearer(code.expose())).await);
    let stored = app.look(async |rx| {
        let row = auth_core::db::one(rx, "SELECT code_hash, user_id FROM directory_oauth_codes", []).await?.unwrap();
        Ok((row.get::<String>(0)?, row.get::<String>(1)?))
    });
    assert_eq!(stored.await, (auth_core::secret::hash(code.expose()), bob.id.to_string()), "hashed, and who it was");

    let answer = exchange(&app, &client, &code).await.expect("tokens");
    let refresh = answer.refresh_token.as_ref().expect("a refresh token").expose();
    assert!(good(&app, &answer).await && refresh.starts_with("scimrt_"));
    assert!(!opens(&app, Presented::Bearer(refresh)).await, "a refresh token opens nothing");
    assert_eq!((answer.expires_in, answer.scope().as_str()), (3600, "users:read users:write"));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens WHERE token_hash LIKE 'scim%'").await, 0);
});

db_test!(who_may_not_manage_the_directory_consents_to_nothing, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let globex = organization(&app, "Globex", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = web_client(&app, &dir).await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    let denied = async |ctx: &Ctx, fault: OAuthFault| {
        let asked = request(&client);
        let begun = app.core.read(ctx, async |rx| begin_authorization(rx, &asked).await).await.unwrap_err();
        let granted = app.core.write(ctx, async |tx| grant_authorization(tx, &asked).await).await.unwrap_err();
        assert!(begun.is(&fault) && granted.is(&fault), "{ctx:?}: {begun:?} {granted:?}");
    };
    denied(&by(&ann), OAuthFault::AccessDenied).await;
    add_member(&app, &acme, &ann.id, "member").await;
    denied(&by(&ann), OAuthFault::AccessDenied).await;
    // An admin of another organization, nobody, this instance itself, and the directory.
    denied(&by(&admin(&app, &globex).await), OAuthFault::AccessDenied).await;
    denied(&stranger(), OAuthFault::LoginRequired).await;
    denied(&system(), OAuthFault::AccessDenied).await;
    denied(&dir.ctx, OAuthFault::AccessDenied).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_codes").await, 0);
    // The instance's own directory takes a platform admin.
    let own = Dir::of(&app, None, "okta").await;
    let client = web_client(&app, &own).await;
    let (eve, _) = proven(&app, "eve@elsewhere.example").await;
    assert!(consent(&app, &eve, &request(&client)).await.unwrap_err().is(&OAuthFault::AccessDenied));
    let root = User { role: "admin".into(), ..eve };
    assert!(root.is_platform_admin() && consent(&app, &root, &request(&client)).await.is_ok());
});

db_test!(a_request_that_is_not_good_is_refused_and_never_sent_to_a_strange_address, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let plain = issue_with(&app, &dir, |new| NewCredential { kind: Kind::OAuth2, ..new }).await.expect("a client");
    let basic = issue_with(&app, &dir, |new| NewCredential { kind: Kind::Basic, ..new }).await.expect("no client");
    let good = || request(&client);
    let with = |f: &dyn Fn(&mut AuthorizationRequest)| {
        let mut asked = good();
        f(&mut asked);
        asked
    };
    let (unknown, address) = (OAuthFault::InvalidClient, OAuthFault::InvalidRedirectUri);
    let invalid = OAuthFault::InvalidRequest("");
    for (asked, fault, goes_back) in [
        (with(&|r| r.client_id = None), &unknown, false),
        (with(&|r| r.client_id = Some("scimt_01h455vb4pex5vsknk084sn02q".into())), &unknown, false),
        (with(&|r| r.client_id = Some(basic.credential.id.to_string())), &unknown, false),
        (with(&|r| r.redirect_uri = None), &address, false),
        (with(&|r| r.redirect_uri = Some("https://evil.example/".into())), &address, false),
        (with(&|r| r.redirect_uri = Some(format!("{BACK}/"))), &address, false),
        (with(&|r| r.redirect_uri = Some(format!("{BACK}?x=1"))), &address, false),
        (with(&|r| r.redirect_uri = Some(BACK.to_uppercase())), &address, false),
        (with(&|r| r.client_id = Some(plain.credential.id.to_string())), &address, false),
        (with(&|r| r.response_type = None), &invalid, true),
        (with(&|r| r.response_type = Some("token".into())), &OAuthFault::UnsupportedResponseType, true),
        (with(&|r| r.response_type = Some("code id_token".into())), &OAuthFault::UnsupportedResponseType, true),
        (with(&|r| r.code_challenge_method = None), &invalid, true),
        (with(&|r| r.code_challenge_method = Some("plain".into())), &invalid, true),
        (with(&|r| r.code_challenge = None), &invalid, true),
        (with(&|r| r.code_challenge = Some("short".into())), &invalid, true),
        (with(&|r| r.scope = Some("users:read admin".into())), &OAuthFault::InvalidScope, true),
    ] {
        let refused = consent(&app, &bob, &asked).await.unwrap_err();
        assert!(refused.is(fault) && may_redirect(&refused) == goes_back, "{asked:?}: {refused:?}");
        // What is wrong with it is said before anybody has to sign in.
        let before = app.core.read(&stranger(), async |rx| begin_authorization(rx, &asked).await).await.unwrap_err();
        assert!(before.is(fault), "{before:?}");
    }
    // Without PKCE if the secret will prove the client.
    let without = with(&|r| (r.code_challenge, r.code_challenge_method) = (None, None));
    assert!(consent(&app, &bob, &without).await.is_ok());
});

db_test!(a_code_is_good_for_its_client_its_address_and_its_verifier, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let other = web_client(&app, &dir).await;
    let plain = issue_with(&app, &dir, |new| NewCredential { kind: Kind::OAuth2, ..new }).await.expect("a client");
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    let unproven = AuthorizationRequest { code_challenge: None, code_challenge_method: None, ..request(&client) };
    let bare = consent(&app, &bob, &unproven).await.expect("a code");
    let id = client.credential.id.as_str();
    let wrong = VERIFIER.replace('d', "e");
    let attempt = async |proof: ClientProof<'_>, code: &str, back: &str, verifier: Option<&str>| {
        oauth::exchange_code(&app.core, &stranger(), proof, code, back, verifier).await
    };
    let grant = &OAuthFault::InvalidGrant;
    for (why, answer, fault) in [
        ("another's", attempt(proof(&other), code.expose(), BACK, Some(VERIFIER)).await, grant),
        ("nonsense", attempt(proof(&client), "nonsense", BACK, Some(VERIFIER)).await, grant),
        ("elsewhere", attempt(proof(&client), code.expose(), "https://idp.example/other", Some(VERIFIER)).await, grant),
        ("nowhere", attempt(proof(&client), code.expose(), "", Some(VERIFIER)).await, grant),
        ("wrong verifier", attempt(proof(&client), code.expose(), BACK, Some(&wrong)).await, grant),
        ("the challenge itself", attempt(proof(&client), code.expose(), BACK, Some(CHALLENGE)).await, grant),
        ("short verifier", attempt(proof(&client), code.expose(), BACK, Some("x")).await, grant),
        ("no verifier", attempt(proof(&client), code.expose(), BACK, None).await, grant),
        ("no challenge", attempt(proof(&client), bare.expose(), BACK, Some(VERIFIER)).await, grant),
        (
            "no proof",
            attempt(ClientProof::None { id }, code.expose(), BACK, Some(VERIFIER)).await,
            &OAuthFault::InvalidClient,
        ),
        (
            "no web client",
            attempt(proof(&plain), code.expose(), BACK, Some(VERIFIER)).await,
            &OAuthFault::UnauthorizedClient,
        ),
    ] {
        let refused = answer.unwrap_err();
        assert!(refused.is(fault), "{why}: {refused:?}");
    }
    // None of that spent them.
    assert!(exchange(&app, &client, &code).await.is_ok());
    assert!(attempt(proof(&client), bare.expose(), BACK, None).await.is_ok());
});

db_test!(a_code_lives_for_a_minute, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    app.clock.advance(61);
    assert!(exchange(&app, &client, &code).await.unwrap_err().is(&OAuthFault::InvalidGrant));
});

db_test!(a_code_that_comes_again_ends_what_was_made_of_it, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let other = web_client(&app, &dir).await;
    let own = fetch(&app, &client, None).await.expect("a token");
    let (code, unused) = (
        consent(&app, &bob, &request(&client)).await.unwrap(),
        exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap(),
    );
    let answer = exchange(&app, &client, &code).await.expect("tokens");
    let renewed = renew(&app, &client, &answer, None).await.expect("tokens");
    // Another client knows nothing of it.
    assert!(exchange(&app, &other, &code).await.is_err() && good(&app, &answer).await);
    app.clock.advance(120);
    oauth::sweep(&app.core).await.expect("swept");
    assert!(exchange(&app, &client, &code).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    assert!(!good(&app, &answer).await && !good(&app, &renewed).await);
    assert!(renew(&app, &client, &renewed, None).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    assert!(good(&app, &own).await && good(&app, &unused).await, "nothing else ended");
});

db_test!(a_refresh_token_is_good_once_and_its_return_ends_the_grant, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let other = web_client(&app, &dir).await;
    let code = consent(&app, &bob, &request(&client)).await.unwrap();
    let first = exchange(&app, &client, &code).await.expect("tokens");
    let second = renew(&app, &client, &first, None).await.expect("tokens");
    assert_ne!(first.refresh_token, second.refresh_token);
    assert!(good(&app, &first).await && good(&app, &second).await, "the earlier access token goes on");
    // Whoever is not the client cannot use it, nor end anything by trying.
    assert!(renew(&app, &other, &second, None).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    assert!(renew(&app, &other, &first, None).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    let access = TokenAnswer { refresh_token: Some(second.access_token.clone()), ..second.clone() };
    assert!(renew(&app, &client, &access, None).await.is_err(), "an access token renews nothing");
    let third = renew(&app, &client, &second, None).await.expect("tokens");
    assert!(renew(&app, &client, &first, None).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    for answer in [&first, &second, &third] {
        assert!(!good(&app, answer).await);
        assert!(renew(&app, &client, answer, None).await.is_err());
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_grants").await, 0);
});

db_test!(a_refresh_narrows_and_a_narrow_one_does_not_narrow_the_grant, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let asked = AuthorizationRequest { scope: Some("users:read users:write".into()), ..request(&client) };
    let first = exchange(&app, &client, &consent(&app, &bob, &asked).await.unwrap()).await.expect("tokens");
    let refused = renew(&app, &client, &first, Some("users:read groups:read")).await.unwrap_err();
    assert!(refused.is(&OAuthFault::InvalidScope), "the client may, the grant may not");
    let narrow = renew(&app, &client, &first, Some("users:read")).await.expect("the refusal spent nothing");
    assert_eq!(narrow.scope(), "users:read");
    let whole = renew(&app, &client, &narrow, None).await.expect("tokens");
    assert_eq!(whole.scope(), "users:read users:write");
});

db_test!(a_refresh_token_lives_for_thirty_days_after_its_last_use, async |app| {
    const DAY: i64 = 86_400;
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let mut answer = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    for _ in 0..3 {
        app.clock.advance(29 * DAY);
        oauth::sweep(&app.core).await.expect("swept");
        answer = renew(&app, &client, &answer, None).await.expect("tokens");
    }
    app.clock.advance(30 * DAY + 1);
    assert!(renew(&app, &client, &answer, None).await.unwrap_err().is(&OAuthFault::InvalidGrant));
    oauth::sweep(&app.core).await.expect("swept");
    app.clock.advance(DAY);
    oauth::sweep(&app.core).await.expect("swept");
    for table in ["tokens", "grants", "codes"] {
        let sql: &'static str = match table {
            "tokens" => "SELECT COUNT(*) FROM directory_oauth_tokens",
            "grants" => "SELECT COUNT(*) FROM directory_oauth_grants",
            _ => "SELECT COUNT(*) FROM directory_oauth_codes",
        };
        assert_eq!(app.count(sql).await, 0, "{table}");
    }
});

db_test!(what_was_consented_to_is_the_directorys, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let answer = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    change(&app, async |tx| members::remove(tx, &acme, &bob.id).await.map(drop)).await.expect("gone");
    assert!(consent(&app, &bob, &request(&client)).await.unwrap_err().is(&OAuthFault::AccessDenied));
    assert!(good(&app, &answer).await && renew(&app, &client, &answer, None).await.is_ok());
    assert!(exchange(&app, &client, &code).await.is_ok());
});

db_test!(revoking_the_credential_ends_codes_and_tokens, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let answer = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    change(&app, async |tx| tokens::revoke(tx, &acme, &client.credential.id).await).await.expect("revoked");
    assert!(!good(&app, &answer).await);
    assert!(renew(&app, &client, &answer, None).await.unwrap_err().is(&OAuthFault::InvalidClient));
    assert!(exchange(&app, &client, &code).await.unwrap_err().is(&OAuthFault::InvalidClient));
    assert!(consent(&app, &bob, &request(&client)).await.unwrap_err().is(&OAuthFault::InvalidClient));
    let left = "SELECT (SELECT COUNT(*) FROM directory_oauth_tokens) + (SELECT COUNT(*) FROM directory_oauth_grants)
         + (SELECT COUNT(*) FROM directory_oauth_codes)";
    assert_eq!(app.count(left).await, 0);
});

db_test!(revoking_a_refresh_token_ends_its_grant_only, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let first = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    let second = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    let token = first.refresh_token.as_ref().unwrap().expose();
    oauth::revoke_token(&app.core, &stranger(), proof(&client), token).await.expect("revoked");
    assert!(!good(&app, &first).await && renew(&app, &client, &first, None).await.is_err());
    assert!(good(&app, &second).await);
    let access = second.access_token.expose();
    oauth::revoke_token(&app.core, &stranger(), proof(&client), access).await.expect("revoked");
    assert!(!good(&app, &second).await && renew(&app, &client, &second, None).await.is_ok(), "only the one token");
});
