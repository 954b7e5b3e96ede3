//! Transactions. They begin and end in [`AuthCore::write`](crate::AuthCore::write) and nowhere else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::{Ask, Backend, InTransaction, Reading, Turns, backend};
use crate::clock::{Chance, Timestamp};
use crate::core::Shared;
use crate::counters::Taken;
use crate::ctx::Ctx;
use crate::fault::{Error, Result};
use crate::ids::{EventId, Id};
use crate::notes::{Note, PEOPLE};
use crate::outbox::{Event, Recorded};
use crate::settings::Settings;

/// Where a store reads: inside a transaction ([`Tx`]) or beside one ([`Rx`]).
pub trait Scope {
    /// The connection behind it.
    type Conn: Ask;
    /// The connection, for the queries of a store.
    fn conn(&self) -> &Self::Conn;
    /// Which database it is.
    fn backend(&self) -> Backend;
    /// The one present instant of this request.
    fn now(&self) -> Timestamp;
    /// The operator's decisions.
    fn settings(&self) -> &Settings;
    /// Who asks.
    fn ctx(&self) -> &Ctx;
    /// Where who reads much waits for their turn; nowhere inside a transaction, for which others wait.
    fn turns(&self) -> Option<&Turns>;
}

/// A look at the database without a transaction: each statement sees what was committed before it.
pub struct Rx {
    conn: Reading,
    pub(crate) shared: Arc<Shared>,
    ctx: Ctx,
    now: Timestamp,
}

impl Rx {
    pub(crate) fn new(shared: &Arc<Shared>, ctx: &Ctx) -> Self {
        let conn = ctx.rehearsal.clone().map_or_else(|| shared.db.reader.clone(), Reading::Rehearsed);
        Self { conn, shared: Arc::clone(shared), ctx: ctx.clone(), now: shared.clock.now() }
    }
}

impl Scope for Rx {
    type Conn = Reading;
    fn conn(&self) -> &Reading {
        &self.conn
    }
    fn backend(&self) -> Backend {
        self.shared.db.backend
    }
    fn now(&self) -> Timestamp {
        self.now
    }
    fn settings(&self) -> &Settings {
        &self.shared.settings
    }
    fn ctx(&self) -> &Ctx {
        &self.ctx
    }
    fn turns(&self) -> Option<&Turns> {
        Some(&self.shared.db.turns)
    }
}

/// A change in progress. Whatever is recorded is written with the rest or not at all.
pub struct Tx {
    conn: InTransaction,
    pub(crate) shared: Arc<Shared>,
    ctx: Ctx,
    now: Timestamp,
    events: Vec<Recorded>,
    refusals: Vec<Recorded>,
    pub(crate) mail_queued: bool,
    pub(crate) job_queued: bool,
    verdict: Option<Error>,
    committed: bool,
    afterwards: Mutex<Afterwards>,
    concerned: Vec<String>,
}

/// What the counters beside the database are told when the transaction has ended.
#[derive(Default)]
struct Afterwards {
    if_kept: Vec<(String, Taken)>,
    if_undone: Vec<(String, Taken)>,
}

impl Tx {
    pub(crate) async fn begin(shared: &Arc<Shared>, ctx: &Ctx, joins: bool) -> Result<Self> {
        let conn = match &ctx.rehearsal {
            Some(rehearsal) => InTransaction::within(rehearsal, shared.db.backend).await?,
            None => shared.db.writer.begin(joins).await?,
        };
        Ok(Self {
            conn,
            shared: Arc::clone(shared),
            ctx: ctx.clone(),
            now: shared.clock.now(),
            events: Vec::new(),
            refusals: Vec::new(),
            mail_queued: false,
            job_queued: false,
            verdict: None,
            committed: false,
            afterwards: Mutex::default(),
            concerned: Vec::new(),
        })
    }

    /// Writes what was recorded and ends the transaction. Returns whether there were events.
    pub(crate) async fn commit(&mut self) -> Result<bool> {
        let events = std::mem::take(&mut self.events);
        let any = !events.is_empty();
        self.conn.commit(backend::insert_events(self.shared.db.backend, events)).await?;
        self.committed = true;
        if let Some(notes) = &self.ctx.notes {
            notes.concern(std::mem::take(&mut self.concerned));
        }
        Ok(any)
    }

    /// Ends a dry run: what was put off is written, so that it fails where the change would, and all is undone, unless
    /// more is to be rehearsed on top of it. The events that there would have been are noted.
    pub(crate) async fn rehearsed(&mut self) -> Result<()> {
        let flushed = super::one(&*self, "SELECT 1", []).await;
        let refused = self.conn.refusal();
        if self.ctx.rehearsal.is_some() && refused.is_none() && flushed.is_ok() {
            self.conn.commit(Vec::new()).await?;
        } else {
            self.conn.rollback().await?;
        }
        match (refused, flushed) {
            (Some(refused), _) => return Err(refused),
            (None, flushed) => drop(flushed?),
        }
        for event in std::mem::take(&mut self.events) {
            let details = serde_json::from_str(&event.payload)?;
            self.note("event", || event.kind.to_owned(), || details);
        }
        Ok(())
    }

    pub(crate) async fn rollback(&self) -> Result<()> {
        self.conn.rollback().await
    }

    /// Why a change that was put off came to nothing, if one did.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.conn.refusal()
    }

    /// Gives the caller this failure although the transaction commits: what was done stays, and is what there is to
    /// say about the refusal. Whoever calls it changes nothing of what was asked for, and returns at once.
    pub(crate) fn conclude_with(&mut self, failure: impl Into<Error>) {
        self.verdict = Some(failure.into());
    }

    /// The failure with which the transaction concludes, if it does.
    pub(crate) fn verdict(&mut self) -> Option<Error> {
        self.verdict.take()
    }

    /// Has something taken out of a window of the counters if this transaction commits.
    pub(crate) fn take_out_if_kept(&self, window: &str, what: Taken) {
        self.afterwards().if_kept.push((window.to_owned(), what));
    }

    /// The same if it does not.
    pub(crate) fn take_out_if_undone(&self, window: &str, what: Taken) {
        self.afterwards().if_undone.push((window.to_owned(), what));
    }

    /// What is to be taken out of windows of the counters, now that it has ended.
    pub(crate) fn to_take_out(&self) -> Vec<(String, Taken)> {
        let afterwards = std::mem::take(&mut *self.afterwards());
        if self.committed { afterwards.if_kept } else { afterwards.if_undone }
    }

    fn afterwards(&self) -> MutexGuard<'_, Afterwards> {
        self.afterwards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn raw(&self) -> &InTransaction {
        &self.conn
    }

    /// A new id, of the present instant.
    #[must_use]
    pub fn new_id<T: Id>(&self) -> T {
        T::generate(self.now, self.chance())
    }

    /// Where this transaction's random bytes come from.
    #[must_use]
    pub fn chance(&self) -> &dyn Chance {
        &*self.shared.chance
    }

    /// Notes that something happened. It becomes an event if and only if the transaction commits.
    pub fn record(&mut self, event: Event) {
        self.record_as(self.new_id(), event);
    }

    /// The same for an event whose id somebody wants to know: one of [`Tx::new_id`].
    pub fn record_as(&mut self, id: EventId, event: Event) {
        if self.ctx.untold {
            return;
        }
        let recorded = self.recorded(id, event);
        self.events.push(recorded);
    }

    /// Notes that something was refused, which is worth telling although nothing else of this transaction remains: if it
    /// fails, and not only to be tried again, the event is recorded in one of its own. If it commits it is not.
    pub(crate) fn record_refusal(&mut self, event: Event) {
        if !self.ctx.untold && !self.ctx.dry_run {
            let recorded = self.recorded(self.new_id(), event);
            self.refusals.push(recorded);
        }
    }

    /// What is to be told of a refusal, once.
    pub(crate) fn refusals(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.refusals)
    }

    /// Puts events that were recorded before among those of this transaction.
    pub(crate) fn retell(&mut self, events: Vec<Recorded>) {
        self.events.extend(events);
    }

    fn recorded(&self, id: EventId, mut event: Event) -> Recorded {
        // Whoever reads what a person did also reads that it was somebody else's hand.
        if let (Some(admin), Json::Object(facts)) = (self.ctx.actor.impersonator(), &mut event.payload) {
            facts.insert("impersonated_by".to_owned(), admin.as_str().into());
        }
        Recorded {
            id: id.into(),
            kind: event.kind.as_str(),
            audited: event.kind.is_audited(),
            organization_id: event.organization_id.map(String::from),
            subject: event.subject,
            payload: event.payload.to_string(),
            actor: self.ctx.actor.label(),
            request_id: self.ctx.request_id.clone(),
            ip: self.ctx.ip.clone(),
            user_agent: self.ctx.user_agent.clone(),
            created_at: self.now,
        }
    }

    /// Notes a decision, if anybody wants to know: a code `topic.decision`, a sentence without secrets, the facts.
    pub fn note(&self, code: &'static str, message: impl FnOnce() -> String, details: impl FnOnce() -> Json) {
        if let Some(notes) = &self.ctx.notes {
            notes.add(Note { code: code.into(), message: message(), details: details() });
        }
    }

    /// Notes that something happens to people, by the ids of their resources, if anybody wants to know; and if this
    /// transaction commits.
    pub fn concern<'i>(&mut self, people: impl IntoIterator<Item = &'i str>) {
        if self.ctx.notes.is_some() {
            let room = PEOPLE.saturating_sub(self.concerned.len());
            self.concerned.extend(people.into_iter().take(room).map(str::to_owned));
        }
    }

    /// What locks the rows found by a `SELECT` until this transaction ends; append it to the
    /// statement.
    #[must_use]
    pub fn lock(&self) -> &'static str {
        backend::lock_clause(self.shared.db.backend)
    }

    /// The same for rows that will be changed but not deleted: who only needs them to stay need not wait.
    #[must_use]
    pub fn lock_for_change(&self) -> &'static str {
        backend::change_clause(self.shared.db.backend)
    }

    /// What keeps the rows found by a `SELECT` from being deleted until this transaction ends; append it to the
    /// statement.
    #[must_use]
    pub fn keep(&self) -> &'static str {
        backend::keep_clause(self.shared.db.backend)
    }

    /// The same, but rows that somebody is about to change or to delete are not found, instead of waited for.
    #[must_use]
    pub fn keep_if_free(&self) -> &'static str {
        backend::keep_if_free_clause(self.shared.db.backend)
    }

    /// The same, but others may hold the rows too: nobody changes them until this transaction ends.
    #[must_use]
    pub fn share(&self) -> &'static str {
        backend::share_clause(self.shared.db.backend)
    }
}

impl Scope for Tx {
    type Conn = InTransaction;
    fn conn(&self) -> &InTransaction {
        &self.conn
    }
    fn backend(&self) -> Backend {
        self.shared.db.backend
    }
    fn now(&self) -> Timestamp {
        self.now
    }
    fn settings(&self) -> &Settings {
        &self.shared.settings
    }
    fn ctx(&self) -> &Ctx {
        &self.ctx
    }
    fn turns(&self) -> Option<&Turns> {
        None
    }
}
