//! How often somebody may guess, and how often somebody is written to.

/// So many acts within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub max: i64,
    /// The window, which begins with the first of them.
    pub window: i64,
}

/// What is counted for all replicas: see [`throttles`](crate::throttles).
#[derive(Clone, Debug)]
pub struct ThrottleSettings {
    /// Whether anything is.
    pub enabled: bool,
    /// Guesses of the secret of one account from one network.
    pub guesses: Limit,
    /// Guesses of the secret of one account from everywhere.
    pub account_guesses: Limit,
    /// Guesses of anybody's secrets from one network.
    pub network_guesses: Limit,
    /// Messages to one recipient that are asked for from one network.
    pub messages: Limit,
    /// Messages to one recipient that are asked for from everywhere.
    pub recipient_messages: Limit,
    /// Messages to anybody that are asked for from one network.
    pub network_messages: Limit,
    /// Sign-ups from one network.
    pub sign_ups: Limit,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        const HOUR: i64 = 3600;
        Self {
            enabled: true,
            guesses: Limit { max: 10, window: 900 },
            account_guesses: Limit { max: 100, window: 24 * HOUR },
            network_guesses: Limit { max: 200, window: HOUR },
            messages: Limit { max: 10, window: HOUR },
            recipient_messages: Limit { max: 30, window: HOUR },
            network_messages: Limit { max: 300, window: HOUR },
            sign_ups: Limit { max: 100, window: HOUR },
        }
    }
}
