//! Fields that operators add to sessions.

script!(UP);

// A JSON object, and nothing where there are none: the row is read by every request that carries a session.
const UP: &str = "ALTER TABLE sessions ADD COLUMN additional_fields TEXT";
