//! Telephone numbers by which people sign in.

script!(UP);

// In the form of E.164, which is how they are compared.
const UP: &str = "
ALTER TABLE users ADD COLUMN phone_number TEXT;
ALTER TABLE users ADD COLUMN phone_number_verified BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX users_phone_number ON users (phone_number)
";
