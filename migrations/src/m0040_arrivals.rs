//! What was taken over from another system, so that taking it over again brings nothing back that has ended here since.

script!(UP);

// The ids say nothing about anybody: they stay when what they named is erased, or else it would come back.
const UP: &str = "
CREATE TABLE arrivals (
    kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    arrived_at BIGINT NOT NULL,
    PRIMARY KEY (kind, source_id)
)
";
