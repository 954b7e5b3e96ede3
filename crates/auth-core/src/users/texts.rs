//! How long the texts of a person may be. Whoever lengthens one thinks of the lists that show it.

use super::{UsersFault, email};
use crate::fault::Result;

/// Longest name, in UTF-16 code units as JavaScript counts.
const NAME: usize = 256;
/// Longest external id.
const EXTERNAL_ID: usize = 256;
/// Longest image address.
const IMAGE_URL: usize = 4096;
/// Longest image that is inside its address.
const IMAGE_DATA: usize = 64 * 1024;
/// Longest reason of a ban.
const REASON: usize = 1024;
/// Longest metadata, as JSON.
const METADATA: usize = 64 * 1024;

/// No control characters but blanks: they have no place in a name, and PostgreSQL stores no NUL.
fn is_text(text: &str, longest: usize) -> bool {
    text.encode_utf16().count() <= longest && !text.chars().any(|c| c.is_control() && c != '\t')
}

pub(crate) fn check_name(name: &str) -> Result<()> {
    if is_text(name, NAME) { Ok(()) } else { Err(UsersFault::InvalidName.into()) }
}

pub(super) fn check_optional_name(name: Option<&String>) -> Result<()> {
    name.map_or(Ok(()), |name| check_name(name))
}

pub(super) fn check_email(address: &str) -> Result<()> {
    if email::is_plausible(address) { Ok(()) } else { Err(UsersFault::InvalidEmail.into()) }
}

pub(super) fn check_external_id(id: Option<&String>) -> Result<()> {
    if id.is_none_or(|id| is_text(id, EXTERNAL_ID)) { Ok(()) } else { Err(UsersFault::InvalidExternalId.into()) }
}

pub(super) fn check_reason(reason: Option<&str>) -> Result<()> {
    let ok = reason.is_none_or(|text| text.encode_utf16().count() <= REASON && !text.contains('\0'));
    if ok { Ok(()) } else { Err(UsersFault::InvalidReason.into()) }
}

pub(super) fn check_role(role: &str) -> Result<()> {
    if matches!(role, "user" | "admin") { Ok(()) } else { Err(UsersFault::UnknownRole.into()) }
}

/// An image is an http(s) address or a data image; anything else could run in the page that shows it.
pub(super) fn check_image(image: Option<&String>) -> Result<()> {
    let Some(image) = image else { return Ok(()) };
    let scheme = image.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let ok = match scheme.as_str() {
        "http" | "https" => image.len() <= IMAGE_URL && url::Url::parse(image).is_ok_and(|url| url.has_host()),
        "data" => {
            let media = image.get(5..).unwrap_or_default().split([';', ',']).next().unwrap_or_default();
            image.len() <= IMAGE_DATA && image.contains(',') && media.to_ascii_lowercase().starts_with("image/")
        }
        _ => false,
    };
    let clean = !image.chars().any(char::is_control);
    if ok && clean { Ok(()) } else { Err(UsersFault::InvalidImage.into()) }
}

/// The JSON text of an object, if it is not too long.
pub(super) fn metadata(object: &serde_json::Map<String, serde_json::Value>) -> Result<String> {
    let text = serde_json::to_string(object)?;
    // A NUL inside a JSON text is written as an escape, so the stored text never holds one.
    if text.len() <= METADATA { Ok(text) } else { Err(UsersFault::MetadataTooLarge.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_could_run_are_refused() {
        for good in ["https://x.example/a.png", "data:image/png;base64,AAAA", "HTTP://x/a"] {
            assert!(check_image(Some(&good.to_owned())).is_ok(), "{good}");
        }
        for bad in
            ["javascript:alert(1)", "data:text/html,<p>", "/a.png", "", "https://", "https://x\0y/", "data:image/png"]
        {
            assert!(check_image(Some(&bad.to_owned())).is_err(), "{bad:?}");
        }
        assert!(check_image(Some(&format!("https://x/{}", "a".repeat(5000)))).is_err());
    }

    #[test]
    fn names_have_a_length_and_no_control_characters() {
        assert!(check_name(&"ä".repeat(256)).is_ok());
        assert!(check_name(&"ä".repeat(257)).is_err() && check_name("a\0b").is_err() && check_name("a\nb").is_err());
        assert!(check_name(&"😀".repeat(129)).is_err());
    }
}
