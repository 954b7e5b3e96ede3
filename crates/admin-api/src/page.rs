//! Lists: how callers ask for a part of one, and how it is answered. Query parameters are read here
//! and nowhere else.

use actix_web::http::StatusCode;
use api_kit::percent;
use auth_core::clock::Timestamp;
use auth_core::db::{Columns, Listed, Part, Place};
use auth_core::ids::Id;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, FieldFault};
use crate::role;

/// How many entries a page has if the caller does not say.
const DEFAULT_LIMIT: u64 = 10;
/// How many entries a page has at most.
const MAX_LIMIT: u64 = 500;
/// Longest search text, in bytes.
const MAX_TEXT: usize = 320;

/// Part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// How many there are in all.
    #[schema(minimum = 0, example = 1)]
    pub total_count: i64,
}

/// Part of a list that can be read on from where it ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct CursorPage<T> {
    /// The entries.
    pub data: Vec<T>,
    /// How many there are in all, whatever the cursor.
    #[schema(minimum = 0, example = 1)]
    pub total_count: i64,
    /// What to give as `cursor` to read on in the same order; null at the end, and in other orders than that of
    /// `created_at`.
    #[schema(example = "1714723000000.user_01h455vb4pex5vsknk084sn02q")]
    pub next_cursor: Option<String>,
}

impl<T> CursorPage<T> {
    /// What was found. `place`: where an entry stands, as instant and id.
    pub fn new<E>(found: Listed<E>, order: &str, place: impl Fn(&E) -> Place, show: impl FnMut(E) -> T) -> Self {
        let next_cursor = next_cursor(&found, order, place);
        Self { data: found.entries.into_iter().map(show).collect(), total_count: found.total, next_cursor }
    }
}

/// Where to read on from; `None` at the end, and in an order that has no cursors.
pub fn next_cursor<E>(found: &Listed<E>, order: &str, place: impl Fn(&E) -> Place) -> Option<String> {
    let last = found.entries.last().filter(|_| found.more && order == "created_at");
    last.map(place).map(|Place { at, id }| format!("{}.{id}", at.millis()))
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// At most so many entries.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

impl Paging {
    /// This part of a list that is there as a whole.
    pub fn cut<T>(self, all: Vec<T>) -> impl Iterator<Item = T> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        all.into_iter().skip(size(self.offset)).take(size(self.limit))
    }
}

/// What is wanted of a list that is there as a whole.
pub struct Cut {
    paging: Paging,
    search: Option<String>,
    /// By which of the words, and whether ascending; in the list's own order if nobody says.
    order: Option<(usize, bool)>,
}

impl Cut {
    /// What such a list can be ordered by: the first two words of an entry.
    const ORDERS: [&'static str; 2] = ["key", "name"];
}

/// The order of such lists, as it is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct KeyOrder {
    /// `key` or `name`, with `-` in front for descending.
    #[param(pattern = "^[-+]?(key|name)$", example = "name")]
    order_by: Option<String>,
}

/// Part of a list that is there as a whole: searched through the words of each entry, ordered by one of them if that is
/// said, and cut.
pub fn cut<T>(mut all: Vec<T>, query: &Cut, words: impl Fn(&T) -> [&str; 3]) -> Page<T> {
    if let Some(text) = &query.search {
        let text = text.to_lowercase();
        all.retain(|entry| words(entry).iter().any(|word| word.to_lowercase().contains(&text)));
    }
    if let Some((by, ascending)) = query.order {
        all.sort_by(|a, b| {
            let way = words(a)[by].cmp(words(b)[by]);
            if ascending { way } else { way.reverse() }
        });
    }
    let total_count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    Page { data: query.paging.cut(all).collect(), total_count }
}

/// The order of lists that know no other, as it is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct CreatedOrder {
    /// `created_at`, or `-created_at` for descending, which it is if it is left out.
    #[param(pattern = "^[-+]?created_at$", example = "-created_at")]
    order_by: Option<String>,
}

/// How a search is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct Search {
    /// Those that have this text somewhere in what they are called or known by.
    #[param(max_length = 320)]
    query: Option<String>,
}

/// The order of lists of what has a name.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct NameOrder {
    /// `created_at` or `name`, with `-` in front for descending.
    #[param(pattern = "^[-+]?(created_at|name)$", example = "name")]
    order_by: Option<String>,
}

/// How a place to read on from is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct CursorParam {
    /// Those beyond this place, which is the `next_cursor` of an earlier answer in the same order: that of `created_at`,
    /// and no other. It costs the same however far it is.
    #[param(pattern = r"^[0-9]{1,15}\.[A-Za-z0-9_-]{1,64}$")]
    cursor: Option<String>,
}

/// How the parameters of every list are documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct PagingParams {
    /// At most so many entries.
    #[param(minimum = 1, maximum = 500, default = 10)]
    limit: Option<i64>,
    /// Passing over so many entries first.
    #[param(minimum = 0, default = 0)]
    offset: Option<i64>,
}

/// The query of a request, read parameter by parameter; what is wrong is gathered and told at once.
pub struct Query {
    pairs: Vec<(String, String)>,
    faults: Vec<FieldFault>,
}

impl Query {
    /// Reads the part after the question mark.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let pairs = percent::pairs(text).ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "malformed_query",
                "The query holds a broken escape, broken UTF-8 or a zero byte",
            )
        })?;
        Ok(Self { pairs, faults: Vec::new() })
    }

    /// Notes that a parameter is at fault.
    pub fn fault(&mut self, field: &str, code: &'static str, message: &str) {
        self.faults.push(FieldFault { field: field.to_owned(), code: code.into(), message: message.to_owned() });
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let mut values = self.pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone());
        let (first, more) = (values.next(), values.next().is_some());
        if more {
            self.fault(name, "duplicate", "Given more than once");
        }
        first
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let text = self.take(name)?;
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            self.fault(name, "not_a_number", "Must be a whole number");
            return None;
        }
        let value = text.parse().ok().filter(|value| (least..=most).contains(value));
        if value.is_none() {
            self.fault(name, "out_of_range", &format!("Must be between {least} and {most}"));
        }
        value
    }

    /// An instant, in Unix milliseconds.
    pub fn instant(&mut self, name: &str) -> Option<Timestamp> {
        // The greatest that can be in an id: 48 bits.
        let millis = self.number(name, 0, (1 << 48) - 1)?;
        i64::try_from(millis).ok().map(Timestamp)
    }

    /// `limit` and `offset`.
    pub fn paging(&mut self) -> Paging {
        let limit = self.number("limit", 1, MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let offset = self.number("offset", 0, i64::MAX.unsigned_abs()).unwrap_or(0);
        Paging { limit, offset }
    }

    /// `limit`, `offset`, `order_by` and `query` of a list, as far as it knows them.
    pub fn part(&mut self, columns: &Columns) -> Part {
        let paging = self.paging();
        let names: Vec<&'static str> = columns.orders.iter().map(|(name, _)| *name).collect();
        let (order, ascending) = if self.names("order_by") { self.order(&names) } else { columns.unless_said };
        Part { order, ascending, search: self.text("query"), beyond: None, limit: paging.limit, offset: paging.offset }
    }

    /// The same with `cursor`.
    pub fn part_with_cursor(&mut self, columns: &Columns) -> Part {
        let part = self.part(columns);
        let beyond = self.cursor(part.order == columns.orders.first().map_or("", |(name, _)| *name));
        Part { beyond, ..part }
    }

    /// `cursor`, which there is only in the order of `created_at`.
    pub fn cursor(&mut self, in_its_order: bool) -> Option<Place> {
        let text = self.take("cursor").filter(|text| !text.is_empty())?;
        if !in_its_order {
            self.fault("cursor", "contradiction", "Needs the order of created_at");
            return None;
        }
        let place = text.split_once('.').and_then(|(at, id)| {
            let at = at.parse().ok().filter(|at| (0..1 << 48).contains(at)).map(Timestamp)?;
            let known = !id.is_empty()
                && id.len() <= 64
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
            known.then(|| Place { at, id: id.to_owned() })
        });
        if place.is_none() {
            self.fault("cursor", "invalid_cursor", "Must be the next_cursor of an earlier answer");
        }
        place
    }

    fn names(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// `limit`, `offset`, `order_by` and `query` of a list that is there as a whole.
    pub fn cut(&mut self) -> Cut {
        let paging = self.paging();
        let order = self.names("order_by").then(|| {
            let (name, ascending) = self.order(&Cut::ORDERS);
            (usize::from(name == "name"), ascending)
        });
        Cut { paging, search: self.text("query"), order }
    }

    /// A text; an empty one is as if it were not there.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let text = self.take(name).filter(|text| !text.is_empty())?;
        if text.len() > MAX_TEXT {
            self.fault(name, "too_long", &format!("Must have at most {MAX_TEXT} bytes"));
            return None;
        }
        Some(text)
    }

    /// An id.
    pub fn id<T: Id>(&mut self, name: &str) -> Option<T> {
        let text = self.take(name)?;
        let id = T::parse(&text);
        if id.is_none() {
            self.fault(name, "not_an_id", "Cannot be an id");
        }
        id
    }

    /// A role, in the words of the core.
    pub fn role(&mut self, name: &str) -> Option<String> {
        let text = self.take(name)?;
        let key = role::parse(&text);
        if key.is_none() {
            self.fault(name, "unknown_value", role::SHAPE);
        }
        key
    }

    /// One of the given words.
    pub fn choice<'a>(&mut self, name: &str, words: &[&'a str]) -> Option<&'a str> {
        let text = self.take(name)?;
        let word = words.iter().find(|word| **word == text).copied();
        if word.is_none() {
            self.fault(name, "unknown_value", &format!("Must be one of: {}", words.join(", ")));
        }
        word
    }

    /// `order_by`: one of the given columns, with `-` in front for descending. Newest first if the
    /// caller does not say.
    pub fn order<'a>(&mut self, columns: &[&'a str]) -> (&'a str, bool) {
        let fallback = (columns.first().copied().unwrap_or("created_at"), false);
        let Some(text) = self.take("order_by") else { return fallback };
        let (column, ascending) = match text.strip_prefix('-') {
            Some(column) => (column, false),
            None => (text.strip_prefix('+').unwrap_or(&text), true),
        };
        if let Some(column) = columns.iter().find(|c| **c == column) {
            return (column, ascending);
        }
        let words: Vec<String> = columns.iter().flat_map(|c| [(*c).to_owned(), format!("-{c}")]).collect();
        self.fault("order_by", "unknown_value", &format!("Must be one of: {}", words.join(", ")));
        fallback
    }

    /// What was wrong, if anything was.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ApiError::fields(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str) -> Vec<(String, String)> {
        let mut q = Query::parse(query).unwrap();
        q.paging();
        q.order(&["created_at", "name"]);
        q.faults.into_iter().map(|f| (f.field, f.code.into_owned())).collect()
    }

    #[test]
    fn numbers_outside_their_range_are_told_by_field() {
        for (query, code) in [
            ("limit=abc", "not_a_number"),
            ("limit=", "not_a_number"),
            ("limit=-1", "not_a_number"),
            ("limit=0", "out_of_range"),
            ("limit=501", "out_of_range"),
            ("limit=99999999999999999999999", "out_of_range"),
            ("limit=1&limit=2", "duplicate"),
        ] {
            assert_eq!(faults(query), [("limit".to_owned(), code.to_owned())], "{query}");
        }
        assert_eq!(faults("limit=500&offset=9223372036854775807&order_by=-name"), []);
        assert_eq!(faults("offset=9223372036854775808")[0].0, "offset");
        assert_eq!(faults("order_by=password")[0].1, "unknown_value");
    }

    #[test]
    fn zero_bytes_and_broken_utf8_are_refused() {
        for query in ["query=%00", "query=%FF", "query=%"] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_cursor_is_a_place_in_its_own_order() {
        const COLUMNS: Columns = Columns {
            orders: &[("created_at", "x.created_at"), ("name", "x.name")],
            unless_said: ("name", true),
            searched: &[],
            id: "x.id",
        };
        let part = |query: &str| {
            let mut q = Query::parse(query).unwrap();
            let part = q.part_with_cursor(&COLUMNS);
            (part, q.faults.first().map(|fault| fault.code.to_string()))
        };
        let (found, fault) = part("order_by=-created_at&cursor=5.user_x&query=a");
        assert_eq!(fault, None);
        assert_eq!(found.beyond, Some(Place { at: Timestamp(5), id: "user_x".to_owned() }));
        assert_eq!((found.order, found.ascending, found.search.as_deref()), ("created_at", false, Some("a")));
        assert_eq!((part("").0.order, part("").0.ascending), ("name", true));
        assert_eq!(part("cursor=5.user_x").1.as_deref(), Some("contradiction"));
        for bad in ["5", "x.user", "-5.user_x", "5.", "5.a%27b", "999999999999999999.x"] {
            assert_eq!(
                part(&format!("order_by=created_at&cursor={bad}")).1.as_deref(),
                Some("invalid_cursor"),
                "{bad}"
            );
        }
    }

    #[test]
    fn newest_first_unless_asked_otherwise() {
        let order = |query: &str| Query::parse(query).unwrap().order(&["created_at", "name"]);
        assert_eq!(order(""), ("created_at", false));
        assert_eq!(order("order_by=name"), ("name", true));
        assert_eq!(order("order_by=%2Bname"), ("name", true));
    }
}
