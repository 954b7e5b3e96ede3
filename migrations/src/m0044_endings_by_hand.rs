//! Which limits of an API key a back end set, so that the key's owner does not lift them; and in which session somebody
//! let a device in, so that it ends with that. How often in a row a second factor was locked.

script!(UP);

const UP: &str = "
ALTER TABLE api_keys ADD COLUMN disabled_by_platform BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE api_keys ADD COLUMN expiry_by_platform BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE device_codes ADD COLUMN session_id TEXT;
ALTER TABLE two_factors ADD COLUMN locks BIGINT NOT NULL DEFAULT 0
";
