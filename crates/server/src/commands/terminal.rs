//! What others have sent, as it can be shown on a terminal.

use std::fmt::Write as _;

use serde_json::Value;

/// A text without what could steer a terminal: much of what is shown was sent by others.
pub(in crate::commands) fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Whether a character does something to a terminal or to the order of the text around it (Unicode UAX 9, 2).
fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// An answer as JSON in a line. What could steer a terminal is escaped; to a program it is the same.
pub(in crate::commands) fn json(answer: &Value) -> String {
    let text = answer.to_string();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if steers(c) {
            // All of them are in the plane that has one unit each.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

/// A text in one line, without what could steer a terminal.
pub(in crate::commands) fn line(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_that_others_sent_steers_a_terminal() {
        let sent = json!({"name": "a\u{9b}31mb\u{202e}c\u{2066}d\u{7f}\u{1b}[0m\ne", "ü": "日本"});
        let shown = json(&sent);
        assert!(!shown.trim_end_matches('\n').chars().any(steers), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), sent, "to a program it is the same");
        assert!(shown.contains("日本"));
        assert_eq!(plain("a\u{9b}b\u{202e}c\nd"), "a\u{fffd}b\u{fffd}c\nd");
        assert_eq!(line("a\r\nb"), "a\u{fffd}\u{fffd}b");
    }
}
