//! What a page asks for first, said with its HTML (`Link`, RFC 8288): the browser then asks for code and answers at once, and
//! not when the code that asks for them has come and been read.
//!
//! Which those are the build knows, and writes into `hints.json` beside the HTML (`web/scripts/hints.ts`). The links depend on
//! the address alone, never on who asks: what answers them looks at the credentials as always.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use serde::Deserialize;

use super::Site;

/// How long what an address names may be: ids and their like. Others get no links, and the page asks by itself.
const LONGEST: usize = 64;

/// The applications that have pages.
const APPS: [&str; 2] = ["console", "hosted"];

/// What was built into this binary, which does not change while it runs: read once.
static BUILT_IN: LazyLock<HashMap<&'static str, Hints>> =
    LazyLock::new(|| APPS.into_iter().map(|app| (app, Hints::read(&Site::default(), app))).collect());

/// The links of all pages of an application.
#[derive(Debug, Default, Deserialize)]
struct Hints {
    /// Each with whether it is asked for where the address has a query too.
    links: Vec<(String, bool)>,
    /// A path, in which `~1`, `~2`, … stand for any one part, and the places of its links.
    pages: Vec<(String, Vec<usize>)>,
}

/// The links of the page of an application at a path, in the order in which they are to be asked for; `None` without any.
pub(super) fn links(site: &Site, app: &str, path: &str, query: &str) -> Option<HeaderValue> {
    if site.is_built_in() {
        return BUILT_IN.get(app)?.links(path, query);
    }
    Hints::read(site, app).links(path, query)
}

impl Hints {
    /// What the build wrote for an application. None where it wrote nothing, or nothing that can be read: pages ask by
    /// themselves then, only later.
    fn read(site: &Site, app: &str) -> Self {
        let Some(file) = site.read(&format!("{app}/hints.json")) else { return Self::default() };
        serde_json::from_slice(&file.bytes).unwrap_or_else(|error| {
            tracing::warn!(app, %error, "hints.json cannot be read; pages are answered without naming what they ask for");
            Self::default()
        })
    }

    fn links(&self, path: &str, query: &str) -> Option<HeaderValue> {
        let (named, places) = self.pages.iter().find_map(|(page, places)| Some((named(page, path)?, places)))?;
        let there = places.iter().filter_map(|place| self.links.get(*place));
        let wanted = there.filter(|(_, always)| *always || query.is_empty());
        let fill = |link: &String| named.iter().fold(link.clone(), |link, (place, part)| link.replace(place, part));
        let filled: Vec<String> = wanted.map(|(link, _)| fill(link)).collect();
        if filled.is_empty() {
            return None;
        }
        HeaderValue::from_str(&filled.join(", ")).ok()
    }
}

/// What stands at the places of a page's path, if the path is that page's.
fn named<'a>(page: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut given = path.trim_end_matches('/').split('/');
    let mut found = Vec::new();
    for part in page.split('/') {
        let there = given.next()?;
        let stands_for_any = part.starts_with('~');
        if stands_for_any && is_name(there) {
            found.push((part, there));
        } else if stands_for_any || part != there {
            return None;
        }
    }
    given.next().is_none().then_some(found)
}

/// Whether it may stand in a link: it has nothing that a header or an address gives a meaning to.
fn is_name(part: &str) -> bool {
    (1..=LONGEST).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The pages of a folder whose hosted ones have these hints; gone with the folder.
    fn hosted(hints: &str) -> (tempfile::TempDir, Site) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("hosted")).unwrap();
        std::fs::write(folder.path().join("hosted/hints.json"), hints).unwrap();
        let site = Site::folder(folder.path().to_owned());
        (folder, site)
    }

    fn said(site: &Site, path: &str, query: &str) -> Option<String> {
        links(site, "hosted", path, query).map(|links| links.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_link_may_quote_and_costs_the_others_nothing() {
        let hints = json!({
            "links": [["</a.js>; rel=\"modulepreload\"", true], ["</o/~1>; rel=preload", true]],
            "pages": [["/sign-in", [0]], ["/o/~1", [1, 0]]],
        });
        let (_folder, site) = hosted(&hints.to_string());
        assert_eq!(said(&site, "/sign-in", "").as_deref(), Some("</a.js>; rel=\"modulepreload\""));
        let both = "</o/org_1>; rel=preload, </a.js>; rel=\"modulepreload\"";
        assert_eq!(said(&site, "/o/org_1", "x=1").as_deref(), Some(both));
        assert!(links(&site, "console", "/sign-in", "").is_none(), "that of the one application is not the other's");
    }

    #[test]
    fn where_nothing_is_to_be_asked_for_nothing_is_said() {
        let hints = json!({
            "links": [["</a>; rel=preload", false]],
            "pages": [["/device", [0]], ["/account", []], ["/gone", [7]]],
        });
        let (_folder, site) = hosted(&hints.to_string());
        assert_eq!(said(&site, "/device", "").as_deref(), Some("</a>; rel=preload"));
        for (path, query) in [("/device", "user_code=x"), ("/account", ""), ("/gone", ""), ("/unknown", "")] {
            assert_eq!(said(&site, path, query), None, "{path}?{query}");
        }
        let (_folder, site) = hosted("{ not json");
        assert_eq!(said(&site, "/device", ""), None);
    }

    #[test]
    fn a_page_is_found_by_its_path_and_names_what_is_there() {
        let page = "/console/o/~1/directories/~2";
        assert_eq!(named(page, "/console/o/org_1/directories/dir_1/"), Some(vec![("~1", "org_1"), ("~2", "dir_1")]));
        assert_eq!(named("/sign-in", "/sign-in"), Some(vec![]));
        for path in [
            "/console/o/org_1/directories",
            "/console/o/org_1/directories/",
            "/console/o/org_1/directories/dir_1/users",
            "/console/o//directories/dir_1",
            "/console/o/~1/directories/dir_1",
            "/console/o/org_1/directories/a>;rel=preload",
            "/console/o/org_1/directories/..",
            "/console/o/org_1/directories/%0d%0a",
        ] {
            assert_eq!(named(page, path), None, "{path}");
        }
        assert_eq!(named(page, &format!("/console/o/{}/directories/dir_1", "a".repeat(65))), None);
    }
}
