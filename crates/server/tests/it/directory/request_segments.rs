//! Requests in segments are found as those that have rows of their own: the same requests are recorded in two directories,
//! of one as rows, of the other many in one row, and every question has the same answer.

use auth_core::clock::Timestamp;
use auth_core::db::{Part, Place};
use auth_core::features::directory::overview::{self, Happening};
use auth_core::features::directory::request_log::{
    self, Entry, Kept, LISTED, Logged, RequestLog, RequestLogFault, Span, Status, Wanted,
};
use auth_core::ids::{CredentialId, RequestLogId};
use auth_core::notes::Note;
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::support::*;

/// How many requests are recorded, and how many questions are asked of them, on each database.
const REQUESTS: i64 = 420;
/// How many of them come within a minute, in their order.
const DENSE: i64 = 160;
const QUESTIONS: usize = 60;
const DAY: i64 = 86_400_000;
/// Over how many days they are spread: more than they are kept.
const DAYS: i64 = 40;

const TARGETS: [&str; 5] = ["scimu_ann", "scimu_bob", "scimu_carl", "scimg_staff", "user_dora"];
const NAMES: [&str; 4] = ["Ann@acme.example", "bob@acme.example", "BOB@acme.example", "ünal@acme.example"];
const OPERATIONS: [&str; 6] = ["user.get", "user.list", "user.search", "group.get", "discovery", "user.create"];
const CREDENTIALS: [&str; 2] = ["scimt_one", "scimt_two"];
/// Some of them mean something to SQL, or differ in letter case.
const TEXTS: [&str; 6] = ["", "/scim/v2/Users/ann", "/Users?filter=50%_a", "Okta/1.0 (ÄÖ!)", "okta/1.0", "\u{1f600}"];

/// What a request is made of, but for its directory and its time.
type Drawn = ((usize, usize, usize, usize), (usize, usize, usize), (usize, usize, bool));

fn request() -> impl Strategy<Value = Drawn> {
    let what = (0..5_usize, 0..OPERATIONS.len(), 0..TARGETS.len() + 2, 0..NAMES.len() + 2);
    let how = (0..TEXTS.len(), 0..TEXTS.len(), 0..CREDENTIALS.len());
    (what, how, (0..400_usize, 0..3_usize, any::<bool>()))
}

fn entry(dir: &Dir, n: i64, at: Timestamp, drawn: &Drawn) -> Entry {
    let ((status, operation, target, name), (path, agent, credential), (length, kind, whole)) = *drawn;
    let credential = CredentialId::parse(CREDENTIALS[credential]).expect("an id");
    let text = "ä{\"a\":1}".repeat(length);
    let notes = if kind == 1 {
        vec![Note { code: "resource.unchanged".into(), message: format!("note {n}"), details: json!({"n": n}) }]
    } else {
        Vec::new()
    };
    let mut entry = Entry::new(&dir.actor.directory, &credential, &format!("req_{n}"), at);
    entry.status = [200, 200, 201, 404, 500][status];
    entry.duration = n.unsigned_abs() * 1000;
    entry.method = ["GET", "POST", "HEAD"][kind].into();
    entry.operation = OPERATIONS[operation].into();
    TEXTS[path].clone_into(&mut entry.path);
    entry.target = TARGETS.get(target).map(ToString::to_string);
    entry.user_id = TARGETS.get(target).filter(|_| kind == 2).and_then(|id| UserId::parse(id));
    entry.user_name = NAMES.get(name).map(ToString::to_string);
    entry.ip = (kind == 0).then(|| "192.0.2.1".to_owned());
    entry.user_agent = Some(TEXTS[agent].to_owned());
    entry.replay_of = (length == 7).then(|| RequestLogId::parse("scimr_once").expect("an id"));
    entry.actor = (length == 7).then(|| "key:key_a".to_owned());
    entry.body = if whole { Kept::nothing() } else { Kept::unkept(None) };
    entry.answer = Kept { text: (length % 5 > 0).then_some(text), length: (kind > 0).then_some(length as u64), whole };
    entry.notes = notes;
    // Something happened by it to whom it is not about.
    if n % 3 == 0 {
        entry.people = TARGETS.iter().skip(usize::try_from(n % 5).unwrap_or(0)).map(ToString::to_string).collect();
    }
    entry
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let people = TARGETS.iter().chain(&NAMES).chain(&["nobody"]).map(ToString::to_string).collect::<Vec<_>>();
    let person = prop::option::weighted(0.4, prop::sample::select(people));
    let status = prop::option::of(prop_oneof![Just(Status::Error), Just(Status::Is(200)), Just(Status::Is(404))]);
    let operation = prop::option::weighted(0.3, prop::sample::select(OPERATIONS.to_vec()));
    let credential = prop::option::weighted(0.3, prop::sample::select(CREDENTIALS.to_vec()));
    let times = (prop::option::weighted(0.4, 0..DAYS), prop::option::weighted(0.4, 0..DAYS));
    let searched = vec!["okta", "OKTA/1", "50%_A", "user.", "bob@", "req_41", "scimu_", "Ü", "none"];
    let search = prop::option::weighted(0.3, prop::sample::select(searched));
    let part = (any::<bool>(), 5..60_u64, prop::sample::select(vec![0_u64, 0, 1, 30, 500]));
    (person, status, operation, credential, times, search, part).prop_map(
        |(person, status, operation, credential, (since, until), search, (ascending, limit, offset))| Wanted {
            person,
            status: status.filter(|_| limit % 2 == 0),
            operation: operation.map(str::to_owned),
            credential: credential.and_then(CredentialId::parse),
            since: since.map(|day| Timestamp(BEGUN + day * DAY)),
            until: until.map(|day| Timestamp(BEGUN + day * DAY)),
            part: Part {
                order: "created_at",
                ascending,
                search: search.map(str::to_owned),
                beyond: None,
                limit,
                offset,
            },
        },
    )
}

/// When the first of them came: the clock of a test begins on 2026-01-01.
const BEGUN: i64 = 1_767_225_600_000 - DAYS * DAY;

/// All that is known of a request but where it is.
fn told(logged: &Logged) -> String {
    let nowhere = RequestLogId::parse("scimr_x").expect("an id");
    let directory_id = auth_core::ids::DirectoryId::parse("dir_x").expect("an id");
    format!("{:?}", Logged { id: nowhere, directory_id, ..logged.clone() })
}

async fn page(dir: &Dir, owner: &OrgId, wanted: &Wanted) -> (Vec<Logged>, i64, bool) {
    let look = async |rx: &auth_core::Rx| request_log::list(rx, owner, &dir.actor.directory.id, wanted).await;
    let found = dir.app.look(look).await;
    (found.entries, found.total, found.more)
}

/// The same question to both directories, page by page from the one that is wanted; how many requests there were.
async fn agree(owner: &OrgId, [rows, packed]: [&Dir; 2], wanted: &Wanted) -> usize {
    let mut wanted = [wanted.clone(), wanted.clone()];
    let mut seen = 0;
    loop {
        let one = page(rows, owner, &wanted[0]).await;
        let other = page(packed, owner, &wanted[1]).await;
        let tell = |page: &[Logged]| page.iter().map(told).collect::<Vec<_>>();
        assert_eq!(tell(&one.0), tell(&other.0), "{:?}", wanted[1]);
        assert_eq!((one.1, one.2), (other.1, other.2), "{:?}", wanted[1]);
        seen += one.0.len();
        let (Some(last), Some(theirs), true) = (one.0.last(), other.0.last(), one.2) else { return seen };
        for (wanted, last) in wanted.iter_mut().zip([last, theirs]) {
            wanted.part.beyond = Some(Place { at: last.at, id: last.id.to_string() });
            wanted.part.offset = 0;
        }
    }
}

async fn all(dir: &Dir, owner: &OrgId) -> Vec<Logged> {
    let part = Part { limit: 1000, order: LISTED.unless_said.0, ..Part::default() };
    page(dir, owner, &Wanted { part, ..Wanted::default() }).await.0
}

fn drawn<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

/// Records the same in both directories: in one as rows, in the other many at once, in whatever order of time.
async fn recorded(app: &App, [rows, packed]: [&Dir; 2], runner: &mut TestRunner) {
    let log = Arc::new(RequestLog::new(app.core.clone(), Arc::new(scim_api::Replays)));
    let mut one = |n: i64| {
        // No two at the same instant, so that there is one order.
        let spread = DAYS * DAY / REQUESTS * n;
        let at = if n < DENSE { BEGUN + 3 * DAY + 1 + n * 350 } else { BEGUN + spread };
        (n, Timestamp(at), drawn(runner, &request()))
    };
    let dense: Vec<(i64, Timestamp, Drawn)> = (0..DENSE).map(&mut one).collect();
    let wide: Vec<(i64, Timestamp, Drawn)> = (DENSE..REQUESTS).map(&mut one).collect();
    let mut all = drawn(runner, &Just(wide).prop_shuffle());
    all.extend(dense);
    let mut rest = all.as_slice();
    let sizes = prop::sample::select(vec![1, 3, 8, 9, 60, 300]);
    while !rest.is_empty() {
        let (some, others) = rest.split_at(drawn(runner, &sizes).min(rest.len()));
        rest = others;
        // Eight at once would share a row.
        for some in some.chunks(7) {
            join_all(some.iter().map(|(n, at, drawn)| log.record(entry(rows, *n, *at, drawn)))).await;
            log.flush().await;
        }
        for (n, at, drawn) in some {
            log.gather(entry(packed, *n, *at, drawn));
        }
        log.flush().await;
    }
    let id = packed.actor.directory.id.as_str();
    let in_segments = format!(
        "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM directory_request_segments WHERE directory_id = '{id}'"
    );
    assert_eq!(counts(rows).await.0, REQUESTS);
    assert_eq!(counts(packed).await.0 + app.count(&in_segments).await, REQUESTS);
    assert_eq!(log.dropped(), 0);
}

async fn both(app: &App, owner: &OrgId) -> [Dir; 2] {
    [Dir::of(app, Some(owner), "okta").await, Dir::of(app, Some(owner), "entra").await]
}

async fn counts(dir: &Dir) -> (i64, i64) {
    let id = dir.actor.directory.id.as_str();
    let rows = format!("SELECT COUNT(*) FROM directory_requests WHERE directory_id = '{id}'");
    let segments = format!("SELECT COUNT(*) FROM directory_request_segments WHERE directory_id = '{id}'");
    (dir.app.count(&rows).await, dir.app.count(&segments).await)
}

fn runner(seed: u8) -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

// Without workers: some of what is recorded is older than the log is kept, and would be swept.
db_test!(segments_answer_as_rows_do, Options::default().idle(), async |app| {
    let mut runner = runner(1);
    let acme = organization(&app, "Acme", None).await;
    let dirs = both(&app, &acme).await;
    let [rows, packed] = [&dirs[0], &dirs[1]];
    recorded(&app, [rows, packed], &mut runner).await;
    assert_eq!(counts(rows).await, (REQUESTS, 0));
    let (few, segments) = counts(packed).await;
    assert!(few > 0 && segments > 4 && few < REQUESTS / 2, "{few} rows and {segments} segments");

    let mut found = 0;
    for _ in 0..QUESTIONS {
        found += usize::from(agree(&acme, [rows, packed], &drawn(&mut runner, &wanted())).await > 0);
    }
    assert!(found > QUESTIONS / 4, "only {found} of {QUESTIONS} questions found something");

    // Each one by its id, with what was answered.
    let (one, other) = (all(rows, &acme).await, all(packed, &acme).await);
    assert_eq!((one.len() as u64, other.len() as u64), (REQUESTS.unsigned_abs(), REQUESTS.unsigned_abs()));
    for pair in one.iter().zip(&other).step_by(3) {
        let mut whole = Vec::new();
        for (dir, logged) in [rows, packed].into_iter().zip(<[&Logged; 2]>::from(pair)) {
            let id = &dir.actor.directory.id;
            let get = async |rx: &auth_core::Rx| request_log::get(rx, &acme, id, &logged.id).await;
            whole.push(told(&app.look(get).await));
        }
        assert_eq!(whole[0], whole[1]);
    }
    let foreign = async |rx: &auth_core::Rx| {
        request_log::get(rx, &acme, &rows.actor.directory.id, &other[0].id).await.map(|_| ())
    };
    let refused = app.core.read(&system(), foreign).await.expect_err("it is another directory's");
    assert_eq!(refused.code(), Error::from(RequestLogFault::NotFound).code());

    // How many there were when, and what happened to somebody.
    for days in [1, 2, 33] {
        let mut told = Vec::new();
        for dir in [rows, packed] {
            let id = &dir.actor.directory.id;
            let since = Timestamp(BEGUN + (DAYS - days) * DAY);
            let rates = app.look(async |rx| request_log::rates(rx, Some(&acme), id, since).await).await;
            let spans = async |rx: &auth_core::Rx| {
                let hours = request_log::activity(rx, &acme, id, Span::Hour, days * 24).await?;
                let days = request_log::activity(rx, &acme, id, Span::Day, days).await?;
                Ok((hours.spans, days.spans, hours.counted_since, days.counted_since))
            };
            told.push((rates, app.look(spans).await));
        }
        assert!(told[0].0.0 > 0, "nothing was counted");
        assert_eq!(told[0], told[1]);
    }
    for target in TARGETS {
        let target = DirectoryUserId::parse(target).expect("an id");
        for (limit, offset) in [(20, 0), (7, 5), (200, 30), (5, 400)] {
            let mut lives = Vec::new();
            for dir in [rows, packed] {
                let look = async |rx: &auth_core::Rx| {
                    overview::timeline(rx, &acme, &dir.actor.directory.id, &target, (limit, offset)).await
                };
                let (moments, total) = app.look(look).await;
                let tell = |what: &Happening| match what {
                    Happening::Request(logged) => told(logged),
                    Happening::Event(event) => format!("{event:?}"),
                };
                let moments: Vec<_> = moments.iter().map(|moment| (moment.at, tell(&moment.what))).collect();
                lives.push((moments, total));
            }
            assert!(lives[0].1 > 10, "hardly anything happened to {target}");
            assert_eq!(lives[0], lives[1]);
        }
    }

    // The older ones go, out of the midst of segments too; the others are as they were.
    let gone = request_log::sweep(&app.core).await.expect("the sweep succeeds");
    assert!(gone > 100 && gone % 2 == 0, "{gone}");
    let left = "SELECT COUNT(*) FROM directory_request_people";
    let orphans = format!(
        "{left} p WHERE p.directory_id = '{}' AND NOT EXISTS
            (SELECT 1 FROM directory_requests r WHERE r.directory_id = p.directory_id AND r.id = p.request_id)",
        rows.actor.directory.id.as_str()
    );
    assert_eq!((app.count(&orphans).await, app.count(left).await > 100), (0, true));
    let kept = all(packed, &acme).await;
    assert_eq!(kept.len() as u64, REQUESTS.unsigned_abs() - gone / 2);
    assert_eq!(kept.iter().map(told).collect::<Vec<_>>(), other[..kept.len()].iter().map(told).collect::<Vec<_>>());
    assert!(kept.iter().zip(&other).all(|(one, other)| one.id == other.id));
    assert_eq!(request_log::sweep(&app.core).await.expect("the sweep succeeds"), 0);
    for _ in 0..QUESTIONS / 4 {
        agree(&acme, [rows, packed], &drawn(&mut runner, &wanted())).await;
    }
    let last = kept.last().expect("some are kept").clone();
    let id = &packed.actor.directory.id;
    let whole = app.look(async |rx| request_log::get(rx, &acme, id, &last.id).await).await;
    assert_eq!(whole.request_id, last.request_id);
    app.clock.advance(31 * 86_400);
    request_log::sweep(&app.core).await.expect("the sweep succeeds");
    assert_eq!((counts(rows).await, counts(packed).await), ((0, 0), (0, 0)));
    assert_eq!(app.count(left).await, 0);
});

db_test!(what_cannot_be_read_of_one_log_holds_up_no_other, Options::default().idle(), async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dirs = both(&app, &acme).await;
    // The first that is swept is the one with segments.
    let [packed, rows] = [&dirs[0], &dirs[1]];
    recorded(&app, [rows, packed], &mut runner(2)).await;
    let before = counts(packed).await.1;
    let tear = async |tx: &mut auth_core::Tx| {
        let torn = if app.database == Database::Postgres {
            "substr(heads, 1, 3)"
        } else {
            "CAST(substr(heads, 1, 3) AS BLOB)"
        };
        auth_core::db::run(tx, format!("UPDATE directory_request_segments SET heads = {torn}"), []).await
    };
    app.core.write(&system(), tear).await.expect("torn");
    let gone = request_log::sweep(&app.core).await.expect("the sweep goes on");
    let left = counts(packed).await.1;
    assert!(gone > 50 && counts(rows).await.0 < REQUESTS, "{gone}");
    assert!(left > 0 && left <= before, "{left} of {before}");
    // What is older as a whole goes unread.
    app.clock.advance(31 * 86_400);
    request_log::sweep(&app.core).await.expect("the sweep succeeds");
    assert_eq!((counts(rows).await, counts(packed).await), ((0, 0), (0, 0)));
});
