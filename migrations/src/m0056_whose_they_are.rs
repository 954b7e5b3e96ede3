//! Whose they are: codes for what is not anybody's yet, such as a telephone number that is to be somebody's, go with who has
//! asked for them; and requests of a directory to whom something happened by them that were about something else.

script!(UP);

// No foreign key, as of the requests.
const UP: &str = "
ALTER TABLE verification_codes ADD COLUMN asked_by TEXT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX verification_codes_asked_by ON verification_codes (asked_by) WHERE asked_by IS NOT NULL;

CREATE TABLE directory_request_people (
    directory_id TEXT NOT NULL,
    directory_user_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, directory_user_id, request_id)
);
CREATE INDEX directory_request_people_request ON directory_request_people (directory_id, request_id)
";
