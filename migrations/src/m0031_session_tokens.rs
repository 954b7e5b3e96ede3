//! Signing keys have a purpose: those of session tokens are others than those by which receipts are checked.

script!(UP);

const UP: &str = "
ALTER TABLE signing_keys ADD COLUMN purpose TEXT NOT NULL DEFAULT 'instance';
DROP INDEX signing_keys_current;
CREATE UNIQUE INDEX signing_keys_current ON signing_keys (purpose, algorithm) WHERE retired_at IS NULL
";
