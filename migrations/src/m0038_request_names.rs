//! Fewer places in the index of names: reading one person is found by the id of the resource.
//!
//! Identity providers look at everybody in turn, so each place is on another page of the index, which is then written
//! as a whole. Names are still looked for among what was created, changed, or searched for.

script!(UP);

const UP: &str = "
DROP INDEX directory_requests_user_name;
CREATE INDEX directory_requests_user_name ON directory_requests (directory_id, user_name_key, id)
    WHERE user_name_key IS NOT NULL AND operation <> 'user.get'
";
