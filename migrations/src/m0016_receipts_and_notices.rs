//! Receipts by person, drift reports, notices about credentials.

script!(UP);

const UP: &str = "
CREATE INDEX receipts_directory ON receipts (directory_id, created_at, id);
CREATE INDEX receipts_user ON receipts (user_id, created_at, id) WHERE user_id IS NOT NULL;

CREATE INDEX directory_oauth_grants_user ON directory_oauth_grants (user_id);
CREATE INDEX directory_oauth_codes_user ON directory_oauth_codes (user_id);
CREATE INDEX secret_keys_created_by ON secret_keys (created_by) WHERE created_by IS NOT NULL AND revoked_at IS NULL;
ALTER TABLE secret_keys ADD COLUMN last_used_ip TEXT;
ALTER TABLE secret_keys ADD COLUMN last_used_user_agent TEXT;

ALTER TABLE directory_credentials ADD COLUMN expiry_notice BIGINT;
ALTER TABLE directory_credentials ADD COLUMN unused_notice_at BIGINT;
CREATE INDEX directory_credentials_expiring ON directory_credentials (expires_at)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL
";
