//! `portico migrate`.

use super::CommandError;
use crate::compose;
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let db = compose::connect(config).await?;
    let done = compose::migrate(&db).await?;
    db.close().await?;
    eprintln!("portico: {done} migrations ran; the schema is up to date");
    Ok(())
}
