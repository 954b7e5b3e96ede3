//! `portico openapi`: the documents, without a database or a configuration.

use std::io::Write as _;
use std::path::Path;

use super::CommandError;
use crate::openapi::{DIALECTS, joined, pretty};

pub(super) fn run(write: bool) -> Result<(), CommandError> {
    if !write {
        std::io::stdout().write_all(pretty(&joined()).as_bytes())?;
        return Ok(());
    }
    for dialect in &DIALECTS {
        let folder = Path::new(dialect.file).parent().unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(CommandError::Other(format!(
                "there is no folder {}; run this at the top of Portico's source tree",
                folder.display()
            )));
        }
        std::fs::write(dialect.file, dialect.committed())?;
        eprintln!("portico: wrote {}", dialect.file);
    }
    Ok(())
}
