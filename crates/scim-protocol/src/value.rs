//! How values are compared: folding of letter case, and points in time.

use chrono::{DateTime, NaiveDateTime, Utc};

/// The form in which text is compared where `caseExact` is false. Keys in a database that answer the
/// same question must be made by this function.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Reads an `xsd:dateTime`: with a zone, or without one, which is taken as UTC; up to nine digits of a
/// second's fraction. A space before the zone is a `+` that somebody did not escape in a query.
#[must_use]
pub fn parse_date_time(text: &str) -> Option<DateTime<Utc>> {
    let zoned = |text: &str| DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).ok();
    zoned(text)
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()).ok())
        .or_else(|| text.rsplit_once(' ').and_then(|(time, zone)| zoned(&format!("{time}+{zone}"))))
}

/// Reads a boolean as people write it: JSON's own, or the words in any letter case, as Entra sends them.
#[must_use]
pub(crate) fn word_as_bool(word: &str) -> Option<bool> {
    if word.eq_ignore_ascii_case("true") {
        Some(true)
    } else if word.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_zone() {
        let noon = parse_date_time("2026-11-21T12:00:00Z");
        assert!(noon.is_some());
        for same in [
            "2026-11-21T12:00:00",
            "2026-11-21T14:00:00+02:00",
            "2026-11-21T14:00:00 02:00",
            "2026-11-21T12:00:00.0000000Z",
            "2026-11-21T06:30:00.000-05:30",
        ] {
            assert_eq!(parse_date_time(same), noon, "{same}");
        }
        let fraction = parse_date_time("2026-11-21T12:00:00.1234567Z");
        assert!(fraction > noon && fraction < parse_date_time("2026-11-21T12:00:00.1234568Z"));
        for broken in ["", "2026-11-21", "yesterday", "2026-13-01T00:00:00Z", "2026-11-21T12:00:00 x", "2026-11-21T  "]
        {
            assert_eq!(parse_date_time(broken), None, "{broken}");
        }
    }
}
