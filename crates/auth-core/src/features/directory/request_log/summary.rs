//! What is known of a segment without opening it: how many requests of which kind it has, and whose they cannot be.

use std::borrow::Borrow;

use super::Status;
use super::entry::{READS_OF_ONE, Ready};
use super::packing::{put, put_text, take, take_text};
use crate::clock::Timestamp;
use crate::fault::Result;
use crate::ids::Id as _;

/// How many bits a key has in [`Keys`], and in how many places of them. About one segment in a hundred is opened in vain.
const BITS: usize = 10;
const PLACES: u32 = 5;

/// Requests that are alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) status: u16,
    pub(super) operation: String,
    pub(super) credential: String,
    pub(super) requests: i64,
}

/// The summary of a segment.
#[derive(Debug)]
pub(super) struct Summary {
    /// When the first and the last of its requests came.
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) groups: Vec<Group>,
    /// Which resources and names are in it.
    pub(super) keys: Keys,
}

impl Summary {
    pub(super) fn of<R: Borrow<Ready>>(requests: &[R]) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut keys: Vec<u64> = Vec::new();
        for Ready { entry, user_name, .. } in requests.iter().map(Borrow::borrow) {
            let (status, operation, credential) = (entry.status, &*entry.operation, entry.credential_id.as_str());
            let alike = |group: &&mut Group| {
                group.status == status && group.operation == operation && group.credential == credential
            };
            match groups.iter_mut().find(alike) {
                Some(group) => group.requests += 1,
                None => groups.push(Group {
                    status,
                    operation: operation.to_owned(),
                    credential: credential.to_owned(),
                    requests: 1,
                }),
            }
            keys.extend(entry.target.as_deref().map(|target| hash(Key::Target(target))));
            // Who is read is found by the resource.
            let name = user_name.as_deref().filter(|_| operation != READS_OF_ONE);
            keys.extend(name.map(|name| hash(Key::Name(name))));
        }
        keys.sort_unstable();
        keys.dedup();
        let times = || requests.iter().map(|ready| ready.borrow().entry.at);
        let (first_at, last_at) = (times().min().unwrap_or(Timestamp(0)), times().max().unwrap_or(Timestamp(0)));
        Self { first_at, last_at, groups, keys: Keys::of(&keys) }
    }

    pub(super) fn packed(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.keys.0.len());
        put(&mut bytes, self.first_at.millis().cast_unsigned());
        put(&mut bytes, self.last_at.millis().cast_unsigned());
        put(&mut bytes, self.groups.len() as u64);
        for group in &self.groups {
            put(&mut bytes, u64::from(group.status));
            put_text(&mut bytes, "", Some(&group.operation));
            put_text(&mut bytes, "", Some(&group.credential));
            put(&mut bytes, group.requests.cast_unsigned());
        }
        bytes.extend_from_slice(&self.keys.0);
        bytes
    }

    /// # Errors
    /// Internal, if it is not whole.
    pub(super) fn read(mut bytes: &[u8]) -> Result<Self> {
        let first_at = Timestamp(take(&mut bytes)?.cast_signed());
        let last_at = Timestamp(take(&mut bytes)?.cast_signed());
        let mut groups = Vec::new();
        for _ in 0..take(&mut bytes)? {
            let status = u16::try_from(take(&mut bytes)?).unwrap_or(u16::MAX);
            let (mut operation, mut credential) = (String::new(), String::new());
            take_text(&mut bytes, &mut operation)?;
            take_text(&mut bytes, &mut credential)?;
            groups.push(Group { status, operation, credential, requests: take(&mut bytes)?.cast_signed() });
        }
        Ok(Self { first_at, last_at, groups, keys: Keys(bytes.to_vec()) })
    }
}

impl Status {
    /// Whether a status is one of them.
    pub(super) fn holds(self, status: u16) -> bool {
        match self {
            Self::Is(wanted) => status == wanted,
            Self::Error => status >= 400,
        }
    }
}

/// What a segment can be asked for.
#[derive(Clone, Copy)]
pub(super) enum Key<'k> {
    /// The id of a resource.
    Target(&'k str),
    /// The `userName` that something else than a reading of one person has, folded.
    Name(&'k str),
}

/// A Bloom filter: it may say yes to what is not there, never no to what is.
#[derive(Debug)]
pub(super) struct Keys(Vec<u8>);

impl Keys {
    fn of(hashes: &[u64]) -> Self {
        let mut bits = vec![0; (hashes.len() * BITS).div_ceil(8)];
        for hash in hashes {
            for (byte, bit) in places(*hash, bits.len()) {
                bits[byte] |= bit;
            }
        }
        Self(bits)
    }

    pub(super) fn may_hold(&self, key: Key<'_>) -> bool {
        !self.0.is_empty() && places(hash(key), self.0.len()).all(|(byte, bit)| self.0[byte] & bit != 0)
    }
}

/// The places of a hash among so many bytes: which byte, and its bit.
fn places(hash: u64, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let (first, step) = (hash & 0xffff_ffff, hash >> 32 | 1);
    (0..u64::from(PLACES)).map(move |n| {
        let place = usize::try_from((first + n * step) % (bytes as u64 * 8)).unwrap_or_default();
        (place / 8, 1 << (place % 8))
    })
}

/// FNV-1a, and a multiplication that spreads it. It stands in the database: it stays as it is.
fn hash(key: Key<'_>) -> u64 {
    let (kind, text) = match key {
        Key::Target(text) => (b't', text),
        Key::Name(text) => (b'n', text),
    };
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = text.bytes().fold(step(0xcbf2_9ce4_8422_2325, kind), step);
    (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_little_else() {
        let ids: Vec<String> = (0..500).map(|n| format!("scimu_{n:026}")).collect();
        let hashes: Vec<u64> = ids[..250].iter().map(|id| hash(Key::Target(id))).collect();
        let keys = Keys::of(&hashes);
        assert!(ids[..250].iter().all(|id| keys.may_hold(Key::Target(id))));
        let wrong = ids[250..].iter().filter(|id| keys.may_hold(Key::Target(id))).count();
        let as_names = ids[..250].iter().filter(|id| keys.may_hold(Key::Name(id))).count();
        assert!(wrong < 15 && as_names < 15, "{wrong} and {as_names} of 250");
        assert!(!Keys::of(&[]).may_hold(Key::Target("a")));
    }

    #[test]
    fn a_hash_stays_what_it_is() {
        assert_eq!(hash(Key::Target("scimu_a")), 0x077c_dacf_57f0_4ef5);
        assert_eq!(hash(Key::Name("ann@acme.example")), 0xea4a_1513_65ec_043e);
    }

    #[test]
    fn a_summary_comes_back() {
        let group = |status, requests| Group {
            status,
            operation: "user.get".to_owned(),
            credential: "scimt_a".to_owned(),
            requests,
        };
        let summary = Summary {
            first_at: Timestamp(1_714_723_000_000),
            last_at: Timestamp(1_714_723_000_250),
            groups: vec![group(200, 300), group(404, 1)],
            keys: Keys::of(&[1, 2, 3]),
        };
        let read = Summary::read(&summary.packed()).unwrap();
        assert_eq!((read.first_at, read.last_at), (summary.first_at, summary.last_at));
        assert_eq!((read.groups, read.keys.0), (summary.groups, summary.keys.0));
        assert!(Summary::read(&[]).is_err());
    }
}
