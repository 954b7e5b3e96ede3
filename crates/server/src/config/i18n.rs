//! The languages of errors, and their catalogs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use api_kit::Translations;
use api_kit::translations::{CatalogFault, Detection};

use super::read::Reader;

/// Reads the catalogs that are named. Every fault is told.
pub(super) fn translations(r: &mut Reader<'_>) -> Translations {
    let folder = r.optional("i18n.folder").map(PathBuf::from);
    let mut catalogs = BTreeMap::new();
    for language in r.list("i18n.languages") {
        match Translations::catalog(&language, folder.as_deref()) {
            Ok(catalog) => {
                catalogs.insert(language, catalog);
            }
            Err(CatalogFault::Missing) => r.fault(
                "i18n.languages",
                format!("there is no catalog for {language:?}"),
                "de, es and fr are built in; put others as <language>.json into i18n.folder",
            ),
            Err(CatalogFault::Unreadable(why)) => {
                r.fault("i18n.folder", format!("{language}.json: {why}"), "write an object: {\"CODE\": \"sentence\"}");
            }
        }
    }
    let default = r.optional("i18n.default_language");
    if default.as_ref().is_some_and(|default| !catalogs.contains_key(default)) {
        r.fault("i18n.default_language", "it is none of i18n.languages".to_owned(), "name one of them, or none");
    }
    let mut detection = Vec::new();
    for way in r.list("i18n.detection") {
        match way.as_str() {
            "header" => detection.push(Detection::Header),
            "cookie" => detection.push(Detection::Cookie),
            _ => r.fault("i18n.detection", format!("{way:?} is not one of them"), "write header or cookie"),
        }
    }
    Translations::new(catalogs, default, detection, r.text("i18n.cookie"))
}
