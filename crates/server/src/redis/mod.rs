//! Redis, in which replicas count together: the one implementation of [`Counters`].
//!
//! Every question is one script, so that nobody comes between its parts. Every key expires, so that memory follows what
//! goes on. It is a server by itself, or the primary of a replicated one; keys of one question lie on different slots of a
//! cluster, which therefore cannot be used.
//!
//! After a question without an answer the connection is given up, and for a moment nobody asks: requests do not queue for a
//! server that is away. Then one asks, and the others once that was answered.

mod link;

use async_trait::async_trait;
use auth_core::clock::Timestamp;
use auth_core::counters::{Away, Counted, Counters, Pour, Poured, Taken, Window};
use redis::{Script, ScriptInvocation};

use crate::config::Redis as Options;
use link::{Link, Repeats};

/// The server, and what it is asked.
pub struct Redis {
    link: Link,
    prefix: String,
    count: Script,
    full: Script,
    take_out: Script,
    pour: Script,
}

impl Redis {
    /// Of a server that was configured. Nothing is asked yet.
    ///
    /// # Errors
    /// If its URL is none. The URL may hold a password: it is not repeated.
    pub fn new(options: &Options) -> Result<Self, String> {
        Ok(Self {
            link: Link::new(options)?,
            prefix: options.prefix.clone(),
            count: Script::new(include_str!("count.lua")),
            full: Script::new(include_str!("full.lua")),
            take_out: Script::new(include_str!("take_out.lua")),
            pour: Script::new(include_str!("pour.lua")),
        })
    }

    /// Asks once whether the server answers and runs scripts, for those who check a configuration.
    ///
    /// # Errors
    /// What kept it from answering.
    pub async fn check(&self) -> Result<(), String> {
        let question = self.full.prepare_invoke();
        self.link.try_once::<Option<String>>(&question, Repeats::No).await.map(drop)
    }

    /// The key of a window.
    fn window(&self, name: &str) -> String {
        format!("{}w:{name}", self.prefix)
    }
}

#[async_trait]
impl Counters for Redis {
    async fn count(&self, windows: &[Window<'_>], now: Timestamp) -> Result<Counted, Away> {
        let mut question = about(&self.count, now);
        for window in windows {
            question.key(self.window(window.name)).arg(window.limit.max).arg(window.limit.window.saturating_mul(1000));
            question.arg(i32::from(window.passable));
        }
        let answer: Vec<String> = self.link.ask(&question, Repeats::Yes).await?;
        let counted = match answer.split_first() {
            Some((word, places)) if word == "in" => {
                places.iter().map(|place| place.parse().ok()).collect::<Option<_>>().map(Counted::In)
            }
            Some((word, [place, until])) if word == "full" => {
                let read = (place.parse().ok(), until.parse().ok().map(Timestamp));
                if let (Some(place), Some(until)) = read { Some(Counted::Full { place, until }) } else { None }
            }
            _ => None,
        };
        counted.ok_or_else(|| self.link.odd())
    }

    async fn full(&self, windows: &[Window<'_>], now: Timestamp) -> Result<Option<Timestamp>, Away> {
        let mut question = about(&self.full, now);
        for window in windows {
            question.key(self.window(window.name)).arg(window.limit.max);
        }
        let answer: Option<i64> = self.link.ask(&question, Repeats::Yes).await?;
        Ok(answer.map(Timestamp))
    }

    async fn take_out(&self, what: &[(String, Taken)]) -> Result<(), Away> {
        let mut question = self.take_out.prepare_invoke();
        for (name, taken) in what {
            let how = match taken {
                Taken::All => "all".to_owned(),
                Taken::One => String::new(),
                Taken::OneUnlessFull(most) => most.to_string(),
            };
            question.key(self.window(name)).arg(how);
        }
        // What is taken out twice is a guess too many.
        self.link.ask::<bool>(&question, Repeats::No).await.map(drop)
    }

    async fn pour(&self, pour: Pour<'_>, now: Timestamp) -> Result<Poured, Away> {
        let mut question = about(&self.pour, now);
        let floor = pour.floor.map_or_else(String::new, |floor| floor.to_string());
        question.key(format!("{}b:{}", self.prefix, pour.name));
        question.arg(pour.rate.max(1)).arg(pour.burst.max(1)).arg(floor).arg(pour.cost);
        let (given, thousandths): (bool, i64) = self.link.ask(&question, Repeats::Yes).await?;
        Ok(Poured { given, thousandths })
    }

    async fn ping(&self) -> bool {
        self.link.ask::<Option<String>>(&self.full.prepare_invoke(), Repeats::Yes).await.is_ok()
    }

    fn is_away(&self) -> bool {
        self.link.is_away()
    }

    fn unanswered(&self) -> u64 {
        self.link.unanswered()
    }
}

/// A script with the present instant as its first argument.
fn about(script: &Script, now: Timestamp) -> ScriptInvocation<'_> {
    let mut question = script.prepare_invoke();
    question.arg(now.millis());
    question
}
