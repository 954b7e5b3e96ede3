//! How often somebody may guess a secret, and how often strangers may have somebody written to.
//!
//! Counted in the database, or in a server beside it, so that a restart forgets nothing and all replicas count together. What
//! is cheap to ask and gives nothing away is counted by the dialects alone, in each process.
//!
//! An act is counted in up to three *buckets*: what is done to one subject from one network, to the subject from
//! everywhere, and from the network to everybody. A network is an IPv4 address or the /64 of an IPv6 address. The first
//! is the tight one; the others are wide, because whoever fills them keeps the owner out, too. Therefore they do not hold
//! where the subject has come in during the last month: such a network is *familiar*, and whoever attacks from elsewhere, or
//! from beside them, does not close it. A window is fixed: it begins with its first
//! act, and refused acts neither prolong it nor count anywhere. What a back end does to one subject with a secret key is not
//! counted for its network, which is that of a server behind which everybody is.
//!
//! Subjects are what was typed (addresses, names, numbers), in the form in which they are compared, not people: what nobody
//! has is counted like what somebody has. A bucket's name is a keyed hash, so that the table tells of nobody.
//!
//! An act is counted before it is known whether it succeeds, by one conditional statement: of those that come at the same
//! time no more pass than one after the other. If it cannot be counted, it is not done.

mod beside;
mod buckets;
mod store;
mod table;

use std::net::{IpAddr, Ipv6Addr};

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{Rx, Scope, Tx};
use crate::fault::{Error, Result};
use crate::faults;
use buckets::Buckets;
pub(crate) use store::{Store, store};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Trying a password: of an address or a name at a sign-in, of a person in a session of theirs.
    Password,
    /// Trying a code that was mailed or sent to a telephone.
    Code,
    /// Trying a second factor. The tries of a person are counted by [`two_factor`](crate::two_factor).
    SecondFactor,
    /// Trying the short code of a device.
    DeviceCode,
    /// Trying an API key.
    ApiKey,
    /// Having a letter or a short message sent.
    Message,
    /// Signing up, whichever way, but not as a visitor.
    SignUp,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::SecondFactor => "second-factor",
            Self::DeviceCode => "device-code",
            Self::ApiKey => "api-key",
            Self::Message => "message",
            Self::SignUp => "sign-up",
        }
    }
}

faults! {
    /// What can go wrong with counting.
    pub enum ThrottlesFault {
        /// Too often; [`Error::retry_after`] says how long to wait.
        TooMany => RateLimited, "too_many_requests", "Too many requests. Please try again later.";
    }
}

/// What an address counts as: itself, or the /64 of an IPv6 address, because whoever has one address there has them all.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Counts an act in a transaction that commits whether or not it succeeds, or in which nothing but success counts. Its
/// rows are locked until then: people's rows are locked before.
///
/// # Errors
/// [`ThrottlesFault::TooMany`]: it was counted nowhere and is not to be done, whatever else the transaction does.
pub async fn count(tx: &Tx, act: Act, subject: Option<&str>) -> Result<()> {
    match Buckets::of(tx, act, subject)? {
        Some(buckets) => tx.shared.throttles.count(tx, &buckets).await,
        None => Ok(()),
    }
}

/// Counts an act in a transaction of its own, before it is done.
///
/// # Errors
/// [`ThrottlesFault::TooMany`].
pub async fn count_first(core: &AuthCore, ctx: &Ctx, act: Act, subject: Option<&str>) -> Result<()> {
    if !core.settings().throttle.enabled {
        return Ok(());
    }
    core.write(ctx, async |tx| count(tx, act, subject).await).await
}

/// Looks whether an act would be refused by what was counted, without counting it: for acts of which only failures are
/// counted, because they are many and the secret is long.
///
/// # Errors
/// [`ThrottlesFault::TooMany`].
pub async fn look(rx: &Rx, act: Act, subject: Option<&str>) -> Result<()> {
    match Buckets::of(rx, act, subject)? {
        Some(buckets) => rx.shared.throttles.look(rx, &buckets).await,
        None => Ok(()),
    }
}

/// Notes with the commit that an act succeeded which was counted before: forgets what its subject counted from this
/// network, takes back this one elsewhere, and makes the network familiar.
///
/// # Errors
/// Internal only.
pub fn succeeded(tx: &Tx, act: Act, subject: &str) -> Result<()> {
    if let Some(buckets) = Buckets::of(tx, act, Some(subject))? {
        tx.shared.throttles.take_back(tx, &buckets, true);
        buckets.make_familiar(tx);
    }
    Ok(())
}

/// Notes with the commit that a person has come in from this network, whichever way: it is familiar to the subjects that name
/// them.
///
/// # Errors
/// Internal only.
pub(crate) fn welcome<'a>(tx: &Tx, subjects: impl IntoIterator<Item = &'a str>) -> Result<()> {
    for subject in subjects {
        if let Some(buckets) = Buckets::of(tx, Act::Password, Some(subject))? {
            buckets.make_familiar(tx);
        }
    }
    Ok(())
}

/// Takes back with the commit one act that was counted before and turned out to be none.
///
/// # Errors
/// Internal only.
pub fn take_back(tx: &Tx, act: Act, subject: Option<&str>) -> Result<()> {
    if let Some(buckets) = Buckets::of(tx, act, subject)? {
        tx.shared.throttles.take_back(tx, &buckets, false);
    }
    Ok(())
}

/// The same in a transaction of its own.
///
/// # Errors
/// Those of the database.
pub async fn take_back_now(core: &AuthCore, ctx: &Ctx, act: Act, subject: Option<&str>) -> Result<()> {
    if !core.settings().throttle.enabled {
        return Ok(());
    }
    core.write(ctx, async |tx| take_back(tx, act, subject)).await
}

/// Removes buckets whose window has ended. Records no event: they count for nothing.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("throttles", "bucket", "expires_at", 0).await
}

fn refused(seconds: i64) -> Error {
    Error::from(ThrottlesFault::TooMany).retry_in(seconds)
}

/// How long to wait, in whole seconds.
fn seconds_until(db: &impl Scope, end: Timestamp) -> i64 {
    (end.millis() - db.now().millis() + 999).div_euclid(1000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_ipv4_address_or_the_64_of_an_ipv6_address() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:3::1"), "2001:db8:1:3::");
        assert_eq!(of("::ffff:198.51.100.7"), "198.51.100.7");
        assert_eq!(of("198.51.100.7"), "198.51.100.7");
    }
}
