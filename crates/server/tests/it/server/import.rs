//! The doors by which things come from another system: what they refuse, and what they never bring back. The whole import, from
//! databases of the official server, is the business of `tests/import`.

use auth_core::arrivals::Came;
use auth_core::clock::Timestamp;
use auth_core::credentials::{self, WayIn};
use auth_core::ids::{Id as _, UserId};
use auth_core::orgs::{self, members};
use auth_core::secret::Secret;
use auth_core::users::{self, Person};
use auth_core::{Actor, Ctx, sessions, two_factor};

use crate::support::*;

const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz012345";

fn person(id: &str, email: &str) -> Person {
    Person { id: id.to_owned(), name: "Ann".to_owned(), email: email.to_owned(), ..Person::default() }
}

async fn take(app: &App, person: Person) -> Came {
    let ctx = Ctx::system("import");
    app.core.write(&ctx, async |tx| users::take_over(tx, person.clone()).await).await.expect("an answer")
}

fn session(id: &str, user: &str, until: Timestamp) -> sessions::Arriving {
    sessions::Arriving {
        additional_fields: auth_core::fields::Given::default(),
        id: id.to_owned(),
        token: Secret::new(TOKEN),
        user_id: user.to_owned(),
        expires_at: until,
        ip_address: None,
        user_agent: None,
        active_organization_id: None,
        impersonated: false,
        created_at: None,
        updated_at: None,
    }
}

async fn take_session(app: &App, session: sessions::Arriving) -> Came {
    let ctx = Ctx::system("import");
    app.core.write(&ctx, async |tx| sessions::take_over(tx, session.clone()).await).await.expect("an answer")
}

fn refused(came: &Came) -> bool {
    matches!(came, Came::Refused(_))
}

db_test!(an_address_is_one_persons_and_what_is_here_stays, async |app| {
    assert_eq!(take(&app, person("ann", "Ann@Example.com")).await, Came::whole());
    assert_eq!(take(&app, person("ann", "ann@example.com")).await, Came::Present(Vec::new()));
    assert_eq!(take(&app, person("ann", "other@example.com")).await, Came::Present(vec!["email"]));
    assert!(refused(&take(&app, person("bob", "ANN@example.com")).await), "somebody has the address");
    for (id, email) in
        [("", "x@example.com"), ("a b", "x@example.com"), ("x'", "x@example.com"), ("bob", "x"), ("bob", "a\0@b.c")]
    {
        assert!(refused(&take(&app, person(id, email)).await), "{id:?} {email:?}");
    }
    let odd = Person { image: Some("javascript:alert(1)".to_owned()), ..person("eve", "eve@example.com") };
    assert!(matches!(take(&app, odd).await, Came::New(without) if without.len() == 1));
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email_verified = TRUE").await, 0);
});

db_test!(a_number_is_one_persons_and_is_no_more_proven_than_it_was, async |app| {
    let with = |id: &str, number: &str, proven: bool| Person {
        phone_number: Some(number.to_owned()),
        phone_number_verified: proven,
        ..person(id, &format!("{id}@example.com"))
    };
    assert_eq!(take(&app, with("ann", "+4915112345678", true)).await, Came::whole());
    assert_eq!(take(&app, with("bob", "+4915112345679", false)).await, Came::whole());
    assert_eq!(take(&app, with("ann", "+4915112345678", true)).await, Came::Present(Vec::new()));
    assert_eq!(take(&app, with("ann", "+4915112345670", true)).await, Came::Present(vec!["phone_number"]));
    // The person comes without what is somebody else's, or no number that is written so.
    for (id, number) in [("eve", "+4915112345678"), ("sue", "0151 12345678"), ("tom", "+49\0")] {
        let came = take(&app, with(id, number, true)).await;
        assert!(matches!(&came, Came::New(without) if without.len() == 1), "{number:?}: {came:?}");
    }
    let proven = async |what: &str| app.count(&format!("SELECT COUNT(*) FROM users WHERE phone_number{what}")).await;
    assert_eq!((proven("_verified = TRUE").await, proven(" IS NOT NULL").await), (1, 2));
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE id = 'ann' AND phone_number_verified = TRUE").await, 1);
});

db_test!(nothing_is_hung_on_who_did_not_come_from_there, async |app| {
    let boot = app.boot("Acme", None).await;
    // A source that knows ids of here.
    assert!(refused(&take(&app, person(&boot.user_id, "evil@example.com")).await));
    let later = app.core.clock().now().plus_seconds(3600);
    assert!(refused(&take_session(&app, session("s1", &boot.user_id, later)).await));
    take(&app, person("eve", "eve@example.com")).await;
    let member = members::Arriving {
        id: "m1".into(),
        organization_id: boot.organization_id.clone(),
        user_id: "eve".into(),
        roles: vec!["owner".into()],
        ..members::Arriving::default()
    };
    let ctx = Ctx::system("import");
    let came = app.core.write(&ctx, async |tx| members::take_over(tx, member.clone()).await).await.expect("an answer");
    assert!(refused(&came));
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 1);
});

db_test!(a_session_lives_no_longer_than_one_of_here, async |app| {
    take(&app, person("ann", "ann@example.com")).await;
    let there = sessions::Arriving {
        created_at: Some(Timestamp(8_000_000_000_000_000)),
        ..session("s1", "ann", Timestamp(8_000_000_000_000_000))
    };
    assert_eq!(take_session(&app, there).await, Came::whole());
    let now = app.core.clock().now();
    let kept = format!(
        "SELECT COUNT(*) FROM sessions WHERE created_at <= {} AND expires_at <= {}",
        now.millis(),
        now.plus_seconds(7 * 86_400).millis()
    );
    assert_eq!(app.count(&kept).await, 1);
});

db_test!(who_was_erased_does_not_come_back, async |app| {
    assert!(take(&app, person("ann", "ann@example.com")).await.is_new());
    let ctx = Ctx::system("test");
    let id = UserId::parse("ann").expect("an id");
    app.core.write(&ctx, async |tx| users::delete(tx, &id).await).await.expect("erased");
    assert_eq!(take(&app, person("ann", "ann@example.com")).await, Came::Gone);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
});

db_test!(a_session_comes_while_nothing_has_ended_its_persons_access, async |app| {
    let later = app.core.clock().now().plus_seconds(3600);
    assert!(refused(&take_session(&app, session("s1", "ann", later)).await), "its person is not here");
    take(&app, person("ann", "ann@example.com")).await;
    assert!(refused(&take_session(&app, session("s1", "ann", Timestamp(1))).await), "it has expired");
    let acted = sessions::Arriving { impersonated: true, ..session("s1", "ann", later) };
    assert!(refused(&take_session(&app, acted).await));
    assert_eq!(take_session(&app, session("s1", "ann", later)).await, Came::whole());
    assert!(refused(&take_session(&app, session("s2", "ann", later)).await), "another one has the token");
    let ctx = Ctx::system("test");
    let id = UserId::parse("ann").expect("an id");
    app.core.write(&ctx, async |tx| users::end_access(tx, &id).await.map(drop)).await.expect("ended");
    let fresh =
        sessions::Arriving { token: Secret::new("another-token-of-the-same-length"), ..session("s3", "ann", later) };
    assert!(refused(&take_session(&app, fresh).await), "her access was ended here");
    assert!(!take_session(&app, session("s1", "ann", later)).await.is_here());
});

db_test!(roles_that_there_are_not_give_nothing_and_slugs_are_one_organizations, async |app| {
    take(&app, person("ann", "ann@example.com")).await;
    let organization = |id: &str| orgs::Arriving {
        id: id.into(),
        name: "Acme".into(),
        slug: "acme".into(),
        ..orgs::Arriving::default()
    };
    let member = members::Arriving {
        id: "m1".into(),
        organization_id: "acme-1".into(),
        user_id: "ann".into(),
        roles: vec!["auditor".into()],
        ..members::Arriving::default()
    };
    let ctx = Ctx::system("import");
    let came = app.core.write(&ctx, async |tx| {
        let early = members::take_over(tx, member.clone()).await?;
        let first = orgs::take_over(tx, organization("acme-1")).await?;
        let second = orgs::take_over(tx, organization("acme-2")).await?;
        Ok::<_, auth_core::Error>((early, first, second, members::take_over(tx, member.clone()).await?))
    });
    let (early, first, second, member) = came.await.expect("answers");
    assert!(refused(&early) && refused(&second));
    assert_eq!(first, Came::whole());
    assert!(matches!(member, Came::New(without) if without[0].contains("auditor")));
    assert_eq!(app.count("SELECT COUNT(*) FROM member_grants WHERE role = 'member'").await, 1);
});

db_test!(a_second_factor_that_cannot_be_opened_is_asked_for_all_the_same, async |app| {
    let enabled = Person { two_factor_enabled: true, ..person("ann", "ann@example.com") };
    take(&app, enabled).await;
    let there = |key: Option<&str>| two_factor::Arriving {
        id: "f1".into(),
        user_id: "ann".into(),
        key: key.map(Secret::new),
        verified: true,
        backup_codes: Vec::new(),
        locked_until: None,
    };
    let ctx = Ctx::system("import");
    let take = async |key| app.core.write(&ctx, async |tx| two_factor::take_over(tx, there(key)).await).await;
    assert!(refused(&take(None).await.expect("an answer")));
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE two_factor_enabled = TRUE").await, 1);
    assert!(take(Some("the key of an app")).await.expect("an answer").is_new());
    assert_eq!(take(Some("the key of an app")).await.expect("an answer"), Came::Present(Vec::new()));
});

db_test!(only_hashes_that_can_be_verified_come_and_only_the_instance_takes_over, async |app| {
    take(&app, person("ann", "ann@example.com")).await;
    let way = |hash: &str| WayIn {
        id: "a1".into(),
        user_id: "ann".into(),
        provider_id: "credential".into(),
        password_hash: Some(hash.to_owned()),
        ..WayIn::default()
    };
    let ctx = Ctx::system("import");
    let bcrypt = "$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvabcdefghijk";
    let came = app.core.write(&ctx, async |tx| credentials::take_over(tx, way(bcrypt)).await).await;
    assert!(refused(&came.expect("an answer")));
    for actor in
        [Actor::Anonymous, Actor::SecretKey { key_id: auth_core::ids::SecretKeyId::parse("key_1").expect("an id") }]
    {
        let ctx = ctx.with_actor(actor);
        let came = app.core.write(&ctx, async |tx| users::take_over(tx, person("bob", "bob@example.com")).await).await;
        assert!(came.is_err());
    }
});
