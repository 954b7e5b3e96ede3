//! The buckets of an act, and the networks that are familiar.

use super::Act;
use crate::ctx::Actor;
use crate::db::{self, Change, Scope, Tx};
use crate::fault::Result;
use crate::settings::Limit;

/// How long a network stays familiar to a subject, in seconds: 30 days after the last success there.
const FAMILIAR: i64 = 30 * 86_400;

/// One bucket: its name, and how much goes in.
pub(crate) struct Bucket {
    pub name: String,
    pub limit: Limit,
}

/// Where an act is counted. Rows are always written in this order, so that nobody waits in a circle; a request that counts several
/// acts may, and is run again.
pub(crate) struct Buckets {
    /// The subject from this network.
    pub near: Option<Bucket>,
    /// The subject from everywhere.
    pub far: Option<Bucket>,
    /// Everybody from this network. Not what a back end does to one subject: it speaks for many from its one address.
    pub network: Option<Bucket>,
    /// What says that the network is familiar to the subject.
    familiar: Option<String>,
}

impl Buckets {
    /// Those of an act of this request. `None`: nothing is counted.
    pub fn of(db: &impl Scope, act: Act, subject: Option<&str>) -> Result<Option<Self>> {
        let settings = &db.settings().throttle;
        if !settings.enabled {
            return Ok(None);
        }
        // The address is canonical. Where none is known, there is one network: nobody gets more by hiding it.
        let address = db.ctx().ip.as_deref().and_then(|text| text.parse().ok());
        let network = address.map_or_else(|| "unknown".to_owned(), |address| super::network(address).to_string());
        // The subject comes last: it is the only part that may hold anything.
        let name = |scope: &str, network: &str, subject: &str| {
            db.settings().secret.mac("throttle", &format!("{scope}\n{network}\n{subject}"))
        };
        let (near, far, of_network) = match act {
            Act::Message => (settings.messages, settings.recipient_messages, settings.network_messages),
            Act::SignUp => (settings.sign_ups, settings.sign_ups, settings.sign_ups),
            _ => (settings.guesses, settings.account_guesses, settings.network_guesses),
        };
        let word = act.as_str();
        let of_network = Bucket { name: name(&format!("{word}/network"), &network, "")?, limit: of_network };
        let Some(subject) = subject else {
            return Ok(Some(Self { near: None, far: None, network: Some(of_network), familiar: None }));
        };
        Ok(Some(Self {
            near: Some(Bucket { name: name(&format!("{word}/near"), &network, subject)?, limit: near }),
            far: Some(Bucket { name: name(&format!("{word}/far"), "", subject)?, limit: far }),
            network: (!matches!(db.ctx().actor, Actor::SecretKey { .. })).then_some(of_network),
            familiar: Some(name("familiar", &network, subject)?),
        }))
    }

    /// Those that do not hold where the network is familiar.
    pub fn wide(&self) -> impl Iterator<Item = &Bucket> {
        self.far.iter().chain(&self.network)
    }

    /// Whether the subject has succeeded in this network during the last month. That is kept in the database wherever
    /// acts are counted: it lives long, and is asked for only where a wide bucket is full.
    pub async fn is_familiar(&self, tx: &Tx) -> Result<bool> {
        let Some(name) = &self.familiar else { return Ok(false) };
        let sql = "SELECT hits FROM throttles WHERE bucket = $1 AND expires_at > $2";
        Ok(db::one(tx, sql, [name.as_str().into(), tx.now().into()]).await?.is_some())
    }

    /// Notes with the commit that the subject has succeeded in this network.
    pub fn make_familiar(&self, tx: &Tx) {
        let Some(name) = &self.familiar else { return };
        let sql = "INSERT INTO throttles (bucket, hits, expires_at) VALUES ($1, 1, $2)
             ON CONFLICT (bucket) DO UPDATE SET expires_at = $2";
        db::later(tx, Change::new(sql, [name.as_str().into(), tx.now().plus_seconds(FAMILIAR).into()]));
    }
}
