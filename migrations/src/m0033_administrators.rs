//! The administrators of the instance are found without looking at everybody: before one of them is banned, locked, erased
//! or made a user, somebody looks whether there is another.

script!(UP);

const UP: &str = "
CREATE INDEX users_administrators ON users (id) WHERE role = 'admin'
";
