//! What is good once is good once, however many bring it at the same time, at however many replicas.

use auth_core::features::directory::credentials::Kind;
use auth_core::features::directory::oauth::{self, OAuthFault, TokenAnswer};
use futures_util::future::{join, join_all};

use super::oauth::{change, fetch, good, issue_as, proof, replica};
use super::oauth_code::{BACK, VERIFIER, admin, consent, exchange, request, web_client};
use super::*;
use crate::support::*;

/// How many got tokens; the others were told the same as if there were nothing.
fn winners(answers: Vec<Result<TokenAnswer>>) -> Vec<TokenAnswer> {
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    for error in bad.into_iter().filter_map(Result::err) {
        assert!(error.is(&OAuthFault::InvalidGrant), "{error:?}");
    }
    good.into_iter().flatten().collect()
}

db_test!(of_twenty_who_bring_a_code_one_gets_tokens, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let other = replica(&app);
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    let all = (0..20).map(|n| {
        let at = if n % 2 == 0 { &app.core } else { &other };
        let (code, ctx, proof) = (code.expose(), stranger(), proof(&client));
        async move { oauth::exchange_code(at, &ctx, proof, code, BACK, Some(VERIFIER)).await }
    });
    let winners = winners(join_all(all).await);
    assert_eq!(winners.len(), 1);
    // The others brought it again, so that nobody has it.
    assert!(!good(&app, &winners[0]).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens").await, 0);
});

db_test!(of_twenty_who_refresh_one_gets_tokens_and_the_grant_ends, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (web_client(&app, &dir).await, admin(&app, &acme).await);
    let other = replica(&app);
    let answer = exchange(&app, &client, &consent(&app, &bob, &request(&client)).await.unwrap()).await.unwrap();
    let token = answer.refresh_token.as_ref().unwrap().expose();
    let all = (0..20).map(|n| {
        let at = if n % 2 == 0 { &app.core } else { &other };
        let (ctx, proof) = (stranger(), proof(&client));
        async move { oauth::refresh(at, &ctx, proof, token, None).await }
    });
    let winners = winners(join_all(all).await);
    assert_eq!(winners.len(), 1);
    assert!(!good(&app, &winners[0]).await && !good(&app, &answer).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_grants").await, 0);
});

db_test!(tokens_that_are_fetched_beside_a_revocation_open_nothing, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for _ in 0..3 {
        let client = issue_as(&app, &dir, Kind::OAuth2).await;
        let revoke = change(&app, async |tx| tokens::revoke(tx, &acme, &client.credential.id).await);
        let (fetched, revoked) = join(join_all((0..10).map(|_| fetch(&app, &client, None))), revoke).await;
        revoked.expect("revoked");
        for answer in fetched.into_iter().flatten() {
            assert!(!good(&app, &answer).await, "a token survived");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens").await, 0);
    }
});

db_test!(a_secret_that_a_rotation_ended_fetches_nothing_afterwards, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let id = &client.credential.id;
    change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    let complete = change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await);
    let (fetched, done) = join(join_all((0..10).map(|_| fetch(&app, &client, None))), complete).await;
    done.expect("completed");
    for error in fetched.into_iter().filter_map(Result::err) {
        assert!(error.is(&OAuthFault::InvalidClient), "{error:?}");
    }
    assert!(fetch(&app, &client, None).await.unwrap_err().is(&OAuthFault::InvalidClient));
});
