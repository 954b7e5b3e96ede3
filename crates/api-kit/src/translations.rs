//! What errors say in other languages, by their code (Better Auth's plugin i18n).
//!
//! German, French and Spanish are built in, in the words of the hosted pages; an operator's own catalogs come before them.
//! A code without a translation keeps its English sentence.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

use crate::cookies::values;

/// Sentences by code.
pub type Catalog = HashMap<String, String>;

const BUILT_IN: &[(&str, &str)] = &[
    ("de", include_str!("../locales/de.json")),
    ("es", include_str!("../locales/es.json")),
    ("fr", include_str!("../locales/fr.json")),
];

/// The language in which this program speaks by itself.
const OWN: &str = "en";

/// By what somebody's language is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// `Accept-Language` (RFC 9110 section 12.5.4), by language without region.
    Header,
    /// A cookie that the portal sets.
    Cookie,
}

/// The catalogs of an instance. None: everything stays English.
#[derive(Clone, Debug, Default)]
pub struct Translations {
    catalogs: BTreeMap<String, Catalog>,
    default: Option<String>,
    detection: Vec<Detection>,
    cookie: String,
}

/// What is wrong with a catalog, for whoever configures it.
#[derive(Debug, PartialEq, Eq)]
pub enum CatalogFault {
    /// There is none in the folder, and none built in.
    Missing,
    /// It cannot be read, or is no JSON object of texts.
    Unreadable(String),
}

impl Translations {
    /// Those of the named languages. `default` is spoken to whoever asks for none of them.
    #[must_use]
    pub fn new(
        catalogs: BTreeMap<String, Catalog>,
        default: Option<String>,
        detection: Vec<Detection>,
        cookie: String,
    ) -> Self {
        Self { catalogs, default, detection, cookie }
    }

    /// The catalog of a language: what is built in, and over it what `folder` has in `<language>.json`.
    ///
    /// # Errors
    /// A fault for whoever configures it.
    pub fn catalog(language: &str, folder: Option<&Path>) -> Result<Catalog, CatalogFault> {
        let built_in = BUILT_IN.iter().find(|(name, _)| *name == language).map(|(_, text)| parse(text)).transpose()?;
        let path = folder.map(|folder| folder.join(format!("{language}.json"))).filter(|path| path.exists());
        let own = match path {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| CatalogFault::Unreadable(error.to_string()))?;
                Some(parse(&text)?)
            }
            None => None,
        };
        if built_in.is_none() && own.is_none() && language != OWN {
            return Err(CatalogFault::Missing);
        }
        let mut catalog = built_in.unwrap_or_default();
        catalog.extend(own.unwrap_or_default());
        Ok(catalog)
    }

    /// Whether nothing is ever translated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.catalogs.is_empty()
    }

    /// The sentence for a code in the language of whoever asks, and that language.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap, code: &str) -> Option<(&str, &str)> {
        let wanted = self.detection.iter().find_map(|way| match way {
            Detection::Header => self.by_header(headers),
            Detection::Cookie => values(headers, &self.cookie).find_map(|value| self.of(value)),
        });
        let language = wanted.or(self.default.as_ref())?;
        Some((language, self.catalogs.get(language)?.get(code)?))
    }

    /// The language of a tag, whatever its case (RFC 5646, 2.1.1) and its region.
    fn of(&self, tag: &str) -> Option<&String> {
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        self.catalogs.get_key_value(&primary).map(|(language, _)| language)
    }

    /// The most wanted of the languages that there are; of equally wanted ones the first.
    fn by_header(&self, headers: &HeaderMap) -> Option<&String> {
        let mut best: Option<(f32, &String)> = None;
        for range in headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?.split(',').take(32) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.parse::<f32>().ok());
            let (Some(weight), Some(language)) = (weight, self.of(tag)) else { continue };
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

fn parse(text: &str) -> Result<Catalog, CatalogFault> {
    serde_json::from_str(text).map_err(|error| CatalogFault::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderValue};

    use super::*;

    fn translations(detection: Vec<Detection>) -> Translations {
        let catalogs = ["en", "de", "fr"].map(|name| (name.to_owned(), Translations::catalog(name, None).unwrap()));
        Translations::new(catalogs.into(), None, detection, "locale".to_owned())
    }

    fn asking(language: &'static str, cookie: &'static str) -> HeaderMap {
        [(ACCEPT_LANGUAGE, HeaderValue::from_static(language)), (COOKIE, HeaderValue::from_static(cookie))]
            .into_iter()
            .collect()
    }

    #[test]
    fn the_most_wanted_language_that_there_is_answers() {
        let all = translations(vec![Detection::Header]);
        for (header, spoken) in [
            ("de", Some("de")),
            ("de-AT, en;q=0.5", Some("de")),
            ("it, FR-be;q=0.3", Some("fr")),
            ("fr;q=0.4, de;q=0.9", Some("de")),
            ("de;q=0, fr", Some("fr")),
            ("de;q=high", None),
            ("it", None),
            ("", None),
            // English has no catalog: our own sentences are English.
            ("en, de;q=0.9", None),
        ] {
            let found = all.find(&asking(header, ""), "INVALID_PASSWORD").map(|(language, _)| language);
            assert_eq!(found, spoken, "{header:?}");
        }
        assert_eq!(all.find(&asking("de", ""), "NO_SUCH_CODE"), None);
    }

    #[test]
    fn ways_are_asked_in_their_order() {
        let all = translations(vec![Detection::Cookie, Detection::Header]);
        let spoken = |cookie| all.find(&asking("de", cookie), "INVALID_PASSWORD").map(|(language, _)| language);
        assert_eq!(spoken("a=b; locale=fr"), Some("fr"));
        assert_eq!((spoken("locale=FR"), spoken("locale=fr-CA")), (Some("fr"), Some("fr")));
        assert_eq!(spoken("locale=xx"), Some("de"));
        assert_eq!(Translations::default().find(&asking("de", ""), "INVALID_PASSWORD"), None);
    }

    #[test]
    fn a_language_nobody_has_written_is_a_fault() {
        assert_eq!(Translations::catalog("tlh", None), Err(CatalogFault::Missing));
    }
}
