//! When a delivery that was not accepted is tried again.

use crate::clock::{Chance, Timestamp};

/// How many seconds after each failed attempt the next follows: three days in all. Each is made up to a tenth
/// shorter or longer by chance, so that what failed together does not come back together.
pub const SCHEDULE: [i64; 11] = [5, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 72_000, 86_400];

/// For how long a delivery is tried at all, in seconds. Longer than the schedule, because an endpoint that accepts
/// nothing is left in peace between attempts.
pub(super) const PATIENCE: i64 = 4 * 86_400;
/// After how long without any success an endpoint is switched off, in seconds.
pub(super) const ENDURANCE: i64 = 3 * 86_400;

/// From how many failures in a row an endpoint rests and counts as failing, and for how many seconds it rests at most.
pub(super) const TOLERATED: i64 = 3;
const LONGEST_REST: i64 = 300;

/// The milliseconds until the next attempt after that many; `None` after the last.
pub(super) fn next(attempts: i64, chance: &dyn Chance) -> Option<i64> {
    let place = usize::try_from(attempts.max(1) - 1).ok()?;
    let seconds = SCHEDULE.get(place)?;
    let mut bytes = [0; 4];
    chance.fill(&mut bytes);
    // 900 to 1100 thousandths.
    Some(seconds * (900 + i64::from(u32::from_le_bytes(bytes)) % 201))
}

/// The longest time that a receiver may put a delivery off by `Retry-After`, in seconds: a day.
const LONGEST_WAIT: i64 = 86_400;

/// For how many seconds `Retry-After` lets the endpoint itself rest at most: what else waits for it is not put off longer
/// by one answer.
pub(super) const LONGEST_PAUSE: i64 = 3_600;

/// The milliseconds that `Retry-After` (RFC 9110 10.2.3) asks for, as seconds or as a date, a day at most; `None` if it
/// cannot be read.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    let millis = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than a day too.
        text.parse::<i64>().unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT) * 1000
    } else {
        chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis().saturating_sub(now.millis())
    };
    Some(millis.clamp(0, LONGEST_WAIT * 1000))
}

/// For how many seconds an endpoint is left in peace after that many failures in a row: what it accepts is found out
/// by few attempts, not by all that wait.
pub(super) fn rest(failures: i64) -> i64 {
    let beyond = failures - TOLERATED;
    if beyond < 0 {
        return 0;
    }
    let doublings = u32::try_from(beyond.min(9)).unwrap_or_default();
    (1_i64 << doublings).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn the_schedule_grows_over_three_days_with_jitter_and_ends() {
        assert!(SCHEDULE.is_sorted());
        let whole: i64 = SCHEDULE.iter().sum();
        assert!((2 * 86_400..=3 * 86_400).contains(&whole), "{whole}");
        for (place, seconds) in SCHEDULE.iter().enumerate() {
            let attempts = i64::try_from(place).unwrap() + 1;
            let drawn: Vec<i64> = (0..50).filter_map(|_| next(attempts, &SystemChance)).collect();
            assert!(drawn.iter().all(|millis| (seconds * 900..=seconds * 1100).contains(millis)), "{drawn:?}");
            assert!(drawn.iter().any(|millis| *millis != drawn[0]), "no jitter");
        }
        assert_eq!(next(12, &SystemChance), None);
        assert_eq!(next(1_000, &SystemChance), None);
    }

    #[test]
    fn what_a_receiver_asks_for_is_read_and_bounded() {
        let now = Timestamp(1_445_412_480_000);
        for (text, millis) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(86_400_000)),
            ("90000", Some(86_400_000)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30_000)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("Wed, 21 Oct 2099 07:28:00 GMT", Some(86_400_000)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), millis, "{text:?}");
        }
    }

    #[test]
    fn an_endpoint_that_fails_rests_longer_and_never_too_long() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(rest), [0, 0, 0, 1, 2, 4]);
        assert_eq!([11, 12, i64::MAX].map(rest), [256, 300, 300]);
    }
}
