//! Sessions in which an administrator acts as somebody else end with that administrator's access.

script!(UP);

/// The administrator's epoch when the session was opened.
const UP: &str = "ALTER TABLE sessions ADD COLUMN impersonator_epoch BIGINT";
