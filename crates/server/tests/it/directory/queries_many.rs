//! Lists of many: walks by cursor while others add and delete, pages far from the beginning, and totals that the
//! database keeps by itself.
//!
//! The people here are rows without accounts, made by one statement.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of a test are small")]

use std::collections::HashSet;
use std::time::Duration;

use auth_core::db::Backend;
use auth_core::features::directory::groups::{self, Beyond, Members, NewDirectoryGroup};
use auth_core::features::directory::query::{self, CursorFacts};
use auth_core::features::directory::{self, DirectoryFault, Page, Place, Query, connections};
use futures_util::future::join_all;
use scim_protocol::{Filter, ResourceType, Sort};

use super::*;
use crate::support::*;

/// Nobody was told of these rows.
fn unannounced() -> Options {
    Options::default().broken()
}

async fn query(dir: &Dir, query: Query<'_>) -> Page<DirectoryUser> {
    let list = async |rx: &auth_core::Rx| resources::list(rx, &dir.actor, &query).await;
    dir.app.core.read(&dir.ctx, list).await.expect("a page")
}

fn everybody(place: Place<'_>, limit: u64) -> Query<'_> {
    Query { filter: None, kind: ResourceType::user(), sort: None, place, limit, base: "https://id.example/scim/v2" }
}

fn by<'a>(sort: &'a Sort, place: Place<'a>, limit: u64) -> Query<'a> {
    Query { sort: Some(sort), ..everybody(place, limit) }
}

/// The id of the person of a number.
fn id(n: u64) -> String {
    format!("scimu_{n:026}")
}

/// Rows for the people of these numbers. Names are in another order than ids, and every seventh has no display name.
async fn fill(dir: &Dir, from: u64, to: u64) {
    let padded = |what: &str, width: usize| {
        format!("substr(CAST({} + ({what}) AS TEXT), 2)", 10_u128.pow(u32::try_from(width).unwrap()))
    };
    let name = format!("'u' || {}", padded("(n.i * 7919) % 100000", 6));
    let key = padded("n.i", 17);
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {to})
         INSERT INTO directory_users (id, directory_id, user_name, user_name_key, display_name, display_name_key, active, resource,
             version, link, created_at, updated_at)
         SELECT 'scimu_' || '000000000' || {key}, $1, {name}, {name},
             CASE WHEN n.i % 7 = 0 THEN NULL ELSE 'D' || (n.i % 11) END, CASE WHEN n.i % 7 = 0 THEN NULL ELSE 'd' || (n.i % 11) END,
             TRUE, '{{\"userName\":\"' || {name} || '\"' || CASE WHEN n.i % 7 = 0 THEN '' ELSE ',\"displayName\":\"D' || (n.i % 11) || '\"' END || '}}',
             1, 'no_address', n.i, n.i FROM n"
    );
    let directory = dir.actor.directory.id.as_str();
    let insert = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, sql.clone(), [directory.into()]).await;
    assert_eq!(dir.app.core.write(&dir.ctx, insert).await.expect("rows"), to - from + 1);
}

async fn okta(app: &App) -> Dir {
    let acme = organization(app, "Acme", None).await;
    Dir::of(app, Some(&acme), "okta").await
}

/// Walks to the end; `between` is done after each page, which it is given.
async fn walk(
    dir: &Dir,
    sort: Option<&Sort>,
    limit: u64,
    mut between: impl AsyncFnMut(&[DirectoryUser]),
) -> Vec<String> {
    let (mut seen, mut position) = (Vec::new(), None);
    loop {
        let page = query(dir, Query { sort, ..everybody(Place::Cursor(position.as_ref()), limit) }).await;
        between(&page.resources).await;
        seen.extend(page.resources.iter().map(|user| user.id.to_string()));
        position = page.next;
        if position.is_none() {
            return seen;
        }
    }
}

db_test!(a_walk_by_cursor_gives_whoever_stays_once_while_others_come_and_go, unannounced(), async |app| {
    const PEOPLE: u64 = 20_000;
    let dir = okta(&app).await;
    fill(&dir, 1, PEOPLE).await;
    let (mut deleted, mut made, mut pages) = (HashSet::new(), HashSet::new(), 0);
    let seen = walk(&dir, None, 1000, async |page| {
        pages += 1;
        if pages % 8 != 2 {
            return;
        }
        // Some of those that were given, among them the last, and some that were not.
        let last: u64 = page.last().unwrap().id.as_str()[6..].parse().unwrap();
        let gone: Vec<u64> = (0..30).map(|n| last - n).chain((0..20).map(|n| last + 1 + n * 3)).collect();
        let delete = gone.iter().map(|n| {
            let (dir, id) = (dir.clone(), DirectoryUserId::from_text(id(*n)));
            async move { dir.delete(&id).await }
        });
        let dir = &dir;
        let create = (0..20)
            .map(|n| async move { dir.post(&json!({ "userName": format!("new{pages}-{n}") })).await.id.to_string() });
        let (_, new) = futures_util::future::join(join_all(delete), join_all(create)).await;
        deleted.extend(gone.into_iter().map(id));
        made.extend(new);
    })
    .await;
    assert_eq!((deleted.len(), made.len()), (150, 60));
    let once: HashSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "somebody was given twice");
    for n in 1..=PEOPLE {
        assert!(once.contains(&id(n)) || deleted.contains(&id(n)), "{n} was lost");
    }
    assert!(seen.is_sorted());
    assert_eq!(query(&dir, everybody(Place::Index(0), 0)).await.total, (PEOPLE - 150 + 60).cast_signed());
});

db_test!(far_pages_continue_near_ones, unannounced(), async |app| {
    const PEOPLE: u64 = 5003;
    let dir = okta(&app).await;
    fill(&dir, 1, PEOPLE).await;
    let sorts = [
        ("id", false),
        ("meta.created", true),
        ("userName", false),
        ("userName", true),
        ("displayName", false),
        ("displayName", true),
    ];
    for sort in
        std::iter::once(None).chain(sorts.map(|(path, down)| Sort::resolve(ResourceType::user(), path, down).ok()))
    {
        let walked = walk(&dir, sort.as_ref(), 1000, async |_| ()).await;
        assert_eq!(walked.len() as u64, PEOPLE);
        for (offset, limit) in [
            (0, 3),
            (999, 5),
            (1001, 5),
            (2500, 10),
            (2502, 1),
            (4000, 1000),
            (4990, 13),
            (4990, 500),
            (5002, 9),
            (5003, 9),
            (99_999, 1),
        ] {
            let page = query(&dir, Query { sort: sort.as_ref(), ..everybody(Place::Index(offset), limit) }).await;
            let got: Vec<String> = page.resources.iter().map(|user| user.id.to_string()).collect();
            let wanted: Vec<String> = walked.iter().skip(offset as usize).take(limit as usize).cloned().collect();
            assert_eq!((got, page.total), (wanted, PEOPLE.cast_signed()), "{limit} from {offset} on by {sort:?}");
        }
    }
    let users: Vec<_> = query(&dir, everybody(Place::Index(0), 1000)).await.resources;
    let names = Sort::resolve(ResourceType::user(), "userName", false).unwrap();
    let first = query(&dir, by(&names, Place::Index(0), 1)).await.resources;
    assert!(users.iter().all(|user| user.attributes["userName"].as_str() >= first[0].attributes["userName"].as_str()));
});

db_test!(what_would_read_too_much_is_refused_before_it_is_read, unannounced(), async |app| {
    let dir = okta(&app).await;
    fill(&dir, 1, 50_001).await;
    let kind = ResourceType::user();
    let list = async |filter: &str| {
        let filter = Filter::parse(filter).unwrap().resolve(kind).unwrap();
        let query = Query { filter: Some(&filter), ..everybody(Place::Index(0), 10) };
        dir.app
            .core
            .read(&dir.ctx, async |rx| resources::list(rx, &dir.actor, &query).await)
            .await
            .map(|page| page.total)
    };
    for filter in ["title pr", "active eq true and title pr", r#"userName co "u""#] {
        assert!(list(filter).await.unwrap_err().is(&DirectoryFault::TooMany), "{filter}");
    }
    for (filter, wanted) in [
        ("active eq true", 50_001),
        (r#"userName sw "u00" and not (title pr)"#, 5001),
        (r#"id eq "nobody" and title pr"#, 0),
        (r#"userName eq """#, 0),
        (r#"displayName eq "D3" and active eq true"#, 3896),
    ] {
        assert_eq!(list(filter).await.unwrap(), wanted, "{filter}");
    }
    let sort = Sort::resolve(kind, "title", false).unwrap();
    let query = by(&sort, Place::Index(0), 10);
    let sorted = dir.app.core.read(&dir.ctx, async |rx| resources::list(rx, &dir.actor, &query).await).await;
    assert!(sorted.unwrap_err().is(&DirectoryFault::TooMany));
});

db_test!(a_directory_that_grows_fast_is_searched_by_the_right_index_at_once, unannounced(), async |app| {
    let dir = okta(&app).await;
    fill(&dir, 1, 3000).await;
    if app.core.db().backend() == Backend::Sqlite {
        assert!(!app.core.refresh_statistics().await.expect("nothing to do"));
        return;
    }
    // PostgreSQL says now and then what its connections changed; the worker may be the one who counts.
    let counted = "SELECT reltuples >= 3000 FROM pg_class WHERE oid = 'directory_users'::regclass";
    for round in 0.. {
        if app.look(async |db| auth_core::db::one(db, counted, []).await?.expect("a row").get::<bool>(0)).await {
            break;
        }
        assert!(round < 400, "the table is never counted");
        app.core.refresh_statistics().await.expect("tables are counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let directory = dir.actor.directory.id.as_str();
    let plan =
        format!("EXPLAIN SELECT id FROM directory_users WHERE directory_id = '{directory}' AND user_name_key = 'ann'");
    let plan: String = app.look(async |db| auth_core::db::one(db, &*plan, []).await?.expect("a plan").get(0)).await;
    assert!(plan.contains("directory_users_user_name"), "{plan}");
});

db_test!(totals_follow_whatever_comes_and_goes, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dirs = [Dir::of(&app, Some(&acme), "okta").await, Dir::of(&app, Some(&acme), "entra").await];
    let counted = async |dir: &Dir, kind: &str| {
        let values = [dir.actor.directory.id.as_str().into(), kind.into()];
        let sql =
            "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM directory_counts WHERE directory_id = $1 AND kind = $2";
        app.look(async |db| auth_core::db::one(db, sql, values.clone()).await?.expect("a sum").get::<i64>(0)).await
    };
    let made = join_all((0..40).map(|n| {
        let dir = dirs[n % 2].clone();
        async move { dir.post(&json!({ "userName": format!("u{n}") })).await.id }
    }));
    let made = made.await;
    let group = async |dir: &Dir| {
        let attributes = attributes(&json!({ "displayName": "G" }));
        let new = NewDirectoryGroup { attributes, members: Vec::new() };
        let creation = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Omit).await;
        app.core.write(&dir.ctx, creation).await.expect("a group").resource.id
    };
    let gone = group(&dirs[0]).await;
    group(&dirs[0]).await;
    app.core
        .write(&dirs[0].ctx, async |tx| groups::delete(tx, &dirs[0].actor, &gone, None).await)
        .await
        .expect("it goes");
    let (deletes, posts) = (
        made.iter().enumerate().take(10).map(|(n, id)| {
            let dirs = &dirs;
            async move { dirs[n % 2].clone().delete(id).await }
        }),
        (40..50).map(|n| {
            let dir = dirs[0].clone();
            async move { dir.post(&json!({ "userName": format!("u{n}") })).await }
        }),
    );
    futures_util::future::join(join_all(deletes), join_all(posts)).await;
    assert!(dirs[0].try_post(&json!({ "userName": "U40" })).await.is_err());
    assert_eq!((counted(&dirs[0], "user").await, counted(&dirs[1], "user").await), (25, 15));
    assert_eq!((counted(&dirs[0], "group").await, counted(&dirs[1], "group").await), (1, 0));
    for (dir, wanted) in dirs.iter().zip([25, 15]) {
        let page = query(dir, everybody(Place::Index(0), 5)).await;
        assert_eq!((page.total, page.resources.len()), (wanted, 5));
    }
    let groups = Query { kind: ResourceType::group(), ..everybody(Place::Index(0), 0) };
    let list =
        async |rx: &auth_core::Rx| groups::list(rx, &dirs[0].actor, &groups, Members::Omit, Beyond::Refuse).await;
    assert_eq!(app.core.read(&dirs[0].ctx, list).await.expect("groups").total, 1);

    // A directory that is disconnected empties itself piece by piece; an organization goes with all it has.
    let directory = dirs[1].actor.directory.id.clone();
    let end = async |tx: &mut auth_core::Tx| connections::disconnect(tx, &acme, &directory).await;
    app.core.write(&system(), end).await.expect("it is disconnected");
    directory::finish_disconnections(&app.core).await.expect("to the end");
    assert_eq!(counted(&dirs[1], "user").await, app.count("SELECT COUNT(*) FROM directory_users WHERE directory_id NOT IN (SELECT id FROM directories WHERE deleted_at IS NULL)").await);
    app.core.write(&system(), async |tx| orgs::delete(tx, &acme).await).await.expect("the organization goes");
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_counts").await, 0);
});

db_test!(a_cursor_is_good_for_its_list_and_its_hour, async |app| {
    let dir = okta(&app).await;
    for n in 0..5 {
        dir.post(&json!({ "userName": format!("u{n}"), "title": format!("{}", n % 2) })).await;
    }
    let kind = ResourceType::user();
    let filter = Filter::parse("active eq true").unwrap().resolve(kind).unwrap();
    let titles = Sort::resolve(kind, "title", true).unwrap();
    let directory = &dir.actor.directory.id;
    let facts = CursorFacts { directory, kind, filter: None, sort: None, count: Some(2) };
    let page = query(&dir, everybody(Place::Cursor(None), 2)).await;
    let cursor = query::next_cursor(&app.core, &facts, &page).unwrap().expect("there is more");
    assert_eq!(query::open_cursor(&app.core, "", &facts).unwrap(), None);
    assert_eq!(query::open_cursor(&app.core, &cursor, &facts).unwrap(), page.next);
    let unsaid = CursorFacts { count: None, ..facts };
    assert_eq!(query::open_cursor(&app.core, &cursor, &unsaid).unwrap(), page.next);

    let other = Dir::of(&app, None, "entra").await;
    let bent = format!("{}{}", &cursor[..cursor.len() - 2], if cursor.ends_with("AA") { "BB" } else { "AA" });
    for (cursor, facts) in [
        (cursor.as_str(), CursorFacts { directory: &other.actor.directory.id, ..facts }),
        (&cursor, CursorFacts { kind: ResourceType::group(), ..facts }),
        (&cursor, CursorFacts { filter: Some(&filter), ..facts }),
        (&cursor, CursorFacts { sort: Some(&titles), ..facts }),
        (&bent, facts),
        ("nonsense", facts),
        ("%", facts),
        (&cursor[..10], facts),
    ] {
        let error = query::open_cursor(&app.core, cursor, &facts).unwrap_err();
        assert!(error.is(&DirectoryFault::InvalidCursor), "{cursor} of {facts:?}: {error:?}");
    }
    let more = CursorFacts { count: Some(3), ..facts };
    assert!(query::open_cursor(&app.core, &cursor, &more).unwrap_err().is(&DirectoryFault::InvalidCount));
    app.clock.advance(query::CURSOR_LIFETIME + 1);
    assert!(query::open_cursor(&app.core, &cursor, &facts).unwrap_err().is(&DirectoryFault::ExpiredCursor));

    // The last page has none.
    let last = query(&dir, everybody(Place::Cursor(page.next.as_ref()), 3)).await;
    assert_eq!((last.resources.len(), last.next.is_none(), last.total), (3, true, 5));
    assert_eq!(query::next_cursor(&app.core, &facts, &last).unwrap(), None);
});

db_test!(the_members_of_a_group_are_listed_in_pages, unannounced(), async |app| {
    let dir = okta(&app).await;
    fill(&dir, 1, 3000).await;
    let make = async |name: &str, members: Vec<String>| {
        let new = NewDirectoryGroup { attributes: attributes(&json!({ "displayName": name })), members };
        let creation = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Omit).await;
        app.core.write(&dir.ctx, creation).await.expect("a group").resource.id.to_string()
    };
    let inner = make("Inner", (1..=2500).map(id).collect()).await;
    let outer = make("Outer", vec![inner.clone(), id(2400), id(2600)]).await;
    let kind = ResourceType::user();
    for (text, wanted) in [
        (format!(r#"groups.value eq "{inner}""#), (1..=2500).map(id).collect::<Vec<_>>()),
        (format!(r#"groups eq "{inner}" and active eq true"#), (1..=2500).map(id).collect()),
        (format!(r#"groups eq "{outer}""#), (1..=2500).chain([2600]).map(id).collect()),
        (format!(r#"groups[type eq "direct" and value eq "{outer}"]"#), vec![id(2400), id(2600)]),
        (r#"groups eq "scimg_none""#.to_owned(), Vec::new()),
    ] {
        let filter = Filter::parse(&text).unwrap().resolve(kind).unwrap();
        let (mut seen, mut position) = (Vec::new(), None);
        loop {
            let place = Place::Cursor(position.as_ref());
            let page = query(&dir, Query { filter: Some(&filter), ..everybody(place, 1000) }).await;
            assert_eq!(page.total as usize, wanted.len(), "{text}");
            seen.extend(page.resources.iter().map(|user| user.id.to_string()));
            position = page.next;
            if position.is_none() {
                break;
            }
        }
        assert_eq!(seen, wanted, "{text}");
        let page = query(&dir, Query { filter: Some(&filter), ..everybody(Place::Index(2000), 7) }).await;
        let got: Vec<String> = page.resources.iter().map(|user| user.id.to_string()).collect();
        assert_eq!(
            (got, page.total as usize),
            (wanted.iter().skip(2000).take(7).cloned().collect(), wanted.len()),
            "{text}"
        );
    }
});
