//! An export, made while it is sent: a page of a chain at a time is in memory, however long the chains are.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use auth_core::audit::{self, Head, Wanted};
use auth_core::ids::Id as _;
use auth_core::{AuthCore, Ctx};

use super::wire::{EntryOut, HEADINGS, Line, row};
use crate::error::ApiError;

/// How many places of a chain are read at once, and how many heads.
const PAGE: i64 = 200;

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    Ndjson,
    /// RFC 4180, with a line of headings.
    Csv,
}

/// How far an export has come.
struct Walk {
    core: AuthCore,
    ctx: Ctx,
    wanted: Wanted,
    format: Format,
    heads: VecDeque<Head>,
    /// The last chain whose head was read.
    read: Option<String>,
    /// Whether there may be heads after it.
    more: bool,
    /// Up to which position of the first chain everything was given.
    position: i64,
}

impl Walk {
    fn write(&self, out: &mut String, line: &Line<'_>) -> Result<(), ApiError> {
        match self.format {
            Format::Ndjson => *out += &line.json()?,
            Format::Csv => *out += &line.csv(),
        }
        Ok(())
    }

    /// What comes next; `None` at the end.
    async fn next(&mut self) -> Result<Option<String>, ApiError> {
        if self.heads.is_empty() && self.more {
            let (organization, after) = (self.wanted.organization_id.clone(), self.read.clone());
            let heads = self
                .core
                .read(&self.ctx, async |rx| audit::heads(rx, organization.as_ref(), after.as_deref(), PAGE).await)
                .await?;
            self.more = i64::try_from(heads.len()).is_ok_and(|found| found == PAGE);
            self.read = heads
                .last()
                .map(|head| head.organization_id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned()));
            self.heads = heads.into();
        }
        let Some(head) = self.heads.front().cloned() else { return Ok(None) };
        let after = self.position;
        let places =
            self.core.read(&self.ctx, async |rx| audit::export(rx, &head, after, &self.wanted, PAGE).await).await?;
        let mut out = String::new();
        let Some(last) = places.last() else {
            self.write(&mut out, &Line::Head(&head))?;
            self.heads.pop_front();
            self.position = 0;
            return Ok(Some(out));
        };
        self.position = last.seal.position;
        for place in places {
            let line = match place.entry {
                Some(entry) => Line::Entry(Box::new(EntryOut::from(entry))),
                None => Line::Seal(&place.event_id, head.organization_id.as_ref(), &place.seal),
            };
            self.write(&mut out, &line)?;
        }
        Ok(Some(out))
    }
}

type Step = Pin<Box<dyn Future<Output = (Box<Walk>, Result<Option<String>, ApiError>)>>>;

/// The body of the answer. Fails in the midst if the database does; whoever reads it misses the head then.
pub struct Export {
    step: Option<Step>,
}

impl Export {
    /// Of the chain of an organization, or of all chains; what is not wanted is there as its seal alone.
    pub fn new(core: AuthCore, ctx: Ctx, wanted: Wanted, format: Format) -> Self {
        let walk = Walk { core, ctx, wanted, format, heads: VecDeque::new(), read: None, more: true, position: 0 };
        let step: Step = match format {
            Format::Ndjson => Self::step(Box::new(walk)),
            Format::Csv => Box::pin(std::future::ready((Box::new(walk), Ok(Some(row(HEADINGS.into_iter())))))),
        };
        Self { step: Some(step) }
    }

    fn step(mut walk: Box<Walk>) -> Step {
        Box::pin(async move {
            let next = walk.next().await;
            (walk, next)
        })
    }
}

impl MessageBody for Export {
    type Error = ApiError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ApiError>>> {
        let Some(step) = self.step.as_mut() else { return Poll::Ready(None) };
        let (walk, next) = std::task::ready!(step.as_mut().poll(cx));
        match next {
            Ok(Some(text)) => {
                self.step = Some(Self::step(walk));
                Poll::Ready(Some(Ok(Bytes::from(text))))
            }
            Ok(None) => {
                self.step = None;
                Poll::Ready(None)
            }
            Err(error) => {
                self.step = None;
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}
