//! `AuthCore::write` over a real transaction, inside actix handlers, on both databases.

use std::cell::Cell;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App as Actix, HttpResponse, HttpServer, web};
use auth_core::fault::Error;
use auth_core::ids::{Id as _, UserId};
use auth_core::users::{self, Changes, NewUser};
use auth_core::{AuthCore, Ctx, db};

use crate::support::*;

/// What the handler is to do with the person that it has just renamed.
async fn rename(core: web::Data<AuthCore>, path: web::Path<(String, String, String)>) -> HttpResponse {
    let (id, name, then) = path.into_inner();
    let id = UserId::parse(&id).expect("an id");
    let ctx = Ctx::system("test");
    let change = core.write(&ctx, async |tx| {
        users::update(tx, &id, Changes { name: Some(name.clone()), ..Changes::default() }).await?;
        match then.as_str() {
            "fail" => return Err(Error::internal("on purpose")),
            "hang" => std::future::pending::<()>().await,
            _ => {}
        }
        Ok(())
    });
    let patience = if then == "hang" { Duration::from_millis(300) } else { Duration::from_secs(30) };
    match tokio::time::timeout(patience, change).await {
        Ok(Ok(())) => HttpResponse::NoContent().finish(),
        Ok(Err(_)) => HttpResponse::InternalServerError().finish(),
        Err(_) => HttpResponse::GatewayTimeout().finish(),
    }
}

/// Reads a number, waits, and writes the next one: lost updates show.
async fn count(core: web::Data<AuthCore>, id: web::Path<String>) -> HttpResponse {
    let id = UserId::parse(&id).expect("an id");
    let done = core
        .write(&Ctx::system("test"), async |tx| {
            let user = users::lock(tx, &id).await?;
            tokio::time::sleep(Duration::from_millis(2)).await;
            let next = user.name.parse::<u32>().expect("a number") + 1;
            users::update(tx, &id, Changes { name: Some(next.to_string()), ..Changes::default() }).await
        })
        .await;
    if done.is_ok() { HttpResponse::NoContent().finish() } else { HttpResponse::InternalServerError().finish() }
}

/// A server of its own with these handlers, over the core of the test.
fn handlers(app: &App) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let core = app.core.clone();
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(web::Data::new(core.clone()))
            .route("/rename/{id}/{name}/{then}", web::post().to(rename))
            .route("/count/{id}", web::post().to(count))
    });
    actix_web::rt::spawn(server.workers(2).disable_signals().listen(listener).expect("a listener").run());
    Client::program(&base)
}

async fn somebody(app: &App, name: &str) -> UserId {
    let new = NewUser { name: name.to_owned(), email: format!("{name}@example.com"), ..NewUser::default() };
    let made = app.core.write(&Ctx::system("test"), async |tx| users::create(tx, new.clone()).await).await;
    made.expect("a person").id
}

async fn name_of(app: &App, id: &UserId) -> String {
    app.look(async |db| users::get(db, id).await).await.name
}

const UPDATES: &str = "SELECT COUNT(*) FROM events WHERE kind = 'user.updated'";

db_test!(a_change_and_its_event_are_written_together_or_not_at_all, async |app| {
    let (http, ann) = (handlers(&app), somebody(&app, "ann").await);
    http.post(&format!("/rename/{}/One/commit", ann.as_str()), json!({})).await.expect(204);
    assert_eq!((name_of(&app, &ann).await.as_str(), app.count(UPDATES).await), ("One", 1));
    http.post(&format!("/rename/{}/Two/fail", ann.as_str()), json!({})).await.expect(500);
    assert_eq!((name_of(&app, &ann).await.as_str(), app.count(UPDATES).await), ("One", 1));
});

db_test!(a_handler_dropped_in_mid_flight_leaves_nothing_and_the_next_writer_goes_on, async |app| {
    let (http, ann) = (handlers(&app), somebody(&app, "ann").await);
    for round in 0..3 {
        http.post(&format!("/rename/{}/Lost/hang", ann.as_str()), json!({})).await.expect(504);
        assert_ne!(name_of(&app, &ann).await, "Lost");
        http.post(&format!("/rename/{}/Kept{round}/commit", ann.as_str()), json!({})).await.expect(204);
        assert_eq!(name_of(&app, &ann).await, format!("Kept{round}"));
    }
    assert_eq!(app.count(UPDATES).await, 3);
});

db_test!(no_update_is_lost_between_handlers_on_several_threads, async |app| {
    let (http, zero) = (handlers(&app), somebody(&app, "0").await);
    let all: Vec<_> = (0..40)
        .map(|_| {
            let (http, path) = (http.clone(), format!("/count/{}", zero.as_str()));
            actix_web::rt::spawn(async move { http.post(&path, json!({})).await })
        })
        .collect();
    for answer in all {
        answer.await.expect("the task ends").expect(204);
    }
    assert_eq!(name_of(&app, &zero).await, "40");
});

db_test!(who_loses_a_deadlock_is_tried_again, async |app| {
    let (ann, bob) = (somebody(&app, "ann").await, somebody(&app, "bob").await);
    let attempts = Cell::new(0);
    // Each takes one row, waits until the other has taken the other, and wants both. (On SQLite the second waits
    // for the first before it takes anything.)
    let both = async |first: &UserId, second: &UserId, mark: &str| {
        app.core
            .write(&Ctx::system("test"), async |tx| {
                attempts.set(attempts.get() + 1);
                for id in [first, second] {
                    let sql = "UPDATE users SET name = name || $1 WHERE id = $2";
                    db::run(tx, sql, [mark.into(), id.as_str().into()]).await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Ok::<_, Error>(())
            })
            .await
    };
    let (one, other) = tokio::join!(both(&ann, &bob, "+"), both(&bob, &ann, "-"));
    one.expect("the first succeeds");
    other.expect("the second succeeds");
    for id in [&ann, &bob] {
        let name = name_of(&app, id).await;
        assert_eq!((name.matches('+').count(), name.matches('-').count()), (1, 1), "{name}");
    }
    let expected = if app.database == Database::Postgres { 3 } else { 2 };
    assert_eq!(attempts.get(), expected, "how often the closures ran");
});

db_test!(a_closure_that_fails_for_a_reason_is_not_repeated, async |app| {
    let attempts = Cell::new(0);
    let refused: Result<(), Error> = app
        .core
        .write(&Ctx::system("test"), async |tx| {
            attempts.set(attempts.get() + 1);
            users::get(tx, &UserId::parse("nobody").expect("an id")).await.map(drop)
        })
        .await;
    assert_eq!(refused.expect_err("there is nobody").code(), "user_not_found");
    assert_eq!(attempts.get(), 1);
});

db_test!(a_transaction_with_a_failed_statement_never_commits, async |app| {
    let ann = somebody(&app, "ann").await;
    let told: Result<(), Error> = app
        .core
        .write(&Ctx::system("test"), async |tx| {
            db::run(tx, "UPDATE users SET name = 'lost' WHERE id = $1", [ann.as_str().into()]).await?;
            // Whoever does not look at a failure gets no success: what came before it is not kept by half.
            assert!(db::run(tx, "INSERT INTO users (id) VALUES ('x')", []).await.is_err());
            if app.database == Database::Sqlite {
                // SQLite takes back the statement alone, and the rest stands; PostgreSQL does no more in it.
                return Err(Error::internal("on purpose"));
            }
            Ok(())
        })
        .await;
    assert_eq!(told.expect_err("it has failed").code(), "internal");
    assert_eq!(name_of(&app, &ann).await, "ann");
    // The connection is good for the next one.
    let again = Changes { name: Some("Ann".to_owned()), ..Changes::default() };
    app.core
        .write(&Ctx::system("test"), async |tx| users::update(tx, &ann, again.clone()).await)
        .await
        .expect("the next one writes");
    assert_eq!(name_of(&app, &ann).await, "Ann");
});

db_test!(who_waits_too_long_for_a_lock_is_told_to_come_back, async |app| {
    if app.database == Database::Sqlite {
        // There is one writer, and nobody waits for a row.
        return;
    }
    let boot = app.boot("Acme", None).await;
    let ann = UserId::parse(&boot.user_id).expect("an id");
    let (held, go) = (tokio::sync::Notify::new(), tokio::sync::Notify::new());
    let ctx = Ctx::system("test");
    let holds = app.core.write(&ctx, async |tx| {
        users::lock(tx, &ann).await?;
        held.notify_one();
        go.notified().await;
        Ok::<_, Error>(())
    });
    let waits = async {
        held.notified().await;
        let path = format!("/v1/users/{}", boot.user_id);
        let refused = boot.key.patch(&path, json!({"first_name": "Ann"})).await;
        go.notify_one();
        refused
    };
    let (holds, refused) = tokio::join!(holds, waits);
    holds.expect("the first succeeds");
    let refused = refused.refused(503, "busy");
    assert_eq!(refused.header("retry-after"), Some("5"));
    boot.key.patch(&format!("/v1/users/{}", boot.user_id), json!({"first_name": "Ann"})).await.expect(200);
});

db_test!(a_full_disk_fails_those_who_write_and_leaves_the_rest_whole, Options::default().idle(), async |app| {
    if app.database == Database::Postgres {
        // PostgreSQL's disk is not ours to fill.
        return;
    }
    let ann = somebody(&app, "ann").await;
    let pragma = async |sql: &'static str| -> i64 {
        let look = async |tx: &mut auth_core::Tx| db::one(tx, sql, []).await?.expect("a row").get(0);
        app.core.write(&Ctx::system("test"), look).await.expect("a number")
    };
    let pages = pragma("PRAGMA page_count").await;
    let limit: &'static str = Box::leak(format!("PRAGMA max_page_count = {pages}").into_boxed_str());
    assert_eq!(pragma(limit).await, pages);
    let large = "x".repeat(300_000);
    let fill = async |n: usize| {
        app.core
            .write(&Ctx::system("test"), async |tx| {
                users::update(tx, &ann, Changes { name: Some(format!("lost{n}")), ..Changes::default() }).await?;
                db::run(tx, "UPDATE users SET image = $1 WHERE id = $2", [large.as_str().into(), ann.as_str().into()])
                    .await
            })
            .await
    };
    // Several at once share a commit; none of them is told of a success that is not there.
    let all = futures_util::future::join_all((0..8).map(fill)).await;
    assert!(all.iter().all(Result::is_err), "{all:?}");
    assert_eq!(name_of(&app, &ann).await, "ann");
    // Nor if some of them go away while the database undoes what all of them did.
    for round in 0..20 {
        let stays = futures_util::future::join_all((0..3).map(|n| fill(10 + n)));
        let goes = futures_util::future::join_all((0..3).map(|n| fill(20 + n)));
        let patience = Duration::from_micros(500 * round);
        let (stayed, _) = futures_util::join!(stays, tokio::time::timeout(patience, goes));
        assert!(stayed.iter().all(Result::is_err), "{stayed:?}");
        assert_eq!(name_of(&app, &ann).await, "ann");
    }
    // With room again everything goes on, on the same connection.
    assert!(pragma("PRAGMA max_page_count = 1000000").await > pages);
    fill(9).await.expect("there is room");
    assert_eq!(name_of(&app, &ann).await, "lost9");
});
