//! Guesses and messages that are counted for all replicas.

use auth_core::settings::{Limit, ThrottleSettings};

use super::read::Reader;

/// A month.
const LONGEST: i64 = 30 * 86_400;

/// How often is too often.
pub(super) fn settings(r: &mut Reader<'_>) -> ThrottleSettings {
    let mut limit = |max: &str| Limit {
        max: r.number(&format!("throttle.{max}"), 1, 1_000_000_000),
        window: r.number(&format!("throttle.{max}_window"), 1, LONGEST),
    };
    ThrottleSettings {
        guesses: limit("guesses"),
        account_guesses: limit("account_guesses"),
        network_guesses: limit("network_guesses"),
        messages: limit("messages"),
        recipient_messages: limit("recipient_messages"),
        network_messages: limit("network_messages"),
        sign_ups: limit("sign_ups"),
        enabled: r.flag("rate_limit.enabled"),
    }
}
