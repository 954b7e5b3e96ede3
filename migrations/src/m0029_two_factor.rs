//! Second factors: what people prove themselves with besides the first, what they are asked at a sign-in, and the devices
//! that they trust.

script!(UP);

// `last_step` is the time step (RFC 6238) of the last code that was accepted: an older one, or the same, never is again.
// `app_only` says that whoever reads the mailbox has changed the password or the address with it since the app was last shown.
// A code that was mailed belongs to the challenge or to the session for which it was asked (`holder`), which it may
// outlive; so it refers to the person only.
const UP: &str = "
ALTER TABLE users ADD COLUMN two_factor_enabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN second_factor TEXT;
ALTER TABLE organizations ADD COLUMN require_two_factor BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE two_factors (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    totp_secret TEXT,
    totp_verified BOOLEAN NOT NULL DEFAULT FALSE,
    last_step BIGINT NOT NULL DEFAULT 0,
    app_only BOOLEAN NOT NULL DEFAULT FALSE,
    failures BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE two_factor_backup_codes (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);
CREATE TABLE two_factor_challenges (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT NOT NULL,
    method TEXT NOT NULL,
    remember BOOLEAN NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX two_factor_challenges_user ON two_factor_challenges (user_id);
CREATE INDEX two_factor_challenges_expired ON two_factor_challenges (expires_at);
CREATE TABLE two_factor_codes (
    holder TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    sent BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX two_factor_codes_user ON two_factor_codes (user_id);
CREATE INDEX two_factor_codes_expired ON two_factor_codes (expires_at);
CREATE TABLE two_factor_tries (
    session_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tries BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX two_factor_tries_user ON two_factor_tries (user_id);
CREATE INDEX two_factor_tries_expired ON two_factor_tries (expires_at);
CREATE TABLE trusted_devices (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT NOT NULL,
    ip_address TEXT,
    user_agent TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX trusted_devices_user ON trusted_devices (user_id);
CREATE INDEX trusted_devices_expired ON trusted_devices (expires_at)
";
