//! Ways in beside the password: codes that are mailed, user names, people without an address.

script!(UP);

// A username is kept folded: it is the key itself. How its owner writes it is beside it.
const UP: &str = "
CREATE TABLE verification_codes (
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    attempts BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, subject)
);
CREATE INDEX verification_codes_user ON verification_codes (user_id);
CREATE INDEX verification_codes_expired ON verification_codes (expires_at);
ALTER TABLE users ADD COLUMN username TEXT;
ALTER TABLE users ADD COLUMN display_username TEXT;
ALTER TABLE users ADD COLUMN is_anonymous BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX users_username ON users (username)
";
