//! Races: whoever comes too late finds the door shut, and of equals one wins.

use std::future::Future;

use auth_core::features::directory::DirectoryFault;
use auth_core::sign_in::{Opening, SignInFault};
use futures_util::future::{join, join_all};

use super::*;
use crate::support::*;

/// All at once, as far as the database lets them.
async fn at_once<T>(all: Vec<impl Future<Output = T>>) -> Vec<T> {
    join_all(all).await
}

db_test!(a_sign_in_that_began_before_a_deactivation_does_not_survive_it, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    // The password was checked under this epoch.
    let (ann, _) = owner_gets_in(&app, "ann@acme.example").await;
    let open = async |tx: &mut auth_core::Tx| sign_in::open_session(tx, Opening::of(&ann, sign_in::PASSWORD)).await;
    assert!(app.core.write(&stranger(), open).await.is_ok());
    dir.set_active(&made.id, false).await;
    let late = app.core.write(&stranger(), open).await.unwrap_err();
    assert!(late.is(&SignInFault::AccessEnded), "{late:?}");
    // Not even after the reactivation.
    dir.set_active(&made.id, true).await;
    assert!(app.core.write(&stranger(), open).await.unwrap_err().is(&SignInFault::AccessEnded));
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
});

db_test!(sign_ins_beside_a_deactivation_leave_no_session, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    owner_gets_in(&app, "ann@acme.example").await;
    for _ in 0..5 {
        let sign_ins = at_once((0..8).map(|_| sign_in(&app, "ann@acme.example")).collect());
        let (opened, _) = join(sign_ins, dir.set_active(&made.id, false)).await;
        for opened in opened.into_iter().flatten() {
            assert!(!is_in(&app, opened.token.expose()).await, "a session survived");
        }
        dir.set_active(&made.id, true).await;
    }
});

db_test!(of_equal_creations_one_wins, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let resource = person("ann@acme.example");
    let answers = at_once((0..10).map(|_| dir.try_post(&resource)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        assert!(error.is(&DirectoryFault::UserNameTaken), "{error:?}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
});

db_test!(directories_of_two_organizations_make_one_person, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let globex = organization(&app, "Globex", None).await;
    let one = Dir::of(&app, Some(&acme), "okta").await;
    let two = Dir::of(&app, Some(&globex), "okta").await;
    for n in 0..5 {
        let resource = person(&format!("ann{n}@elsewhere.example"));
        let (a, b) = Box::pin(join(one.try_post(&resource), two.try_post(&resource))).await;
        let (a, b) = (a.expect("made"), b.expect("made"));
        assert_eq!(a.user_id, b.user_id);
        assert_ne!(a.link, b.link, "the later one awaits the person's consent");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 5);
});
