//! Forgetting people who were erased, once more: the end of a request log a second time, for requests that were under way;
//! what fails is put off; what imports have of somebody is found; and an address that was mailed is known for a day.

script!(UP);

const UP: &str = "
ALTER TABLE directory_erasures ADD COLUMN again BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE directory_erasures ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
UPDATE directory_erasures SET due_at = created_at;
DROP INDEX directory_erasures_created_at;
CREATE INDEX directory_erasures_due_at ON directory_erasures (due_at, directory_id, user_id);
CREATE INDEX directory_import_entries_user_id ON directory_import_entries (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE invitation_marks (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    mark TEXT NOT NULL,
    mailed_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, mark)
);
CREATE INDEX invitation_marks_mailed_at ON invitation_marks (mailed_at)
";
