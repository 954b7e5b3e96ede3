//! Fields that operators add to invitations, teams and roles of organizations.

script!(UP);

// JSON objects. Nearly all are empty.
const UP: &str = "
ALTER TABLE invitations ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE teams ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE roles ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}'
";
