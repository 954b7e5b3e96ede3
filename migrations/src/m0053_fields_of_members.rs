//! Fields that operators add to what belongs to people and organizations.

script!(UP);

// JSON objects. Nearly all are empty.
const UP: &str = "
ALTER TABLE members ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}'
";
