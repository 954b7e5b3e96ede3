//! The published keys of an instance, for commands that prove something without asking it: from a file, or from where
//! they are published.

use std::time::Duration;

use serde_json::Value;

use super::CommandError;

/// How long the keys may take to arrive, and how large they may be.
const PATIENCE: Duration = Duration::from_secs(15);
const LARGEST: usize = 1024 * 1024;
/// Where an instance publishes its keys.
const PUBLISHED: &str = "/.well-known/jwks.json";

/// A key set, and the instance that published it if that is known.
pub struct Keys {
    /// The JWK set.
    pub set: Value,
    /// The address of the instance, if they come from there.
    pub issuer: Option<String>,
}

/// Reads the keys of `--jwks`: a file, or an http(s) address.
pub async fn load(source: &str) -> Result<Keys, CommandError> {
    let failed = |problem: String| CommandError::Other(format!("the keys of {source}: {problem}"));
    let remote = source.starts_with("http://") || source.starts_with("https://");
    let bytes = if remote {
        fetch(source).await.map_err(|error| failed(error.to_string()))?
    } else {
        std::fs::read(source).map_err(|error| failed(error.to_string()))?
    };
    if bytes.len() > LARGEST {
        return Err(failed("they are too large".to_owned()));
    }
    let set: Value = serde_json::from_slice(&bytes).map_err(|_| failed("they are no JSON".to_owned()))?;
    if !set["keys"].is_array() {
        return Err(failed("they are no JWK set".to_owned()));
    }
    Ok(Keys { set, issuer: source.strip_suffix(PUBLISHED).filter(|_| remote).map(str::to_owned) })
}

async fn fetch(address: &str) -> Result<Vec<u8>, reqwest::Error> {
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    Ok(client.get(address).send().await?.error_for_status()?.bytes().await?.to_vec())
}
