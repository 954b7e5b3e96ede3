//! How somebody's second factors look.

use auth_core::clock::Timestamp;
use auth_core::ids::UserId;
use auth_core::two_factor::Overview;
use serde::Serialize;
use utoipa::ToSchema;

/// How somebody is protected, without anything that protects them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserSecondFactors, example = json!({
    "object": "user_second_factors", "user_id": "user_01h455vb4pex5vsknk084sn02q", "enabled": true,
    "methods": ["totp", "otp"], "backup_codes_remaining": 9, "passkeys_count": 1, "trusted_devices_count": 0,
    "locked_until": null
}))]
pub struct SecondFactorsOut {
    /// Always `user_second_factors`.
    object: &'static str,
    user_id: String,
    /// Whether a second factor is asked for at a sign-in.
    enabled: bool,
    /// `totp` (codes of an app), `otp` (codes by mail).
    methods: Vec<&'static str>,
    #[schema(minimum = 0)]
    backup_codes_remaining: i64,
    /// Each is two factors at once.
    #[schema(minimum = 0)]
    passkeys_count: i64,
    /// Devices on which no code is asked for.
    #[schema(minimum = 0)]
    trusted_devices_count: i64,
    /// Until when no code is tried, after too many wrong ones.
    locked_until: Option<i64>,
}

impl SecondFactorsOut {
    pub fn new(user: &UserId, found: &Overview) -> Self {
        let methods = [("totp", found.app), ("otp", found.codes_by_mail)];
        Self {
            object: "user_second_factors",
            user_id: user.to_string(),
            enabled: found.enabled,
            methods: methods.into_iter().filter_map(|(name, there)| there.then_some(name)).collect(),
            backup_codes_remaining: found.backup_codes,
            passkeys_count: found.passkeys,
            trusted_devices_count: found.trusted_devices,
            locked_until: found.locked_until.map(Timestamp::millis),
        }
    }
}
