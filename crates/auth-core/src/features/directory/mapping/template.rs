//! Liquid expressions, bounded in length, depth, work and output. They are written by admins, but run inside of the
//! transactions of everybody's provisioning: none of them may take long, grow, or bring the process down.
//!
//! There are no loops and no includes at all; a filter's result has an end (`filters`); how many filters and tags there
//! are, and how deep they nest, is looked at before anything is parsed.

use std::io;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::filters;

/// The longest template, in bytes.
const TEMPLATE: usize = 4 * 1024;
/// The longest output, in bytes.
const OUTPUT: usize = 4 * 1024;
/// The longest value that goes in, and that a filter may make of it, in bytes.
pub(super) const VALUE: usize = 16 * 1024;
/// How many filters a template has at most.
const FILTERS: usize = 64;
/// How many tags, which may stand in one another.
const TAGS: usize = 32;
/// How many brackets, which may stand in one another.
const BRACKETS: usize = 8;
/// How many digits a number has at most: the library does not survive one that no integer holds.
const DIGITS: usize = 18;
/// The longest message, in characters.
const MESSAGE: usize = 300;

static PARSER: LazyLock<Result<liquid::Parser, String>> =
    LazyLock::new(|| filters::parser().map_err(|error| error.to_string()));

/// An expression that can be evaluated.
pub(super) struct Template(liquid::Template);

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template")
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it and where, in a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEMPLATE {
            return Err(format!("An expression has at most {TEMPLATE} bytes"));
        }
        for (sign, most, what) in [("|", FILTERS, "filters"), ("{%", TAGS, "tags"), ("[", BRACKETS, "brackets")] {
            if text.matches(sign).count() > most {
                return Err(format!("An expression has at most {most} {what}"));
            }
        }
        if text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > DIGITS) {
            return Err(format!("A number in an expression has at most {DIGITS} digits"));
        }
        if text.chars().any(char::is_control) {
            return Err("An expression is one line, without control characters".to_owned());
        }
        let parser = PARSER.as_ref().map_err(Clone::clone)?;
        if !text.is_ascii() {
            // To say what is wrong the library counts letters as bytes, and may not survive that. Outside of texts a
            // backtick is as little allowed as a letter like these, so what is read with it is read with them.
            let plain: String = text.chars().map(|c| if c.is_ascii() { c } else { '`' }).collect();
            parser.parse(&plain).map_err(|error| words(&error))?;
        }
        parser.parse(text).map(Self).map_err(|error| words(&error))
    }

    /// What becomes of a value; nothing, if there is none.
    ///
    /// # Errors
    /// Why nothing does, in a sentence.
    pub(super) fn render(&self, value: Option<Json>) -> Result<String, String> {
        let value = cut(value.unwrap_or_default())?;
        let value = liquid::model::to_value(&value).map_err(|error| words(&error))?;
        let globals = liquid::Object::from_iter([("value".into(), value)]);
        let mut output = Output { text: Vec::new(), full: false };
        match self.0.render_to(&mut output, &globals) {
            Err(_) if output.full => Err(format!("The result has more than {OUTPUT} bytes")),
            Err(error) => Err(words(&error)),
            Ok(()) => String::from_utf8(output.text).map_err(|_| "The result is no text".to_owned()),
        }
    }
}

/// A long text is cut; what is long otherwise cannot be cut without becoming something else.
fn cut(value: Json) -> Result<Json, String> {
    match value {
        Json::String(mut text) => {
            text.truncate(text.floor_char_boundary(VALUE));
            Ok(Json::String(text))
        }
        Json::Array(_) | Json::Object(_) if value.to_string().len() > VALUE => {
            Err(format!("The value has more than {VALUE} bytes"))
        }
        value => Ok(value),
    }
}

/// What the library says, in one line: its first one, and the place if it names one.
fn words(error: &liquid::Error) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches("liquid:").trim_start();
    let first = text.lines().next().filter(|line| !line.starts_with("-->")).unwrap_or("It cannot be read").trim();
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let expected = text.lines().find_map(|line| line.trim().strip_prefix("= "));
    let mut words = first.trim_end_matches(':').to_owned();
    if let Some((line, column)) = place.and_then(|place| place.split_once(':')) {
        words = format!("{words} at line {}, column {}", line.trim(), column.trim());
    }
    if let Some(expected) = expected {
        words = format!("{words}: {expected}");
    }
    words.chars().filter(|c| !c.is_control()).take(MESSAGE).collect()
}

/// Where the output goes, as long as it is not too long.
struct Output {
    text: Vec<u8>,
    /// Whether something did not go in any more.
    full: bool,
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > OUTPUT {
            self.full = true;
            return Err(io::Error::other("the result is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(template: &str, value: Json) -> Result<String, String> {
        Template::parse(template)?.render(Some(value))
    }

    #[test]
    fn the_expression_of_the_walkthrough_gives_roles() {
        let text = r#"{{ value | downcase | replace: "admins", "org:admin" | default: "org:member" }}"#;
        assert_eq!(of(text, json!("Admins")).unwrap(), "org:admin");
        assert_eq!(of(text, Json::Null).unwrap(), "org:member");
        assert_eq!(of(text, json!("")).unwrap(), "org:member");
        assert_eq!(of(text, json!("Sales")).unwrap(), "sales");
    }

    #[test]
    fn filters_do_what_they_do_elsewhere() {
        for (template, value, wanted) in [
            ("{{ value | split: '@' | first | upcase }}", json!("ann@x.io"), "ANN"),
            ("{{ value | split: ',' | join: ';' }}", json!("a,b"), "a;b"),
            ("{{ value | slice: 0, 3 }}{{ value | slice: -2, 2 }}", json!("abcdef"), "abcef"),
            ("{{ value | plus: 1 | times: 3 | minus: 0.5 }}", json!(2), "8.5"),
            ("{{ value | divided_by: 2 }},{{ value | modulo: 2 }}", json!(7), "3,1"),
            ("{{ value | at_least: 5 }},{{ value | at_most: 3 }},{{ -1 | abs }}", json!(4), "5,3,1"),
            ("{{ value | date: '%Y' }}", json!("2016-06-13 02:30:00 +0300"), "2016"),
            ("{% if value contains 'adm' %}org:admin{% else %}org:member{% endif %}", json!("adm-1"), "org:admin"),
            ("{% case value %}{% when 'a' %}1{% else %}2{% endcase %}", json!("b"), "2"),
            ("{{ value[1].name }}{{ value.first.name }}", json!([{"name": "a"}, {"name": "b"}]), "ba"),
            ("{% assign x = value | upcase %}{{ x }}", json!("a"), "A"),
            ("ü{{ value | replace: 'ä', 'ae' }}", json!("Bär"), "üBaer"),
        ] {
            assert_eq!(of(template, value).unwrap(), wanted, "{template}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let wrong = Template::parse("{{ value | nothing }}").unwrap_err();
        assert!(wrong.contains("filter"), "{wrong}");
        let wrong = Template::parse("{{ value | downcase ").unwrap_err();
        assert!(wrong.contains("line 1, column"), "{wrong}");
        assert!(Template::parse(&"x".repeat(TEMPLATE + 1)).is_err());
    }

    #[test]
    fn nothing_loops_includes_or_remembers() {
        for template in [
            "{% for i in (1..1000000000) %}x{% endfor %}",
            "{% tablerow i in (1..9) %}x{% endtablerow %}",
            "{% include 'x' %}",
            "{% render 'x' %}",
            "{% increment x %}",
            "{% cycle 'a', 'b' %}",
            "{% capture x %}{{ value }}{% endcapture %}",
            "{{ value | sort }}",
            "{{ value | uniq }}",
            "{{ (1..1000000000) | join }}",
        ] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }

    #[test]
    fn nothing_grows() {
        let long = json!("a".repeat(VALUE * 2));
        let doubled = "{% assign value = value | append: value %}".repeat(30) + "{{ value | size }}";
        let multiplied = format!("{{{{ value {}}}}}", "| replace: 'a', 'aaaaaaaaaa'".repeat(40));
        let spread = "{{ value | replace: '', value }}";
        let joined = "{{ value | split: '' | join: value }}";
        let wide = "{{ '2016-06-13' | date: '%999999999Y' }}";
        let escaped = format!("{{{{ value {}}}}}", "| url_encode".repeat(60));
        for template in [doubled.as_str(), &multiplied, spread, joined, wide, &escaped] {
            assert!(of(template, long.clone()).is_err(), "{template}");
        }
        assert_eq!(of("{{ value | size }}", long.clone()).unwrap(), VALUE.to_string());
        assert!(of("{{ value }}", long).unwrap_err().contains("4096"));
        assert!(of("{{ value }}", json!(vec!["x"; VALUE])).is_err());
    }

    #[test]
    fn numbers_have_an_end() {
        let (most, least) = (json!("9223372036854775807"), json!("-9223372036854775808"));
        for (template, value) in [
            ("{{ value | plus: 1 }}", &most),
            ("{{ value | times: value }}", &most),
            ("{{ value | minus: 1 }}", &least),
            ("{{ value | divided_by: -1 }}", &least),
            ("{{ value | modulo: -1 }}", &least),
            ("{{ value | abs }}", &least),
            ("{{ 1 | divided_by: 0 }}", &least),
            ("{{ 1.0 | divided_by: 0 }}", &least),
            ("{{ 'x' | plus: 1 }}", &least),
            ("{{ 99999999999999999999999999 | plus: 1 }}", &least),
            ("{{ 9223372036854775808 }}", &least),
        ] {
            assert!(of(template, value.clone()).is_err(), "{template}");
        }
    }

    #[test]
    fn whatever_is_written_is_read_or_refused() {
        const PARTS: [&str; 40] = [
            "{{", "}}", "{%", "%}", "{{-", "-}}", " ", "value", "x", ".", "|", ":", ",", "'a'", "\"", "'", "0", "-1",
            "1.5", "[", "]", "(", "..", ")", "==", "<>", "contains", "if", "endif", "else", "elsif", "case", "when",
            "endcase", "assign", "=", "default", "append", "slice", "ä",
        ];
        // A simple generator with a fixed beginning: the same templates each time.
        let mut state = 7_u64;
        let mut next = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or_default() % most
        };
        for round in 0..1_000 {
            let open = if round % 2 == 0 { "{{ value " } else { "{% if value " };
            let parts: String = (0..next(14)).map(|_| PARTS[next(PARTS.len())]).collect::<Vec<_>>().join(" ");
            let close = if round % 2 == 0 { " }}" } else { " %}a{% endif %}" };
            let _ = of(&format!("{open}{parts}{close}"), json!("text"));
        }
    }

    #[test]
    fn odd_templates_and_odd_values_are_failures_at_most() {
        let deep = "{% if value %}".repeat(TAGS) + &"{% endif %}".repeat(TAGS);
        let nested = format!("{{{{ {}value{} }}}}", "value[".repeat(600), "]".repeat(600));
        let open = "{{".repeat(2000);
        for template in [
            deep.as_str(),
            &nested,
            &open,
            "",
            "{",
            "{{ }}",
            "{{ value.a.b.c }}",
            "{{ value[value] }}",
            "{{ other }}",
            "{{ value | slice: 9223372036854775807, 9223372036854775807 }}",
            "{{ value | slice: -9223372036854775808, -1 }}",
            "{{ value | truncate: -1 }}{{ value | truncate: 9223372036854775807, 'ä' }}",
            "{{ value | truncatewords: -9223372036854775808 }}",
            "{{ value | url_decode }}{{ value | strip_html }}{{ value | escape_once }}",
            "{{ value | map: 'x' }}{{ value | where: 'x', 1 }}{{ value | concat: value }}",
            "{{ value | first }}{{ value | last }}{{ value | capitalize }}{{ value | reverse }}",
            "{{ value | date: '%' }}{{ value | date: '%-' }}{{ value | date: '%9' }}",
            "{% if value > 'a' %}{% elsif value contains value %}{% endif %}",
            "{% case value %}{% when value, 1 %}{% endcase %}",
            "{% comment %}{% raw %}",
            "{% if value %}",
            "{{ '\n{{ \"' }}{{ \"}}",
            "ää{{ 'a' }}{{ x' }}",
            "äääää{{ 'a' }}{{ x' }} {{ 'ä' }}",
            "{{ vä }}",
            "{% endif %}{% else %}",
        ] {
            for value in [
                Json::Null,
                json!(""),
                json!("ä%ff%"),
                json!("😀".repeat(VALUE / 2)),
                json!(-5),
                json!(u64::MAX),
                json!(1e308),
                json!(true),
                json!([]),
                json!([null, 1, "a", [], {}]),
                json!({"x": {"y": [1]}}),
            ] {
                let _ = of(template, value);
            }
        }
    }
}
