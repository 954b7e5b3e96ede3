//! Liquid's filters, each with an end to what it makes: a chain of them can neither grow without bound nor overflow.
//!
//! Those that multiply (`replace`, `join`), that take widths (`date`) or that count are written here; the others are
//! the library's, held to the same bound. Left out is what sorts or compares lists with themselves.

use std::fmt;

use liquid_core::error::{Error, Result};
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{Expression, Filter, FilterReflection, ParseFilter, Runtime, Value, ValueView};
use liquid_lib::stdlib;

use super::template::VALUE;

/// The longest format of a date, in bytes, and the longest number in it.
const DATE_FORMAT: usize = 64;
const DATE_DIGITS: usize = 2;

/// A parser with these filters, and with the blocks that decide and do not repeat.
pub(super) fn parser() -> Result<liquid::Parser> {
    let mut builder = liquid::ParserBuilder::new()
        .tag(stdlib::AssignTag)
        .block(stdlib::IfBlock)
        .block(stdlib::UnlessBlock)
        .block(stdlib::CaseBlock)
        .filter(Bounded(stdlib::Append))
        .filter(Bounded(stdlib::Capitalize))
        .filter(Bounded(stdlib::Compact))
        .filter(Bounded(stdlib::Concat))
        .filter(Bounded(stdlib::Default))
        .filter(Bounded(stdlib::Downcase))
        .filter(Bounded(stdlib::Escape))
        .filter(Bounded(stdlib::EscapeOnce))
        .filter(Bounded(stdlib::First))
        .filter(Bounded(stdlib::Last))
        .filter(Bounded(stdlib::Lstrip))
        .filter(Bounded(stdlib::Map))
        .filter(Bounded(stdlib::NewlineToBr))
        .filter(Bounded(stdlib::Prepend))
        .filter(Bounded(stdlib::Remove))
        .filter(Bounded(stdlib::RemoveFirst))
        .filter(Bounded(stdlib::ReplaceFirst))
        .filter(Bounded(stdlib::Reverse))
        .filter(Bounded(stdlib::Rstrip))
        .filter(Bounded(stdlib::Size))
        .filter(Bounded(stdlib::Split))
        .filter(Bounded(stdlib::Strip))
        .filter(Bounded(stdlib::StripHtml))
        .filter(Bounded(stdlib::StripNewlines))
        .filter(Bounded(stdlib::Truncate))
        .filter(Bounded(stdlib::TruncateWords))
        .filter(Bounded(stdlib::Upcase))
        .filter(Bounded(stdlib::UrlDecode))
        .filter(Bounded(stdlib::UrlEncode))
        .filter(Bounded(stdlib::Where));
    for own in OWN {
        builder = builder.filter(*own);
    }
    builder.build()
}

/// How much a value holds, in bytes; each element of a list and each member of an object counts besides.
fn weight(value: &Value) -> usize {
    match value {
        Value::Scalar(scalar) => scalar.to_kstr().len(),
        Value::Array(values) => values.iter().map(|value| 1 + weight(value)).sum(),
        Value::Object(object) => object.iter().map(|(key, value)| 1 + key.len() + weight(value)).sum(),
        Value::State(_) | Value::Nil => 0,
    }
}

fn too_long() -> Error {
    Error::with_msg("A value became too long")
}

fn bounded(value: Value) -> Result<Value> {
    if weight(&value) > VALUE { Err(too_long()) } else { Ok(value) }
}

/// A filter of the library, whose result has an end. What it makes of values that have one is at most a few times
/// as long before it is looked at.
#[derive(Clone)]
struct Bounded<F>(F);

impl<F: ParseFilter + Clone + 'static> ParseFilter for Bounded<F> {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        Ok(Box::new(BoundedFilter(self.0.parse(arguments)?)))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct BoundedFilter(Box<dyn Filter>);

impl fmt::Display for BoundedFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Filter for BoundedFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        bounded(self.0.evaluate(input, runtime)?)
    }
}

/// What a filter of ours does with its input and its arguments.
type Run = fn(&dyn ValueView, &[Value]) -> Result<Value>;

/// A filter of ours.
#[derive(Clone, Copy)]
struct Own {
    name: &'static str,
    /// How many arguments it needs, and how many it takes.
    arguments: (usize, usize),
    run: Run,
}

const OWN: &[Own] = &[
    Own { name: "replace", arguments: (1, 2), run: replace },
    Own { name: "join", arguments: (0, 1), run: join },
    Own { name: "slice", arguments: (1, 2), run: slice },
    Own { name: "date", arguments: (1, 1), run: date },
    Own { name: "plus", arguments: (1, 1), run: |a, b| both(a, b, i64::checked_add, |a, b| a + b) },
    Own { name: "minus", arguments: (1, 1), run: |a, b| both(a, b, i64::checked_sub, |a, b| a - b) },
    Own { name: "times", arguments: (1, 1), run: |a, b| both(a, b, i64::checked_mul, |a, b| a * b) },
    Own { name: "divided_by", arguments: (1, 1), run: |a, b| both(a, b, i64::checked_div, |a, b| a / b) },
    Own { name: "modulo", arguments: (1, 1), run: |a, b| both(a, b, i64::checked_rem, |a, b| a % b) },
    Own { name: "at_least", arguments: (1, 1), run: |a, b| both(a, b, |a, b| Some(a.max(b)), f64::max) },
    Own { name: "at_most", arguments: (1, 1), run: |a, b| both(a, b, |a, b| Some(a.min(b)), f64::min) },
    Own { name: "abs", arguments: (0, 0), run: |a, _| single(a, i64::checked_abs, f64::abs) },
    Own { name: "ceil", arguments: (0, 0), run: |a, _| single(a, Some, f64::ceil) },
    Own { name: "floor", arguments: (0, 0), run: |a, _| single(a, Some, f64::floor) },
    Own { name: "round", arguments: (0, 0), run: |a, _| single(a, Some, f64::round) },
];

impl FilterReflection for Own {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Own {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let FilterArguments { positional, mut keyword } = arguments;
        let arguments: Vec<Expression> = positional.collect();
        let (least, most) = self.arguments;
        if keyword.next().is_some() || !(least..=most).contains(&arguments.len()) {
            return Err(Error::with_msg(format!("The filter {} has the wrong number of arguments", self.name)));
        }
        Ok(Box::new(OwnFilter { filter: *self, arguments }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

struct OwnFilter {
    filter: Own,
    arguments: Vec<Expression>,
}

impl fmt::Debug for OwnFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

impl fmt::Display for OwnFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

impl Filter for OwnFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let arguments = self
            .arguments
            .iter()
            .map(|argument| Ok(argument.evaluate(runtime)?.into_owned()))
            .collect::<Result<Vec<_>>>();
        bounded((self.filter.run)(input, &arguments?)?)
    }
}

fn text(arguments: &[Value], place: usize) -> String {
    arguments.get(place).map(|value| value.to_kstr().into_string()).unwrap_or_default()
}

/// The result is measured before it is made: each occurrence may become a long text.
fn replace(input: &dyn ValueView, arguments: &[Value]) -> Result<Value> {
    let (input, search, by) = (input.to_kstr(), text(arguments, 0), text(arguments, 1));
    if search.is_empty() {
        return Ok(Value::scalar(input.into_string()));
    }
    let found = input.matches(search.as_str()).count();
    if input.len() + found * by.len() > VALUE + found * search.len() {
        return Err(too_long());
    }
    Ok(Value::scalar(input.replace(search.as_str(), &by)))
}

fn join(input: &dyn ValueView, arguments: &[Value]) -> Result<Value> {
    let separator = if arguments.is_empty() { " ".to_owned() } else { text(arguments, 0) };
    let Some(list) = input.as_array() else { return Ok(input.to_value()) };
    let mut joined = String::new();
    for (place, value) in list.values().enumerate() {
        if place > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(&value.to_kstr());
        if joined.len() > VALUE {
            return Err(too_long());
        }
    }
    Ok(Value::scalar(joined))
}

/// Characters of a text or elements of a list, counted from the end if the place is negative.
fn slice(input: &dyn ValueView, arguments: &[Value]) -> Result<Value> {
    let whole = |place: usize| arguments.get(place).map(|value| number(value).and_then(|(whole, _)| whole));
    let (Some(Some(from)), length @ (None | Some(Some(_)))) = (whole(0), whole(1)) else {
        return Err(Error::with_msg("slice takes whole numbers"));
    };
    let take = usize::try_from(length.flatten().unwrap_or(1)).unwrap_or_default();
    let skip = |size: usize| {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        usize::try_from(if from < 0 { size.saturating_add(from).max(0) } else { from.min(size) }).unwrap_or_default()
    };
    if let Some(list) = input.as_array() {
        let values: Vec<Value> = list.values().map(ValueView::to_value).collect();
        let skip = skip(values.len());
        return Ok(Value::Array(values.into_iter().skip(skip).take(take).collect()));
    }
    let input = input.to_kstr();
    let skip = skip(input.chars().count());
    Ok(Value::scalar(input.chars().skip(skip).take(take).collect::<String>()))
}

/// A date in another form. The form may not ask for wide fields: they are written out in full.
fn date(input: &dyn ValueView, arguments: &[Value]) -> Result<Value> {
    let format = text(arguments, 0);
    let digits = format.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    if format.len() > DATE_FORMAT || digits > DATE_DIGITS {
        return Err(Error::with_msg("The format of a date is too long"));
    }
    match input.as_scalar().and_then(|scalar| scalar.to_date_time()) {
        Some(date) if !format.is_empty() => {
            let date = date.format(&format).map_err(|_| Error::with_msg("The format of a date cannot be read"))?;
            Ok(Value::scalar(date))
        }
        _ => Ok(input.to_value()),
    }
}

/// A number: as a whole one, if it is one, and as any.
fn number(value: &dyn ValueView) -> Option<(Option<i64>, f64)> {
    let scalar = value.as_scalar()?;
    Some((scalar.to_integer(), scalar.to_float().filter(|number| number.is_finite())?))
}

fn finite(number: f64) -> Result<Value> {
    if number.is_finite() { Ok(Value::scalar(number)) } else { Err(Error::with_msg("That is no number any more")) }
}

fn single(input: &dyn ValueView, whole: fn(i64) -> Option<i64>, any: fn(f64) -> f64) -> Result<Value> {
    match number(input) {
        Some((Some(n), _)) => whole(n).map(Value::scalar).ok_or_else(|| Error::with_msg("A number became too large")),
        Some((None, n)) => finite(any(n)),
        None => Err(Error::with_msg("A number is needed")),
    }
}

fn both(
    input: &dyn ValueView,
    arguments: &[Value],
    whole: fn(i64, i64) -> Option<i64>,
    any: fn(f64, f64) -> f64,
) -> Result<Value> {
    match (number(input), arguments.first().and_then(|argument| number(argument))) {
        (Some((Some(a), _)), Some((Some(b), _))) => whole(a, b)
            .map(Value::scalar)
            .ok_or_else(|| Error::with_msg("A number became too large, or was divided by 0")),
        (Some((_, a)), Some((_, b))) => finite(any(a, b)),
        _ => Err(Error::with_msg("Numbers are needed")),
    }
}
