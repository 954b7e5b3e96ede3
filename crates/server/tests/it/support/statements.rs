//! How many statements something sends to the database, and how many rows it gets back: cost, without a clock.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

static COUNTING: AtomicBool = AtomicBool::new(false);
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);

/// What was sent and what came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Statements, with those that begin and end transactions.
    pub statements: u64,
    /// Rows that came back.
    pub rows: u64,
}

/// The cost of the cheapest of some attempts, with that of their places in the request log: workers of the server that send
/// statements of their own can only make an attempt dearer, and not all of them. The test runs [alone](super::Options::alone).
pub async fn cheapest(app: &super::App, attempts: usize, mut attempt: impl AsyncFnMut(usize)) -> Cost {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Count);
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    });
    let mut cheapest = Cost { statements: u64::MAX, rows: u64::MAX };
    for number in 0..attempts {
        app.logged().await;
        STATEMENTS.store(0, Ordering::SeqCst);
        ROWS.store(0, Ordering::SeqCst);
        COUNTING.store(true, Ordering::SeqCst);
        attempt(number).await;
        app.logged().await;
        COUNTING.store(false, Ordering::SeqCst);
        cheapest.statements = cheapest.statements.min(STATEMENTS.load(Ordering::SeqCst));
        cheapest.rows = cheapest.rows.min(ROWS.load(Ordering::SeqCst));
    }
    assert!(cheapest.statements > 0, "the database driver says nothing of its statements");
    cheapest
}

struct Count;

impl<S: Subscriber> Layer<S> for Count {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "sqlx::query" { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query" && COUNTING.load(Ordering::SeqCst)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        STATEMENTS.fetch_add(1, Ordering::SeqCst);
        event.record(&mut Rows);
    }
}

struct Rows;

impl Visit for Rows {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            ROWS.fetch_add(value, Ordering::SeqCst);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
