//! Sign-in by other services: flows under way, and the tokens that providers gave.

script!(UP);

// Who refreshes tokens says until when, so that a refresh token which the provider replaces is used once.
const UP: &str = "
CREATE TABLE social_flows (
    state_hash TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX social_flows_user ON social_flows (user_id);
CREATE INDEX social_flows_expired ON social_flows (expires_at);
CREATE TABLE account_tokens (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    sealed TEXT NOT NULL,
    access_token_expires_at BIGINT,
    refresh_token_expires_at BIGINT,
    refreshing_until BIGINT,
    updated_at BIGINT NOT NULL
)
";
