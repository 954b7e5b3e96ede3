//! Extension schemas of a directory's own.

script!(UP);

const UP: &str = "
ALTER TABLE directories ADD COLUMN schemas_version BIGINT NOT NULL DEFAULT 0;
CREATE TABLE directory_schemas (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    urn_key TEXT NOT NULL,
    urn TEXT NOT NULL,
    kind TEXT NOT NULL,
    definition TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, urn_key)
)
";
