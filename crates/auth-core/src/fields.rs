//! Fields that an operator adds to people, organizations and what belongs to them (Better Auth's `additionalFields`): what may be in them, who
//! gives them, and who is shown them. What they are is [declared](crate::settings::FieldSettings) in the settings.
//!
//! Values lie in one column of whatever has them, as a JSON object, apart from metadata. What was declared once and is not any
//! more stays there and is shown to nobody.

use serde_json::{Map, Value as Json};

use crate::clock::Timestamp;
use crate::fault::Result;
use crate::settings::{FieldKind, FieldSettings};

/// The most bytes of JSON that all fields of one thing have together.
pub const LARGEST: usize = 64 * 1024;
/// The most items of a list.
const ITEMS: usize = 1000;

crate::faults! {
    /// What can go wrong with the fields of one thing together.
    pub enum FieldsFault {
        /// Something is made without a field that it must have.
        Missing(String) => Invalid, "missing_field", "{0} is required";
        /// Too much.
        TooLarge => Invalid, "additional_fields_too_large", "Additional fields are at most 64 KiB of JSON", field "additional_fields";
    }
}

/// Who gives fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody about themselves: what is not theirs to give is refused.
    Person,
    /// Somebody about an organization, or what is in it: what is not theirs to give is passed over.
    Member,
    /// A back end, or an administrator of the instance: they may give any field, and leave out any.
    BackEnd,
}

/// Fields that were read and are as they were declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    values: Map<String, Json>,
    /// What a person must give and did not: nothing is made of it. Who is here already is not asked.
    missing: Option<String>,
}

impl Given {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether some of them are not people's to give.
    #[must_use]
    pub fn holds_fixed(&self, declared: &[FieldSettings]) -> bool {
        declared.iter().any(|field| !field.input && self.values.contains_key(&field.name))
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It is not theirs to give.
    Fixed,
    /// It has another type; in the case of a list perhaps an item of it.
    Type {
        /// Which item.
        item: Option<usize>,
        /// `string`, `number`, `boolean`, `date`, `array`.
        expected: &'static str,
        /// What was given; nothing, if it must be there.
        received: Option<Json>,
    },
    /// A text in it has more UTF-16 code units than so many.
    Long(usize),
    /// It has more items than so many.
    Many(usize),
}

/// A field that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Its name.
    pub field: String,
    /// Why.
    pub problem: Problem,
}

/// Reads what was sent of the fields that are declared; everything else is passed over. `whole`: something is made of it, so
/// that what is required must be there; of a [`Person`](By::Person) it is asked only when they are made.
///
/// # Errors
/// All that is wrong, in the order of the declaration.
pub fn read(declared: &[FieldSettings], sent: &Map<String, Json>, whole: bool, by: By) -> Result<Given, Vec<Refused>> {
    let mut given = Given::default();
    let mut refused = Vec::new();
    for field in declared {
        match one(field, sent.get(&field.name), whole, by) {
            Ok(Some(value)) => {
                given.values.insert(field.name.clone(), value);
            }
            Ok(None) => {}
            Err(Problem::Missing) if by == By::Person && !sent.contains_key(&field.name) => {
                given.missing.get_or_insert_with(|| field.name.clone());
            }
            Err(problem) => refused.push(Refused { field: field.name.clone(), problem }),
        }
    }
    if refused.is_empty() { Ok(given) } else { Err(refused) }
}

/// One of them, if there is something to be kept.
fn one(field: &FieldSettings, sent: Option<&Json>, whole: bool, by: By) -> Result<Option<Json>, Problem> {
    let fills = whole && field.default.is_some();
    let wanted = field.required && by != By::BackEnd;
    match sent {
        None if whole && wanted && !fills && (field.input || by == By::Person) => Err(Problem::Missing),
        None => Ok(None),
        Some(value) if !field.input && by != By::BackEnd => {
            // Nothing is asked for by a value that says nothing, and a new thing has the default in any case.
            let asks = !matches!(value, Json::Null | Json::Bool(false)) && value != "" && value != 0;
            if by == By::Person && asks && !fills { Err(Problem::Fixed) } else { Ok(None) }
        }
        Some(Json::Null) if field.required && fills => Ok(None),
        Some(Json::Null) if field.required && by == By::Person => Err(Problem::Missing),
        Some(Json::Null) if !field.required => Ok(Some(Json::Null)),
        Some(value) => checked(field.kind, field.max_length, value).map(Some),
    }
}

/// The value as it is kept.
///
/// # Errors
/// What is wrong with it.
pub fn checked(kind: FieldKind, max_length: usize, value: &Json) -> Result<Json, Problem> {
    let other = || Problem::Type { item: None, expected: type_name(kind), received: Some(value.clone()) };
    match kind {
        FieldKind::Text => value.as_str().map_or_else(|| Err(other()), |text| short(text, max_length))?,
        FieldKind::Number if !value.is_number() => return Err(other()),
        FieldKind::Boolean if !value.is_boolean() => return Err(other()),
        FieldKind::Number | FieldKind::Boolean => {}
        FieldKind::Date => {
            let instant = value.as_str().and_then(Timestamp::parse).ok_or_else(other)?;
            return Ok(Json::String(instant.rfc3339()));
        }
        FieldKind::Texts | FieldKind::Numbers => {
            let items = value.as_array().ok_or_else(other)?;
            if items.len() > ITEMS {
                return Err(Problem::Many(ITEMS));
            }
            let each = if kind == FieldKind::Texts { FieldKind::Text } else { FieldKind::Number };
            for (at, item) in items.iter().enumerate() {
                checked(each, max_length, item).map_err(|problem| within(problem, at))?;
            }
        }
    }
    Ok(value.clone())
}

/// What a value of a field is called.
#[must_use]
pub const fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "string",
        FieldKind::Number => "number",
        FieldKind::Boolean => "boolean",
        FieldKind::Date => "date",
        FieldKind::Texts | FieldKind::Numbers => "array",
    }
}

fn short(text: &str, most: usize) -> Result<(), Problem> {
    // PostgreSQL stores no NUL, and nobody means one.
    let fits = (text.len() <= most || text.encode_utf16().count() <= most) && !text.contains('\0');
    if fits { Ok(()) } else { Err(Problem::Long(most)) }
}

fn within(problem: Problem, at: usize) -> Problem {
    match problem {
        Problem::Type { expected, received, .. } => Problem::Type { item: Some(at), expected, received },
        other => other,
    }
}

/// The fields of something new: what was given, and the defaults of the rest.
pub(crate) fn made(declared: &[FieldSettings], given: &Given) -> Result<Map<String, Json>> {
    if let Some(field) = &given.missing {
        return Err(FieldsFault::Missing(field.clone()).into());
    }
    let mut values = Map::new();
    for field in declared {
        let value = given.values.get(&field.name).or(field.default.as_ref()).filter(|value| !value.is_null());
        if let Some(value) = value {
            values.insert(field.name.clone(), value.clone());
        }
    }
    bounded(declared, values)
}

/// The fields of something that is changed. What is not declared any more counts for nothing: nobody could take it out.
pub(crate) fn changed(
    declared: &[FieldSettings],
    before: &Map<String, Json>,
    given: &Given,
) -> Result<Map<String, Json>> {
    let mut values = before.clone();
    for (name, value) in &given.values {
        if value.is_null() {
            values.shift_remove(name);
        } else {
            values.insert(name.clone(), value.clone());
        }
    }
    bounded(declared, values)
}

fn bounded(declared: &[FieldSettings], values: Map<String, Json>) -> Result<Map<String, Json>> {
    let mut bytes = 0;
    for (name, value) in all(declared, &values) {
        bytes += name.len() + serde_json::to_string(value)?.len();
    }
    if bytes <= LARGEST { Ok(values) } else { Err(FieldsFault::TooLarge.into()) }
}

/// The fields that people are shown, each with its value; null where it is empty.
pub fn shown<'a>(
    declared: &'a [FieldSettings],
    values: &'a Map<String, Json>,
) -> impl Iterator<Item = (&'a str, &'a Json)> {
    declared.iter().filter(|field| field.returned).map(|field| pair(field, values))
}

/// All fields that are declared, each with its value; null where it is empty.
pub fn all<'a>(
    declared: &'a [FieldSettings],
    values: &'a Map<String, Json>,
) -> impl Iterator<Item = (&'a str, &'a Json)> {
    declared.iter().map(|field| pair(field, values))
}

fn pair<'a>(field: &'a FieldSettings, values: &'a Map<String, Json>) -> (&'a str, &'a Json) {
    const EMPTY: &Json = &Json::Null;
    (&field.name, values.get(&field.name).unwrap_or(EMPTY))
}

/// Those that somebody is shown: all of them whoever stands above the thing (`whole`), others what people are shown.
#[must_use]
pub fn visible(declared: &[FieldSettings], values: &Map<String, Json>, whole: bool) -> Map<String, Json> {
    let visible = declared.iter().filter(|field| whole || field.returned);
    visible.map(|field| pair(field, values)).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// What an event tells of them: what people are shown.
pub(crate) fn told(declared: &[FieldSettings], values: &Map<String, Json>) -> Map<String, Json> {
    visible(declared, values, false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(name: &str, kind: FieldKind) -> FieldSettings {
        FieldSettings { max_length: 5, ..FieldSettings::new(name, kind) }
    }

    fn object(value: Json) -> Map<String, Json> {
        let Json::Object(fields) = value else { panic!("an object") };
        fields
    }

    fn problem(field: &FieldSettings, sent: Json, whole: bool, by: By) -> Option<Problem> {
        let read = read(std::slice::from_ref(field), &object(sent), whole, by);
        read.err().map(|mut refused| refused.remove(0).problem)
    }

    #[test]
    fn values_have_the_type_that_was_declared() {
        let good = [
            (FieldKind::Text, json!("héllo")),
            (FieldKind::Text, json!("")),
            (FieldKind::Number, json!(1.5)),
            (FieldKind::Boolean, json!(false)),
            (FieldKind::Date, json!("2026-01-01T00:00:00.000Z")),
            (FieldKind::Texts, json!(["a", "b"])),
            (FieldKind::Numbers, json!([])),
        ];
        for (kind, value) in good {
            assert_eq!(checked(kind, 5, &value).unwrap(), value);
        }
        let bad = [
            (FieldKind::Text, json!("longer")),
            (FieldKind::Text, json!(1)),
            (FieldKind::Text, json!("a\0")),
            (FieldKind::Number, json!("1")),
            (FieldKind::Boolean, json!(0)),
            (FieldKind::Date, json!("tomorrow")),
            (FieldKind::Date, json!(1)),
            (FieldKind::Texts, json!("a")),
            (FieldKind::Texts, json!(["longer"])),
            (FieldKind::Numbers, json!([1, "2"])),
            (FieldKind::Numbers, json!(vec![1; ITEMS + 1])),
        ];
        for (kind, value) in bad {
            assert!(checked(kind, 5, &value).is_err(), "{kind:?} {value}");
        }
        let date = checked(FieldKind::Date, 5, &json!("2026-01-01T01:00:00+01:00")).unwrap();
        assert_eq!(date, json!("2026-01-01T00:00:00.000Z"));
        let wrong = Problem::Type { item: Some(1), expected: "number", received: Some(json!("2")) };
        assert_eq!(checked(FieldKind::Numbers, 5, &json!([1, "2"])), Err(wrong));
    }

    #[test]
    fn what_is_required_is_asked_of_people_who_make_something() {
        let plan = FieldSettings { required: true, ..field("plan", FieldKind::Text) };
        assert_eq!(problem(&plan, json!({}), true, By::Member), Some(Problem::Missing));
        let nothing = read(std::slice::from_ref(&plan), &Map::new(), true, By::Person).unwrap();
        let refused = made(std::slice::from_ref(&plan), &nothing).unwrap_err();
        assert_eq!((refused.code(), refused.public_message()), ("missing_field", "plan is required"));
        assert!(changed(std::slice::from_ref(&plan), &Map::new(), &nothing).is_ok());
        assert_eq!(problem(&plan, json!({}), true, By::BackEnd), None);
        assert_eq!(problem(&plan, json!({}), false, By::Person), None);
        for by in [By::Person, By::Member, By::BackEnd] {
            assert!(problem(&plan, json!({"plan": null}), false, by).is_some(), "{by:?} empties it");
        }
        let defaulted = FieldSettings { default: Some(json!("free")), ..plan };
        assert_eq!(problem(&defaulted, json!({}), true, By::Person), None);
        let given = read(std::slice::from_ref(&defaulted), &object(json!({"plan": null})), true, By::Person).unwrap();
        assert_eq!(made(&[defaulted], &given).unwrap(), object(json!({"plan": "free"})));
    }

    #[test]
    fn what_is_no_input_is_given_by_back_ends_alone() {
        let tier = FieldSettings { input: false, ..field("tier", FieldKind::Text) };
        let sent = || json!({"tier": "gold"});
        assert_eq!(problem(&tier, sent(), true, By::Person), Some(Problem::Fixed));
        assert_eq!(problem(&tier, json!({"tier": ""}), true, By::Person), None);
        let passed_over = read(std::slice::from_ref(&tier), &object(sent()), true, By::Member).unwrap();
        assert!(passed_over.is_empty());
        let kept = read(std::slice::from_ref(&tier), &object(sent()), false, By::BackEnd).unwrap();
        assert_eq!(changed(std::slice::from_ref(&tier), &Map::new(), &kept).unwrap(), object(sent()));
        let defaulted = FieldSettings { default: Some(json!("base")), ..tier };
        let given = read(std::slice::from_ref(&defaulted), &object(sent()), true, By::Person).unwrap();
        assert_eq!(made(std::slice::from_ref(&defaulted), &given).unwrap(), object(json!({"tier": "base"})));
        assert_eq!(problem(&defaulted, sent(), false, By::Person), Some(Problem::Fixed));
    }

    #[test]
    fn what_nobody_declared_is_neither_kept_nor_shown() {
        let declared =
            [field("plan", FieldKind::Text), FieldSettings { returned: false, ..field("note", FieldKind::Text) }];
        let given = read(&declared, &object(json!({"plan": "a", "note": "b", "odd": 1})), true, By::Person).unwrap();
        let values = made(&declared, &given).unwrap();
        assert_eq!(values, object(json!({"plan": "a", "note": "b"})));
        let of = |fields: &mut dyn Iterator<Item = (&str, &Json)>| {
            fields.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(&mut shown(&declared, &values)), ["plan"]);
        assert_eq!(of(&mut all(&declared, &values)), ["plan", "note"]);
        let emptied = read(&declared, &object(json!({"plan": null})), false, By::Person).unwrap();
        let left = changed(&declared, &object(json!({"plan": "a", "once": 1})), &emptied).unwrap();
        assert_eq!(left, object(json!({"once": 1})));
        assert_eq!(shown(&declared, &left).next(), Some(("plan", &Json::Null)));
    }

    #[test]
    fn all_of_them_together_are_bounded() {
        let large: Vec<_> =
            (0..20).map(|n| FieldSettings { max_length: 4096, ..field(&format!("f{n}"), FieldKind::Text) }).collect();
        let sent = large.iter().map(|field| (field.name.clone(), json!("x".repeat(4096)))).collect();
        let given = read(&large, &sent, true, By::Person).unwrap();
        assert!(made(&large, &given).unwrap_err().is(&FieldsFault::TooLarge));
        assert!(changed(&large, &Map::new(), &given).is_err());
        // What was declared once does not keep anybody from changing the rest.
        let (one, before) = (&large[..1], given.values.clone());
        let given = read(one, &object(json!({"f0": "new"})), false, By::Person).unwrap();
        assert_eq!(changed(one, &before, &given).unwrap()["f0"], "new");
    }
}
