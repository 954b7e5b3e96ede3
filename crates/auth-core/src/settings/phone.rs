//! Telephone numbers.

/// Telephone numbers to sign in with.
#[derive(Clone, Debug)]
pub struct PhoneNumberSettings {
    /// Whether there are such numbers.
    pub enabled: bool,
    /// Whether a code makes an account, where strangers may sign up.
    pub sign_up: bool,
    /// How many digits a code has.
    pub length: usize,
    /// How long a code lives.
    pub expires_in: i64,
    /// How often one may err before there is no code any more.
    pub attempts: i64,
    /// What numbers begin with that are sent to; empty: any will do.
    pub prefixes: Vec<String>,
}

impl Default for PhoneNumberSettings {
    fn default() -> Self {
        Self { enabled: false, sign_up: false, length: 6, expires_in: 300, attempts: 3, prefixes: Vec::new() }
    }
}
