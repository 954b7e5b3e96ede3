//! What a page asks for first, said with its HTML (`Link`, RFC 8288): the browser then asks for code and answers at once, and
//! not when the code that asks for them has come and been read.
//!
//! Which those are the build knows, and writes into `hints.json` beside the HTML (`web/scripts/hints.ts`). The links depend on
//! the address alone, never on who asks: what answers them looks at the credentials as always.

use actix_web::http::header::HeaderValue;
use serde::Deserialize;

use super::Site;

/// How long what an address names may be: ids and their like. Others get no links, and the page asks by itself.
const LONGEST: usize = 64;

/// The links of all pages of an application.
#[derive(Deserialize)]
struct Hints<'a> {
    /// Each with whether it is asked for where the address has a query too.
    #[serde(borrow)]
    links: Vec<(&'a str, bool)>,
    /// A path, in which `~1`, `~2`, … stand for any one part, and the places of its links.
    #[serde(borrow)]
    pages: Vec<(&'a str, Vec<usize>)>,
}

/// The links of the page of an application at a path, in the order in which they are to be asked for; `None` without any.
pub(super) fn links(site: &Site, app: &str, path: &str, query: &str) -> Option<HeaderValue> {
    let file = site.read(&format!("{app}/hints.json"))?;
    let Hints { links, pages } = serde_json::from_slice(&file.bytes).ok()?;
    let (named, places) = pages.iter().find_map(|(page, places)| Some((named(page, path)?, places)))?;
    let wanted = places.iter().filter_map(|place| links.get(*place)).filter(|(_, always)| *always || query.is_empty());
    let filled =
        wanted.map(|(link, _)| named.iter().fold((*link).to_owned(), |link, (place, part)| link.replace(place, part)));
    HeaderValue::from_str(&filled.collect::<Vec<_>>().join(", ")).ok()
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
    use super::*;

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
