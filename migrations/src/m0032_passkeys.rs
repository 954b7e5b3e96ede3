//! Passkeys: keys of people that never leave their devices.

script!(UP);

// A credential is one person's in the whole instance. `credential` is what verifies it, `public_key` the key as it came.
const UP: &str = "
CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_handle TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    credential TEXT NOT NULL,
    public_key TEXT NOT NULL,
    name TEXT,
    aaguid TEXT NOT NULL,
    transports TEXT,
    sign_count BIGINT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id, created_at)
";
