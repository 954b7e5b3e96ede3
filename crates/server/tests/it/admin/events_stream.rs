//! The events as they happen: in order, in scope, resumed where they were left, and over when the credential is.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use api_kit::Turnstile;

use super::{problem, published, within};
use crate::support::*;

/// How long it is tried again to open a stream where there is no room. A busy machine may be slow to hear of a connection that was
/// closed; but it is to hear of it by asking, and not only when a silent stream says that it is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A reader of the stream.
struct Follow {
    response: reqwest::Response,
    text: String,
    /// What the opening said.
    opening: String,
}

impl Follow {
    async fn open(app: &App, query: &str, headers: &[(&str, &str)]) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let begun = Instant::now();
        let response = loop {
            let mut request = client.get(format!("{}/v1/events/stream?{query}", app.base));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = request.send().await.expect("an answer");
            if response.status() != 429 || begun.elapsed() >= PATIENCE {
                break response;
            }
        };
        assert_eq!(response.status(), 200, "{query}: {headers:?}");
        let kind = response.headers()["content-type"].to_str().expect("a type").to_owned();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        let mut this = Self { response, text: String::new(), opening: String::new() };
        this.opening = this.frame().await.expect("an opening");
        assert!(this.opening.starts_with("retry: "), "it says that it is open");
        this
    }

    /// What comes up to the next empty line; `None` at the end.
    async fn frame(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let frame = self.text[..end].to_owned();
                self.text.drain(..end + 2);
                return Some(frame);
            }
            let chunk = timeout(Duration::from_secs(40), self.response.chunk()).await.expect("something comes");
            self.text += std::str::from_utf8(&chunk.expect("a whole stream")?).expect("text");
        }
    }

    /// The next event: its id, its name, and what it says. `None` at the end.
    async fn event(&mut self) -> Option<(i64, String, Json)> {
        loop {
            let frame = self.frame().await?;
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            let Some(data) = field("data: ") else { continue };
            let id = field("id: ").and_then(|id| id.parse().ok()).expect("an id");
            return Some((id, field("event: ").expect("a name"), serde_json::from_str(&data).expect("JSON")));
        }
    }

    /// Where the stream begins, which is what a browser comes back with that has seen no event.
    fn place(&self) -> i64 {
        self.opening.lines().find_map(|line| line.strip_prefix("id: ")).and_then(|id| id.parse().ok()).expect("an id")
    }

    /// That nothing more comes.
    async fn ends(&mut self) {
        while let Some(frame) = self.frame().await {
            assert!(!frame.contains("data:"), "something was still told: {frame}");
        }
    }
}

async fn organization(boot: &Boot, name: &str) -> String {
    let made = boot.key.post("/v1/organizations", json!({ "name": name })).await.created();
    made["id"].as_str().expect("an id").to_owned()
}

fn key(boot: &Boot) -> String {
    format!("Bearer {}", boot.secret_key)
}

db_test!(events_come_as_they_happen_and_are_resumed_where_they_were_left, async |app| {
    let boot = app.boot("Acme", None).await;
    let auth = key(&boot);
    published(&app).await;
    let mut live =
        Follow::open(&app, "types=organization.created,organization.deleted", &[("authorization", &auth)]).await;
    let one = organization(&boot, "One").await;
    let (id, name, event) = live.event().await.expect("the first");
    assert_eq!(
        (name.as_str(), &event["subject"], &event["sequence"]),
        ("organization.created", &json!(one), &json!(id))
    );
    let listed = boot.key.get(&format!("/v1/events?after={}&limit=1", id - 1)).await.ok();
    assert_eq!(listed["data"][0], event, "it is what the list shows");
    let two = organization(&boot, "Two").await;
    let (second, _, event) = live.event().await.expect("the second");
    assert_eq!(event["subject"], json!(two));
    assert!(second > id);
    drop(live);

    // A browser comes back with the last id that it saw, to the address that it first asked.
    let three = organization(&boot, "Three").await;
    published(&app).await;
    let last = id.to_string();
    let headers = [("authorization", auth.as_str()), ("last-event-id", last.as_str())];
    let mut again = Follow::open(&app, "types=organization.created&after=0", &headers).await;
    for expected in [&two, &three] {
        assert_eq!(again.event().await.expect("one of the missed").2["subject"], json!(expected));
    }
    let mut all = Follow::open(&app, "types=organization.created&after=0", &[("authorization", &auth)]).await;
    let acme = all.event().await.expect("the oldest").2;
    assert_eq!(acme["subject"], json!(boot.organization_id));
});

db_test!(who_was_cut_off_before_the_first_event_misses_none, async |app| {
    let boot = app.boot("Acme", None).await;
    let auth = key(&boot);
    published(&app).await;
    let query = "types=organization.created";
    let silent = Follow::open(&app, query, &[("authorization", &auth)]).await;
    let place = silent.place();
    drop(silent);
    let one = organization(&boot, "One").await;
    published(&app).await;
    let last = place.to_string();
    let mut again = Follow::open(&app, query, &[("authorization", &auth), ("last-event-id", &last)]).await;
    assert_eq!(again.place(), place, "it begins where it was left");
    let (id, _, event) = again.event().await.expect("what happened in between");
    assert_eq!(event["subject"], json!(one));
    assert!(id > place);
    // A sign of life moves the place on, past what is not shown: the organization's name is no news to this reader.
    boot.key.patch(&format!("/v1/organizations/{one}"), json!({ "name": "Uno" })).await.expect(200);
    let alive = loop {
        let frame = again.frame().await.expect("a sign of life");
        if frame.contains(": still here") {
            break frame;
        }
    };
    let moved = alive.lines().find_map(|line| line.strip_prefix("id: ")).and_then(|id| id.parse::<i64>().ok());
    assert!(moved.is_some_and(|moved| moved > id), "{alive}");
    assert!(!alive.contains("data:"), "{alive}");
});

db_test!(each_sees_their_own_organization_and_no_other, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let eve = app.signed_up("eve").await;
    let evil = eve.post("/api/auth/organization/create", json!({ "name": "Evil", "slug": "evil" })).await.ok();
    let evil = evil["id"].as_str().expect("an id").to_owned();
    eve.get("/v1/events/stream").await.refused(403, "forbidden");
    eve.get(&format!("/v1/events/stream?organization_id={}", boot.organization_id)).await.expect(404);
    app.http().get("/v1/events/stream").await.expect(401);
    published(&app).await;

    let cookie = eve.cookie_header();
    let mut hers = Follow::open(&app, &format!("organization_id={evil}"), &[("cookie", &cookie)]).await;
    boot.key.patch(&within(&boot, ""), json!({ "name": "Acme Inc." })).await.expect(200);
    eve.post("/api/auth/organization/update", json!({ "organizationId": evil, "data": { "name": "Eve" } }))
        .await
        .expect(200);
    let (_, name, event) = hers.event().await.expect("her own");
    assert_eq!((name.as_str(), &event["organization_id"]), ("organization.updated", &json!(evil)), "{event}");
});

db_test!(only_what_a_directory_did_or_is_about, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let other = boot.key.post(&within(&boot, "/directories"), json!({ "name": "Other" })).await.created();
    published(&app).await;
    let auth = key(&boot);
    let query = format!("organization_id={}&directory_id={}", boot.organization_id, boot.directory_id);
    let mut live = Follow::open(&app, &query, &[("authorization", &auth)]).await;
    let path = within(&boot, &format!("/directories/{}", other["id"].as_str().expect("an id")));
    boot.key.patch(&path, json!({ "name": "Another" })).await.expect(200);
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example",
        "emails": [{ "value": "ann@acme.example", "primary": true }],
    });
    boot.scim.post("/scim/v2/Users", user).await.created();
    let path = within(&boot, &format!("/directories/{}", boot.directory_id));
    boot.key.patch(&path, json!({ "name": "Okta" })).await.expect(200);
    let mut names = Vec::new();
    while names.last().is_none_or(|last| last != "directory.updated") {
        let (_, name, event) = live.event().await.expect("an event");
        assert!(!event.to_string().contains("Another"), "that of the other directory: {event}");
        names.push(name);
    }
    for expected in ["scimUser.provisioned", "organizationMembership.created"] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
});

db_test!(a_stream_ends_with_its_credential, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/secret-keys", json!({ "name": "Reader" })).await.created();
    let secret = format!("Bearer {}", made["secret"].as_str().or(made["key"].as_str()).expect("the secret"));
    let admin = app.signed_in(&boot.email).await;
    let cookie = admin.cookie_header();
    published(&app).await;
    let mut by_key = Follow::open(&app, "", &[("authorization", &secret)]).await;
    let mut by_session = Follow::open(&app, "", &[("cookie", &cookie)]).await;
    let path = format!("/v1/secret-keys/{}/revoke", made["id"].as_str().expect("an id"));
    let revoked = boot.key.post(&path, json!({})).await;
    assert!(revoked.status < 300, "{revoked:?}");
    by_key.ends().await;
    // That a key was revoked, the session may still learn.
    assert_eq!(by_session.event().await.expect("the revocation").1, "secretKey.revoked");
    admin.post("/api/auth/sign-out", json!({})).await.expect(200);
    by_session.ends().await;
});

db_test!(a_stream_ends_with_the_right_to_it, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let path = within(&boot, "/memberships");
    boot.key.post(&path, json!({ "user_id": id, "role": "org:admin" })).await.created();
    published(&app).await;
    let cookie = ann.cookie_header();
    let query = format!("organization_id={}", boot.organization_id);
    let mut hers = Follow::open(&app, &query, &[("cookie", &cookie)]).await;
    boot.key
        .patch(&format!("{path}/{}", id.as_str().expect("an id")), json!({ "role": "org:member" }))
        .await
        .expect(200);
    hers.ends().await;
});

db_test!(streams_end_when_the_process_is_to_end, async |app| {
    let boot = app.boot("Acme", None).await;
    let auth = key(&boot);
    let mut live = Follow::open(&app, "", &[("authorization", &auth)]).await;
    let begun = Instant::now();
    app.core.end_waiting();
    live.ends().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
});

db_test!(streams_that_nobody_reads_make_room, async |app| {
    let boot = app.boot("Acme", None).await;
    let auth = key(&boot);
    published(&app).await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Follow::open(&app, "", &[("authorization", &auth)]).await);
    }
    // As pages do that are loaded anew, one after another.
    for _ in 0..3 {
        drop(open.pop());
        open.push(Follow::open(&app, "", &[("authorization", &auth)]).await);
    }
    open.drain(..9);
    for _ in 0..9 {
        open.push(Follow::open(&app, "", &[("authorization", &auth)]).await);
    }
    // Those that are read have been asked, and are as they were.
    problem(boot.key.get("/v1/events/stream").await, 429, "too_many_streams");
    let made = organization(&boot, "Heard").await;
    for live in &mut open {
        assert_eq!(live.event().await.expect("an event").2["subject"], json!(made));
    }
});

thread_local! {
    /// Who is let in by the instance of this test.
    static AT_ONCE: RefCell<Turnstile> = RefCell::default();
}

db_test!(
    where_all_places_are_taken_those_that_nobody_reads_make_room,
    Options::default().kit(|kit| AT_ONCE.with_borrow_mut(|ours| *ours = kit.at_once.clone())),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let (auth, cookie) = (key(&boot), boot.admin.cookie_header());
        published(&app).await;
        let left = Follow::open(&app, "", &[("authorization", &auth)]).await;
        // Whoever has the other places keeps them.
        let at_once = AT_ONCE.with_borrow(Turnstile::clone);
        let others: Vec<_> = (0..5_000).filter_map(|_| at_once.enter("streams", 5_000)).collect();
        assert_eq!(others.len(), 4_999);
        drop(left);
        let mut live = Follow::open(&app, "", &[("cookie", &cookie)]).await;
        let refused = problem(boot.key.get("/v1/events/stream").await, 429, "too_many_streams");
        assert!(!refused.text.contains("of this caller"), "{refused:?}");
        let made = organization(&boot, "Heard").await;
        assert_eq!(live.event().await.expect("an event").2["subject"], json!(made));
        drop(others);
        Follow::open(&app, "", &[("authorization", &auth)]).await;
    }
);

db_test!(each_caller_has_ten_and_bad_questions_are_refused, async |app| {
    let boot = app.boot("Acme", None).await;
    let auth = key(&boot);
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Follow::open(&app, "", &[("authorization", &auth)]).await);
    }
    problem(boot.key.get("/v1/events/stream").await, 429, "too_many_streams");
    // Another caller has places of their own.
    let cookie = boot.admin.cookie_header();
    Follow::open(&app, "", &[("cookie", &cookie)]).await;
    for wrong in
        ["after=x", "after=-1", "types=nothing", "types=user.created,", "organization_id=a%20b", "directory_id=a%20b"]
    {
        problem(boot.admin.get(&format!("/v1/events/stream?{wrong}")).await, 400, "validation_failed");
    }
    for wrong in ["x", "-1", "99999999999999999999"] {
        let answer = boot.admin.send("GET", "/v1/events/stream", None, &[("last-event-id", wrong)]).await;
        problem(answer, 400, "validation_failed");
    }
});
