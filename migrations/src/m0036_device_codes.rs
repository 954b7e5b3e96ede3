//! Device authorization (RFC 8628): devices that wait for somebody to let them in elsewhere.

script!(UP);

// Whoever looks at a request first may decide about it. What they decided with, epoch and proof, is what the device's session
// stands on. `poll_interval` is in seconds and grows with impatience.
const UP: &str = "
CREATE TABLE device_codes (
    id TEXT NOT NULL PRIMARY KEY,
    device_code_hash TEXT NOT NULL,
    user_code_hash TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT,
    status TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT,
    proven_at BIGINT,
    second_factor TEXT,
    poll_interval BIGINT NOT NULL,
    last_polled_at BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_codes_device ON device_codes (device_code_hash);
CREATE UNIQUE INDEX device_codes_user_code ON device_codes (user_code_hash);
CREATE INDEX device_codes_user ON device_codes (user_id);
CREATE INDEX device_codes_expired ON device_codes (expires_at)
";
