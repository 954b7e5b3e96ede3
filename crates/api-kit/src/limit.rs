//! Counting requests by caller and route, in bounded memory. Which routes have which rule is the
//! business of the dialects.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use auth_core::clock::Timestamp;

/// How many callers and routes a generation holds.
const CAPACITY: usize = 50_000;

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The window in seconds.
    pub window: u32,
    /// How many requests it allows.
    pub max: u32,
}

#[derive(Clone, Copy)]
struct Count {
    requests: u32,
    last: Timestamp,
}

type Key = (IpAddr, String);

/// The counters of one process. Each allowed request restarts its window, so a counter begins anew
/// only when the window passes without one; refused requests do not extend it.
///
/// Memory is bounded by two generations: what was not touched while the younger one filled up is
/// forgotten.
#[derive(Default)]
pub struct Windows(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Count>,
    old: HashMap<Key, Count>,
}

impl Windows {
    /// Counts a request.
    ///
    /// # Errors
    /// The seconds to wait, if the rule allows no more now.
    pub fn count(&self, caller: IpAddr, route: &str, rule: Rule, now: Timestamp) -> Result<(), i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (caller, route.to_owned());
        let before = all.young.get(&key).or_else(|| all.old.get(&key)).copied();
        let window = i64::from(rule.window) * 1000;
        let requests = match before {
            Some(count) if now.millis() - count.last.millis() <= window => {
                if count.requests >= rule.max {
                    let rest = count.last.millis() + window - now.millis();
                    return Err((rest + 999).div_euclid(1000).max(1));
                }
                count.requests + 1
            }
            _ => 1,
        };
        if all.young.len() >= CAPACITY && !all.young.contains_key(&key) {
            all.old = std::mem::take(&mut all.young);
        }
        all.young.insert(key, Count { requests, last: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const RULE: Rule = Rule { window: 10, max: 3 };

    #[test]
    fn the_window_slides_with_allowed_requests_only() {
        let windows = Windows::default();
        let count = |at: i64| windows.count(ME, "/sign-in/email", RULE, Timestamp(at));
        assert_eq!([count(0), count(4_000), count(8_000)], [Ok(()); 3]);
        assert_eq!(count(9_000), Err(9));
        assert_eq!(count(17_500), Err(1));
        assert_eq!(count(18_001), Ok(()));
        assert_eq!(windows.count(ME, "/other", RULE, Timestamp(9_000)), Ok(()));
    }

    #[test]
    fn a_flood_of_callers_does_not_grow_the_memory_nor_forget_the_busy() {
        let windows = Windows::default();
        for _ in 0..3 {
            windows.count(ME, "r", RULE, Timestamp(0)).unwrap();
        }
        for n in 0..u32::try_from(CAPACITY).unwrap() + 10 {
            let _ = windows.count(IpAddr::V4(Ipv4Addr::from_bits(n)), "r", RULE, Timestamp(1));
        }
        assert!(windows.count(ME, "r", RULE, Timestamp(2)).is_err());
        let all = windows.0.lock().unwrap();
        assert!(all.young.len() + all.old.len() <= 2 * CAPACITY);
    }
}
