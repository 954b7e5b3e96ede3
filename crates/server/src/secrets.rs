//! The instance's secret: as configured, or generated on the first start and kept in the data folder.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use auth_core::clock::SystemChance;
use auth_core::secret::{InstanceSecret, random_text};

use crate::compose::Fault;
use crate::config::Config;

/// Characters of a generated secret: 256 random bits and more.
const LENGTH: usize = 48;

/// The secret of the configured instance.
///
/// # Errors
/// If the file of the generated one cannot be read or made.
pub fn instance(config: &Config) -> Result<InstanceSecret, Fault> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone());
    }
    let file = config.server.data.join("secret");
    kept(&config.server.data, &file)
        .map_err(|error| Fault::File(format!("the instance's secret in {}", file.display()), error))
}

fn kept(folder: &Path, file: &Path) -> std::io::Result<InstanceSecret> {
    private_folder(folder)?;
    match read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => generate(folder, file)?,
        other => return other,
    }
    read(file)
}

fn read(file: &Path) -> std::io::Result<InstanceSecret> {
    let mut text = String::new();
    File::open(file)?.read_to_string(&mut text)?;
    let text = text.trim();
    if text.len() < 32 {
        return Err(std::io::Error::new(
            ErrorKind::InvalidData,
            "it is shorter than 32 characters; restore it from a backup, or remove it to lose what it sealed and have a new one made",
        ));
    }
    Ok(InstanceSecret::new(text))
}

/// Writes a new secret beside the file and links it there, so that of several processes that start at once all go
/// on with the same one, and a crash leaves a whole file or none.
fn generate(folder: &Path, file: &Path) -> std::io::Result<()> {
    let draft = folder.join(format!("secret.{}", random_text(&SystemChance, 12)));
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(out, "{}", random_text(&SystemChance, LENGTH))?;
    out.sync_all()?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => {
            other?;
            File::open(folder)?.sync_all()?;
            tracing::info!(file = %file.display(), "a secret was generated; keep a copy of it, and give the same to every replica");
            Ok(())
        }
    }
}

/// Makes a folder that only its owner may enter, if there is none.
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, file) = (folder.path().join("data"), folder.path().join("data/secret"));
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| kept(&folder, &file).unwrap().sign("x"))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|signature| *signature == made[0]));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "a draft was left");
    }

    #[test]
    fn a_file_that_was_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "short").unwrap();
        assert!(kept(folder.path(), &file).is_err());
    }
}
