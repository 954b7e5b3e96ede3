//! Lists of user resources: paging, and filters that columns answer or do not.

use auth_core::features::directory::{Page, Place, Query};
use scim_protocol::{Filter, ResourceType};

use super::*;
use crate::support::*;

async fn page(dir: &Dir, filter: Option<&str>, offset: u64, limit: u64) -> Page<DirectoryUser> {
    let kind = ResourceType::user();
    let filter = filter.map(|text| Filter::parse(text).unwrap().resolve(kind).unwrap());
    let query = Query {
        filter: filter.as_ref(),
        kind,
        sort: None,
        place: Place::Index(offset),
        limit,
        base: "https://id.example/scim/v2",
    };
    dir.app.core.read(&dir.ctx, async |rx| resources::list(rx, &dir.actor, &query).await).await.expect("a list")
}

async fn found(dir: &Dir, filter: &str) -> Vec<String> {
    let page = page(dir, Some(filter), 0, 100).await;
    assert_eq!(page.total, i64::try_from(page.resources.len()).unwrap(), "{filter}");
    page.resources.into_iter().map(|user| user.attributes["userName"].as_str().unwrap().to_owned()).collect()
}

async fn some_people(app: &App) -> Dir {
    let acme = organization(app, "Acme", None).await;
    let dir = Dir::of(app, Some(&acme), "okta").await;
    let other = Dir::of(app, Some(&acme), "entra").await;
    for (name, more) in [
        (
            "Ann",
            json!({ "externalId": "E1", "displayName": "Ann Lee", "emails": [{ "type": "work", "value": "ann@acme.example" }, { "type": "home", "value": "Ann@home.example" }] }),
        ),
        (
            "bob",
            json!({ "externalId": "e1", "displayName": "ANN LEE", "emails": [{ "type": "home", "value": "ann@acme.example" }], "title": "Boss" }),
        ),
        ("cyd", json!({ "active": false, "name": { "givenName": "Cyd" } })),
    ] {
        let mut resource = json!({ "userName": name });
        resource.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        dir.post(&resource).await;
    }
    other.post(&json!({ "userName": "ann", "externalId": "E1", "displayName": "Ann Lee" })).await;
    dir
}

db_test!(columns_answer_what_identity_providers_match_by, async |app| {
    let dir = some_people(&app).await;
    let ann = page(&dir, None, 0, 1).await.resources.remove(0);
    for (filter, wanted) in [
        (r#"userName eq "ANN""#.to_owned(), &["Ann"][..]),
        (r#"userName eq "ann%""#.to_owned(), &[]),
        (r#"externalId eq "E1""#.to_owned(), &["Ann"]),
        (r#"displayName eq "ann lee""#.to_owned(), &["Ann", "bob"]),
        (r#"emails.value eq "ANN@acme.example""#.to_owned(), &["Ann", "bob"]),
        (r#"emails eq "ann@home.example""#.to_owned(), &["Ann"]),
        (r#"emails[type eq "work"].value eq "ann@acme.example""#.to_owned(), &["Ann"]),
        (r#"emails[type eq "Home" and value eq "ann@acme.example"]"#.to_owned(), &["bob"]),
        ("active eq false".to_owned(), &["cyd"]),
        (format!(r#"id eq "{}""#, ann.id), &["Ann"]),
        (format!(r#"id eq "{}""#, ann.id.to_string().to_uppercase()), &[]),
        (r#"displayName eq "ann lee" and active eq true and externalId eq "e1""#.to_owned(), &["bob"]),
        (r#"userName eq """#.to_owned(), &[]),
    ] {
        assert_eq!(found(&dir, &filter).await, wanted, "{filter}");
    }
});

db_test!(what_no_column_answers_is_evaluated, async |app| {
    let dir = some_people(&app).await;
    for (filter, wanted) in [
        (r#"title eq "boss""#, &["bob"][..]),
        (r#"userName sw "b" or name.givenName co "y""#, &["bob", "cyd"]),
        (r#"displayName eq "ann lee" and not (title pr)"#, &["Ann"]),
        (r#"meta.created gt "2020-01-01T00:00:00Z""#, &["Ann", "bob", "cyd"]),
        ("externalId pr", &["Ann", "bob"]),
        (r#"emails[type eq "work" and value ew ".example"]"#, &["Ann"]),
    ] {
        assert_eq!(found(&dir, filter).await, wanted, "{filter}");
    }
    let second = page(&dir, Some("userName pr"), 1, 1).await;
    assert_eq!((second.total, second.resources.len()), (3, 1));
    assert_eq!(second.resources[0].attributes["userName"], "bob");
});

db_test!(pages_give_everybody_once_in_the_order_of_creation, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(dir.post(&json!({ "userName": format!("u{n}") })).await.id);
    }
    for size in 1..9 {
        let mut seen = Vec::new();
        loop {
            let page = page(&dir, None, seen.len() as u64, size).await;
            assert_eq!(page.total, 7);
            if page.resources.is_empty() {
                break;
            }
            seen.extend(page.resources.into_iter().map(|user| user.id));
        }
        assert_eq!(seen, made);
    }
    let none = page(&dir, None, 0, 0).await;
    assert_eq!((none.total, none.resources.len()), (7, 0));
    assert_eq!(page(&dir, None, 100, 10).await.total, 7);
});
