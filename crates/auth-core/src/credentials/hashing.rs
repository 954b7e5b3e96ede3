//! Password hashes: argon2id as a PHC string, and Better Auth's scrypt for those who come from there.
//!
//! The two take unlike times. [`try_sign_in`] evens that out, so that how long a refusal takes says nothing about whether somebody
//! has the address and where they came from.

use std::cell::RefCell;
use std::hint::black_box;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use unicode_normalization::UnicodeNormalization as _;

use super::Verdict;
use crate::fault::{Error, Result};
use crate::settings::PasswordSettings;

/// The cost of the scrypt hashes that Better Auth makes: N = 16384, r = 16, p = 1.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 16;
const SCRYPT_P: u32 = 1;
const SCRYPT_SALT: usize = 32;
const SCRYPT_KEY: usize = 64;
/// How long the key of an argon2id hash is.
const KEY: usize = 32;

/// NFKC: the same password on two keyboards is the same password.
pub(super) fn normalize(password: &str) -> String {
    if password.is_ascii() { password.to_owned() } else { password.nfkc().collect() }
}

pub(super) fn argon2id(settings: &PasswordSettings) -> Result<Argon2<'static>> {
    let params = Params::new(settings.argon2_memory_kib, settings.argon2_iterations, settings.argon2_parallelism, None)
        .map_err(|error| Error::internal(format!("the argon2 settings cannot be used: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

pub(super) fn hash(argon2: &Argon2<'_>, password: &str, salt: &[u8]) -> Result<String> {
    let params = argon2.params();
    let mut key = [0; KEY];
    fill(argon2, password, salt, &mut key)
        .map_err(|error| Error::internal(format!("a password could not be hashed: {error}")))?;
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    Ok(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${key}"))
}

thread_local! {
    /// The memory of the last hash of this thread. To have it made anew for each would cost a tenth of the hash; a
    /// thread that has nothing to do for some seconds ends, and this with it.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

fn fill(argon2: &Argon2<'_>, password: &str, salt: &[u8], key: &mut [u8]) -> argon2::Result<()> {
    #[cfg(test)]
    tests::note(Work::Argon2id);
    MEMORY.with_borrow_mut(|memory| {
        let blocks = argon2.params().block_count();
        if memory.len() != blocks {
            *memory = vec![Block::default(); blocks];
        }
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, key, memory)
    })
}

/// Whether the password is that of an argon2id hash of the present version; `None` if it is another kind of hash.
fn is_of(parsed: &PasswordHash, stored: &str, password: &str) -> Option<bool> {
    let [salt, key] = stored.strip_prefix("$argon2id$v=19$")?.split('$').skip(1).collect::<Vec<_>>().try_into().ok()?;
    let (salt, key) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(key).ok()?);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::try_from(parsed).ok()?);
    let mut made = vec![0; key.len()];
    let done = fill(&argon2, password, &salt, &mut made);
    Some(done.is_ok() && constant_time::verify_slices_are_equal(&made, &key).is_ok())
}

/// Compares a normalized password with a stored hash. An upgrade is due if the hash is not what
/// would be made today.
pub(super) fn verify(argon2: &Argon2<'_>, stored: &str, password: &str) -> Verdict {
    if let Some((salt, key)) = scrypt_parts(stored) {
        let ok = scrypt(password, salt).is_some_and(|made| constant_time::verify_slices_are_equal(&made, &key).is_ok());
        return Verdict { ok, upgrade: true };
    }
    let Ok(parsed) = PasswordHash::new(stored) else {
        // A kind of hash that we do not know: as slow as one that we do.
        let _ = hash(argon2, password, &[0; 16]);
        return Verdict { ok: false, upgrade: false };
    };
    let ok = is_of(&parsed, stored, password)
        .unwrap_or_else(|| argon2.verify_password(password.as_bytes(), &parsed).is_ok());
    let today = parsed.algorithm.as_str() == "argon2id"
        && Params::try_from(&parsed).is_ok_and(|made| {
            let now = argon2.params();
            (made.m_cost(), made.t_cost(), made.p_cost()) == (now.m_cost(), now.t_cost(), now.p_cost())
        });
    Verdict { ok, upgrade: !today }
}

/// What was hashed for a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Argon2id,
    Scrypt,
}

impl Work {
    /// What is hashed to compare with a stored hash; and as if there were one, where there is none.
    fn of(stored: Option<&str>) -> Self {
        if stored.is_some_and(|stored| scrypt_parts(stored).is_some()) { Self::Scrypt } else { Self::Argon2id }
    }

    /// What else is hashed before the guess is refused. As long as hashes of Better Auth are `in_use` every refusal takes one of
    /// each kind: unknown, of today, or not replaced yet. The right password takes no more than itself: who has it knows
    /// that there is an account.
    fn owed(self, in_use: bool) -> Option<Self> {
        match self {
            Self::Argon2id => in_use.then_some(Self::Scrypt),
            Self::Scrypt => Some(Self::Argon2id),
        }
    }

    /// Hashes for nothing.
    fn spend(self, argon2: &Argon2<'_>, password: &str) {
        match self {
            Self::Argon2id => drop(black_box(hash(argon2, password, &[0; 16]))),
            Self::Scrypt => drop(black_box(scrypt(password, &"0".repeat(SCRYPT_SALT)).map(Vec::from))),
        }
    }
}

/// Compares what somebody gives at a sign-in, where nobody may learn from the time whether there is a hash and of which kind.
/// `in_use` says whether there are hashes of Better Auth that have not been replaced.
pub(super) fn try_sign_in(argon2: &Argon2<'_>, stored: Option<&str>, in_use: bool, password: &str) -> Verdict {
    let work = Work::of(stored);
    let verdict = if let Some(stored) = stored {
        verify(argon2, stored, password)
    } else {
        work.spend(argon2, password);
        Verdict { ok: false, upgrade: false }
    };
    if let Some(owed) = work.owed(in_use).filter(|_| !verdict.ok) {
        owed.spend(argon2, password);
    }
    verdict
}

/// Whether a stored hash is one that [`verify`] compares with: argon2id, or that of Better Auth.
pub(super) fn is_known(stored: &str) -> bool {
    scrypt_parts(stored).is_some()
        || PasswordHash::new(stored).is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2"))
}

/// `<32 hex of salt>:<128 hex of key>`. The salt goes into scrypt as the text that it is.
fn scrypt_parts(stored: &str) -> Option<(&str, Vec<u8>)> {
    let (salt, key) = stored.split_once(':')?;
    let key = hex::decode(key).ok()?;
    (salt.len() == SCRYPT_SALT && key.len() == SCRYPT_KEY && salt.bytes().all(|b| b.is_ascii_hexdigit()))
        .then_some((salt, key))
}

fn scrypt(password: &str, salt: &str) -> Option<[u8; SCRYPT_KEY]> {
    #[cfg(test)]
    tests::note(Work::Scrypt);
    let params = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).ok()?;
    let mut key = [0; SCRYPT_KEY];
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;

    thread_local! {
        /// What this thread has hashed.
        static DONE: RefCell<Vec<Work>> = const { RefCell::new(Vec::new()) };
    }

    /// Notes that something was hashed.
    pub(super) fn note(work: Work) {
        DONE.with_borrow_mut(|done| done.push(work));
    }

    use crate::settings::Settings;

    fn cheap() -> PasswordSettings {
        let mut settings = Settings::new("http://localhost", InstanceSecret::new("s")).password;
        (settings.argon2_memory_kib, settings.argon2_iterations) = (64, 1);
        settings
    }

    #[test]
    fn a_hash_verifies_its_password_only_and_is_of_the_configured_cost() {
        let argon2 = argon2id(&cheap()).unwrap();
        let hash = hash(&argon2, "correct horse", &[7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(verify(&argon2, &hash, "correct horse"), Verdict { ok: true, upgrade: false });
        assert!(!verify(&argon2, &hash, "Correct horse").ok);
        // As the library itself sees it, and with whatever a hash before has left in the memory.
        argon2.verify_password(b"correct horse", &PasswordHash::new(&hash).unwrap()).unwrap();
        assert_eq!(super::hash(&argon2, "correct horse", &[7; 16]).unwrap(), hash);
        let mut dearer = cheap();
        dearer.argon2_iterations = 2;
        assert_eq!(verify(&argon2id(&dearer).unwrap(), &hash, "correct horse"), Verdict { ok: true, upgrade: true });
    }

    #[test]
    fn a_hash_of_better_auth_is_verified_and_due_for_an_upgrade() {
        // Made by Python: hashlib.scrypt(b"correct horse battery", salt=b"000102030405060708090a0b0c0d0e0f", n=16384, r=16, p=1, dklen=64)
        let stored = concat!(
            "000102030405060708090a0b0c0d0e0f:",
            "70cc7d605f9fd0bfd324b3978bd79ee81076d98810046ed91604c3cb8aa69577",
            "61a2b0b97abf1e7c417ec4a9baa7bd1ce53449880d90dc1117c88d69b4f0b72e"
        );
        let argon2 = argon2id(&cheap()).unwrap();
        assert_eq!(verify(&argon2, stored, "correct horse battery"), Verdict { ok: true, upgrade: true });
        assert!(!verify(&argon2, stored, "correct horse batterY").ok && is_known(stored));
    }

    #[test]
    fn a_refusal_takes_the_same_work_whether_there_is_a_hash_and_of_which_kind() {
        let argon2 = argon2id(&cheap()).unwrap();
        let own = hash(&argon2, "correct horse battery", &[7; 16]).unwrap();
        let imported = concat!("000102030405060708090a0b0c0d0e0f:", include_str!("../sign_in/tests/scrypt_key.txt"));
        // Counted at the two functions that hash, in whatever order.
        let spent = |stored: Option<&str>, in_use: bool, password: &str| {
            DONE.take();
            let verdict = try_sign_in(&argon2, stored, in_use, password);
            let done = DONE.take();
            let of = |kind: Work| done.iter().filter(|work| **work == kind).count();
            (verdict.ok, of(Work::Argon2id), of(Work::Scrypt))
        };
        for stored in [None, Some("$2b$10$of another kind"), Some(own.as_str()), Some(imported)] {
            assert_eq!(spent(stored, true, "wrong"), (false, 1, 1), "{stored:?}");
        }
        // Where nothing was imported, or all of it was replaced, nobody pays for it.
        for stored in [None, Some("$2b$10$of another kind"), Some(own.as_str())] {
            assert_eq!(spent(stored, false, "wrong"), (false, 1, 0), "{stored:?}");
        }
        // One that came in since it was looked whether there are any.
        assert_eq!(spent(Some(imported), false, "wrong"), (false, 1, 1));
        // Nor does who has the password.
        assert_eq!(spent(Some(own.as_str()), true, "correct horse battery"), (true, 1, 0));
        assert_eq!(spent(Some(imported), true, "correct horse battery"), (true, 0, 1));
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        let argon2 = argon2id(&cheap()).unwrap();
        for odd in ["", ":", "$argon2id$", "plain", "zz:zz", "$2b$10$abcdefghijklmnopqrstuv"] {
            assert!(!verify(&argon2, odd, "").ok && !is_known(odd), "{odd:?}");
        }
    }

    #[test]
    fn one_password_on_two_keyboards_is_one() {
        assert_eq!(normalize("Pa\u{df}wort\u{212b}"), normalize("Pa\u{df}wort\u{c5}"));
        assert_eq!(normalize("e\u{301}"), "\u{e9}");
    }
}
