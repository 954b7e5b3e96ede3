//! When a delivery that was not accepted is tried again.

use crate::clock::Chance;

/// How many seconds after each failed attempt the next follows: three days in all. Each is made up to a tenth
/// shorter or longer by chance, so that what failed together does not come back together.
pub const SCHEDULE: [i64; 11] = [5, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 72_000, 86_400];

/// For how long a delivery is tried at all, in seconds. Longer than the schedule, because an endpoint that accepts
/// nothing is left in peace between attempts.
pub(super) const PATIENCE: i64 = 4 * 86_400;
/// After how long without any success an endpoint is switched off, in seconds.
pub(super) const ENDURANCE: i64 = 3 * 86_400;

/// From how many failures in a row an endpoint rests, and for how many seconds at most.
const TOLERATED: i64 = 3;
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
    fn an_endpoint_that_fails_rests_longer_and_never_too_long() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(rest), [0, 0, 0, 1, 2, 4]);
        assert_eq!([11, 12, i64::MAX].map(rest), [256, 300, 300]);
    }
}
