//! Where the files of the pages come from: out of the binary, or out of a folder.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest;

/// What `npm run build` makes in `web/`, which a release carries inside. It may not have been there at all.
#[cfg(not(debug_assertions))]
#[derive(rust_embed::RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// The files of the pages.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The folder that is read instead of what was built in.
    folder: Option<PathBuf>,
}

/// A file and its digest.
#[derive(Debug)]
pub(super) struct File {
    /// What is in it.
    pub bytes: Cow<'static, [u8]>,
    /// What tells it from any other: half of its SHA-256, in hexadecimal.
    pub digest: String,
}

impl Site {
    /// The pages that were built into this binary. A debug build reads them from the source tree each time: a change of
    /// a page needs no build of the server, and pages may be built after it.
    #[must_use]
    pub fn built() -> Self {
        let folder = cfg!(debug_assertions).then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist"));
        Self { folder }
    }

    /// The pages of a folder laid out as `web/dist` is. They are read each time.
    #[must_use]
    pub const fn folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Whether they are those of this binary, which do not change while it runs.
    pub(super) const fn is_built_in(&self) -> bool {
        self.folder.is_none()
    }

    /// The file of that path, which never leads out of the folder.
    pub(super) fn read(&self, path: &str) -> Option<File> {
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        let hidden = path.split('/').any(|part| part.is_empty() || part.starts_with('.'));
        if !plain || hidden || path.contains(['\0', '\\']) {
            return None;
        }
        if let Some(folder) = &self.folder {
            let bytes = std::fs::read(folder.join(path)).ok()?;
            let digest = hex::encode(&digest::digest(&digest::SHA256, &bytes).as_ref()[..16]);
            return Some(File { bytes: bytes.into(), digest });
        }
        embedded(path)
    }
}

#[cfg(not(debug_assertions))]
fn embedded(path: &str) -> Option<File> {
    let file = <Built as rust_embed::RustEmbed>::get(path)?;
    Some(File { bytes: file.data, digest: hex::encode(&file.metadata.sha256_hash()[..16]) })
}

#[cfg(debug_assertions)]
const fn embedded(_path: &str) -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.js"), "secret").unwrap();
        std::fs::create_dir(folder.path().join("dist")).unwrap();
        std::fs::write(folder.path().join("dist/open.js"), "open").unwrap();
        std::fs::write(folder.path().join("dist/.hidden"), "hidden").unwrap();
        let site = Site::folder(folder.path().join("dist"));
        assert_eq!(&*site.read("open.js").unwrap().bytes, b"open");
        let absolute = folder.path().join("secret.js");
        for path in ["../secret.js", "x/../../secret.js", "./open.js", ".hidden", "", "/", "a//b", "..\\secret.js", "."]
        {
            assert!(site.read(path).is_none(), "{path}");
        }
        assert!(site.read(absolute.to_str().unwrap()).is_none());
    }
}
