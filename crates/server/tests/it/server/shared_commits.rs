//! Several transactions, one commit: nobody is answered before it, and nobody pays for another.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::db::{self, Change};
use auth_core::fault::Error;
use auth_core::ids::{Id as _, UserId};
use auth_core::users::{self, Changes, NewUser, UsersFault};
use auth_core::{Ctx, Result, Scope as _, Tx};
use futures_util::future::join_all;

use crate::support::*;

fn person(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), email: format!("{name}@example.com"), ..NewUser::default() }
}

async fn make(app: &App, name: &str) -> Result<UserId> {
    app.core.write(&Ctx::system("test"), async |tx| users::create(tx, person(name)).await.map(|user| user.id)).await
}

async fn names(app: &App) -> Vec<String> {
    let sql = "SELECT name FROM users ORDER BY name";
    app.look(async |db| db::all(db, sql, []).await?.iter().map(|row| row.get(0)).collect()).await
}

db_test!(of_two_hundred_writers_at_once_each_finds_what_it_wrote, async |app| {
    let numbers: Vec<String> = (0..200).map(|n| format!("p{n:03}")).collect();
    let all = join_all(numbers.iter().map(async |name| {
        let ctx = Ctx::system("test");
        let taken = || UsersFault::AlreadyExists.into();
        let made = app.core.write(&ctx, async |tx| users::create_later(tx, person(name), taken())).await;
        let id = made.expect("it is written").id;
        // Another connection reads it as soon as the writer was answered.
        assert_eq!(app.look(async |db| users::get(db, &id).await).await.name, *name);
    }));
    all.await;
    assert_eq!(names(&app).await, numbers);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'user.created'").await, 200);
});

db_test!(who_fails_or_goes_away_among_many_takes_nobody_along, async |app| {
    let taken = make(&app, "taken").await.expect("it is written");
    let writer = async |n: usize| {
        let (name, ctx) = (format!("p{n:03}"), Ctx::system("test"));
        let change = app.core.write(&ctx, async |tx| {
            match n % 6 {
                // A unique index refuses the row, in mid-transaction.
                1 => {
                    users::create(tx, person(&format!("lost{n}"))).await?;
                    users::create(tx, person("taken")).await?;
                }
                2 => {
                    users::create(tx, person(&format!("lost{n}"))).await?;
                    return Err(Error::internal("on purpose"));
                }
                // The answer comes with the commit.
                4 => drop(users::create_later(tx, person("taken"), UsersFault::AlreadyExists.into())?),
                _ => drop(users::create(tx, person(&name)).await?),
            }
            if n.is_multiple_of(12) {
                std::future::pending::<()>().await;
            }
            Ok(())
        });
        let patience = if n.is_multiple_of(12) { Duration::from_secs(1) } else { Duration::from_secs(30) };
        let told = tokio::time::timeout(patience, change).await;
        match (n % 6, told) {
            (0, Err(_)) if n.is_multiple_of(12) => {}
            (1 | 4, Ok(Err(error))) => assert!(error.is(&UsersFault::AlreadyExists), "{n}: {error:?}"),
            (2, Ok(Err(error))) => assert_eq!(error.code(), "internal"),
            (0 | 3 | 5, Ok(Ok(()))) => {}
            (_, told) => panic!("{n}: {told:?}"),
        }
    };
    join_all((0..36).map(writer)).await;
    let mut expected: Vec<String> =
        (0..36).filter(|n| matches!(n % 6, 0 | 3 | 5) && n % 12 != 0).map(|n| format!("p{n:03}")).collect();
    expected.push("taken".to_owned());
    assert_eq!(names(&app).await, expected);
    assert_eq!(app.look(async |db| users::get(db, &taken).await).await.name, "taken");
    make(&app, "after").await.expect("the next one writes");
});

db_test!(who_works_long_holds_up_nobody_who_is_done, async |app| {
    let (begun, done, runs) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
    let name = async |tx: &Tx, name: &str| {
        db::run(tx, "UPDATE users SET name = $1 WHERE email_key = $2", [name.into(), "ann@example.com".into()]).await
    };
    make(&app, "ann").await.expect("it is written");
    let ctx = Ctx::system("test");
    // The first holds the door until the two others stand before it.
    let first = app.core.write(&ctx, async |tx| {
        name(tx, "first").await?;
        begun.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, Error>(())
    });
    let second = async {
        make(&app, "second").await.expect("it is written");
        done.store(true, Ordering::SeqCst);
    };
    // It comes to its end only when the second has been answered, and must not keep that from happening.
    let third = async {
        // Where writers go side by side, the first has the row before the third wants it.
        while !begun.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let change = async |tx: &mut Tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            while !done.load(Ordering::SeqCst) {
                name(tx, "third").await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            name(tx, "third").await
        };
        app.core.write(&ctx, change).await
    };
    let all = async { tokio::join!(biased; first, second, third) };
    let (first, (), third) =
        tokio::time::timeout(Duration::from_secs(30), Box::pin(all)).await.expect("nobody waits for ever");
    assert_eq!((first.is_ok(), third.ok()), (true, Some(1)));
    assert_eq!(names(&app).await, ["second", "third"]);
    assert!(runs.load(Ordering::SeqCst) <= 2, "it is run again once at the most");
});

db_test!(what_nobody_waits_for_is_written_before_the_next_statement, async |app| {
    let found = app
        .core
        .write(&Ctx::system("test"), async |tx| {
            let ann = users::create_later(tx, person("ann"), Error::internal("taken"))?;
            let raised =
                Change::new("UPDATE users SET access_epoch = $1 WHERE id = $2", [7_i64.into(), ann.id.as_str().into()]);
            db::later(tx, raised);
            // One statement by number, one by place.
            let epoch: i64 =
                match db::one(tx, "SELECT access_epoch FROM users WHERE id = $1", [ann.id.as_str().into()]).await? {
                    Some(row) => row.get(0)?,
                    None => return Err(Error::internal("it is not there")),
                };
            db::later(
                tx,
                Change::new("UPDATE users SET name = $1 WHERE id = $2", ["Ann".into(), ann.id.as_str().into()]),
            );
            Ok((users::get(tx, &ann.id).await?, epoch))
        })
        .await
        .expect("it is written");
    assert_eq!((found.0.name.as_str(), found.1), ("Ann", 7));
    assert_eq!(names(&app).await, ["Ann"]);
});

db_test!(a_refused_change_is_not_taken_for_the_statement_behind_it, async |app| {
    make(&app, "taken").await.expect("it is written");
    let told: Result<()> = app
        .core
        .write(&Ctx::system("test"), async |tx| {
            users::create_later(tx, person("taken"), UsersFault::EmailMismatch.into())?;
            // Fails along with it; whatever this makes of it, the transaction fails for what came before.
            let behind = users::create(tx, person("other")).await;
            assert!(behind.is_err_and(|error| !error.is(&UsersFault::AlreadyExists)));
            Ok(())
        })
        .await;
    assert!(told.expect_err("it is refused").is(&UsersFault::EmailMismatch));
    assert_eq!(names(&app).await, ["taken"]);
});

db_test!(events_are_in_the_order_of_what_they_tell, async |app| {
    let zero = make(&app, "0").await.expect("it is written");
    join_all((0..60).map(async |_| {
        app.core
            .write(&Ctx::system("test"), async |tx| {
                let next = users::lock(tx, &zero).await?.name.parse::<u32>().expect("a number") + 1;
                users::update(tx, &zero, Changes { name: Some(next.to_string()), ..Changes::default() }).await
            })
            .await
            .expect("it is written");
    }))
    .await;
    let sql = "SELECT payload FROM events WHERE kind = 'user.updated' ORDER BY sequence";
    let payloads: Vec<String> =
        app.look(async |db| db::all(db, sql, []).await?.iter().map(|row| row.get(0)).collect()).await;
    let told: Vec<String> = payloads
        .iter()
        .map(|text| serde_json::from_str::<serde_json::Value>(text).expect("JSON"))
        .map(|event| format!("{}>{}", event["before"]["name"], event["after"]["name"]).replace('"', ""))
        .collect();
    assert_eq!(told, (0..60).map(|n| format!("{n}>{}", n + 1)).collect::<Vec<_>>());
});

db_test!(a_commit_that_fails_fails_for_all_who_wait_for_it, async |app| {
    if app.database == Database::Postgres {
        // There each transaction has a commit of its own.
        return;
    }
    let write = async |name: &str, dangling: bool| {
        app.core
            .write(&Ctx::system("test"), async |tx| {
                users::create(tx, person(name)).await?;
                if dangling {
                    // Looked at by the commit only.
                    db::run(tx, "PRAGMA defer_foreign_keys = ON", []).await?;
                    let sql = "INSERT INTO member_grants (id, organization_id, member_id, role, source, source_id, created_at)
                               VALUES ('g', 'nowhere', 'nobody', 'member', 'manual', '', 1)";
                    db::run(tx, sql, []).await?;
                }
                Ok::<_, Error>(tx.now())
            })
            .await
    };
    let mut kept = Vec::new();
    let mut shared = false;
    // Who shares a commit is a matter of milliseconds; in some round somebody does.
    for round in 0..50 {
        let [one, two, three] = ["a", "b", "c"].map(|name| format!("{name}{round:02}"));
        let told = tokio::join!(write(&one, false), write(&two, false), write(&three, true));
        assert!(told.2.is_err(), "the commit is refused");
        // Who shared it was told the same; who did not is there.
        shared |= told.0.is_err() || told.1.is_err();
        kept.extend([(one, told.0), (two, told.1)].into_iter().filter(|(_, told)| told.is_ok()).map(|(name, _)| name));
        kept.sort();
        assert_eq!(names(&app).await, kept);
        if shared {
            break;
        }
    }
    assert!(shared, "nobody ever shared a commit");
    make(&app, "later").await.expect("the next one writes");
});
