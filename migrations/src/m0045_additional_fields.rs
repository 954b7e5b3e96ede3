//! Fields that operators add to people and organizations.

script!(UP);

// JSON objects. Nearly all are empty.
const UP: &str = "
ALTER TABLE users ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE organizations ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}'
";
