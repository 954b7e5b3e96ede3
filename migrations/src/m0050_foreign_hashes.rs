//! Which passwords are still hashed as they were where their owners came from: asked by every sign-in, so that a refusal takes as
//! long for them as for everybody else.

script!(UP);

// Hashes of our own begin with a dollar sign. The index is as small as they are few, and empty where nobody was imported.
const UP: &str = "
CREATE INDEX accounts_foreign_hash ON accounts (password_hash) WHERE substr(password_hash, 1, 1) <> '$'
";
