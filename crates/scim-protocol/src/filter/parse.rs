//! Reading a filter: recursive descent with limits on length, depth and number of terms.

use serde_json::Number;

use super::{CompareOp, Filter, Literal};
use crate::path::{is_path_byte, shorten};
use crate::steps::tick;
use crate::{AttrPath, Result, ScimError};

/// The longest filter, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// How deep parentheses, brackets and `not` may nest.
pub const MAX_DEPTH: usize = 50;
/// How many comparisons a filter may have.
pub const MAX_TERMS: usize = 500;

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter`, with the place where it stopped making sense.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text)?;
        let filter = parser.or(0)?;
        parser.skip_spaces();
        if parser.rest().is_empty() { Ok(filter) } else { Err(parser.unexpected("the end of the filter")) }
    }
}

/// A place in the text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    at: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(ScimError::invalid_filter(format!("the filter is longer than {MAX_LENGTH} bytes")));
        }
        Ok(Self { text, at: 0, terms: 0 })
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn skip_spaces(&mut self) {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        tick(spaces + 1);
        self.at += spaces;
    }

    fn unexpected(&self, wanted: &str) -> ScimError {
        let found = match self.rest() {
            "" => "the end".to_owned(),
            rest => format!("\"{}\"", shorten(rest.get(..rest.floor_char_boundary(20)).unwrap_or_default())),
        };
        ScimError::invalid_filter(format!("expected {wanted} at position {}, found {found}", self.at))
    }

    /// Takes the given character.
    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        tick(end + 1);
        &rest[..end]
    }

    /// Takes a keyword between terms, with the spaces before it.
    fn keyword(&mut self, wanted: &str) -> bool {
        let before = self.at;
        self.skip_spaces();
        let word = self.word();
        let follows = self.rest()[word.len()..].starts_with([' ', '\t', '\r', '\n', '(']);
        if word.eq_ignore_ascii_case(wanted) && follows {
            self.at += word.len();
            true
        } else {
            self.at = before;
            false
        }
    }

    /// `filter = and *( "or" and )`. What is inside parentheses stays a group of its own.
    pub(crate) fn or(&mut self, depth: usize) -> Result<Filter> {
        if depth > MAX_DEPTH {
            return Err(ScimError::invalid_filter(format!("the filter nests deeper than {MAX_DEPTH} levels")));
        }
        let first = self.and(depth)?;
        let mut parts = vec![first];
        while self.keyword("or") {
            parts.push(self.and(depth)?);
        }
        Ok(single_or(parts, Filter::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Filter> {
        let mut parts = vec![self.term(depth)?];
        while self.keyword("and") {
            parts.push(self.term(depth)?);
        }
        Ok(single_or(parts, Filter::And))
    }

    fn term(&mut self, depth: usize) -> Result<Filter> {
        self.skip_spaces();
        if self.take('(') {
            return self.closed(depth, ')');
        }
        let before = self.at;
        if self.keyword("not") {
            self.skip_spaces();
            if !self.take('(') {
                self.at = before;
                return Err(self.unexpected("parentheses after \"not\""));
            }
            return Ok(Filter::Not(Box::new(self.closed(depth, ')')?)));
        }
        self.attribute(depth)
    }

    fn closed(&mut self, depth: usize, close: char) -> Result<Filter> {
        let filter = self.or(depth + 1)?;
        self.skip_spaces();
        if self.take(close) { Ok(filter) } else { Err(self.unexpected(&format!("\"{close}\""))) }
    }

    /// Takes an attribute path.
    pub(crate) fn path(&mut self) -> Result<AttrPath> {
        let rest = self.rest();
        let end = rest.bytes().position(|b| !is_path_byte(b)).unwrap_or(rest.len());
        tick(end + 1);
        let path = AttrPath::split(&rest[..end]).ok_or_else(|| self.unexpected("an attribute"))?;
        self.at += end;
        Ok(path)
    }

    /// Takes a filter in brackets, if one follows.
    pub(crate) fn brackets(&mut self, depth: usize) -> Result<Option<Filter>> {
        if self.take('[') { self.closed(depth, ']').map(Some) } else { Ok(None) }
    }

    /// Takes `.name`, if it follows.
    pub(crate) fn dotted(&mut self) -> Result<Option<AttrPath>> {
        if !self.take('.') {
            return Ok(None);
        }
        let sub = self.path()?;
        if sub.schema.is_none() && sub.sub.is_none() { Ok(Some(sub)) } else { Err(self.unexpected("a sub-attribute")) }
    }

    fn attribute(&mut self, depth: usize) -> Result<Filter> {
        let path = self.path()?;
        let Some(inner) = self.brackets(depth)? else { return self.comparison(path) };
        // `emails[type eq "work"].value eq "x"` is not in the grammar, but Entra ID sends it.
        let Some(sub) = self.dotted()? else { return Ok(Filter::ValuePath(path, Box::new(inner))) };
        let last = self.comparison(sub)?;
        let mut parts = match inner {
            Filter::And(parts) => parts,
            other => vec![other],
        };
        parts.push(last);
        Ok(Filter::ValuePath(path, Box::new(Filter::And(parts))))
    }

    fn comparison(&mut self, path: AttrPath) -> Result<Filter> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ScimError::invalid_filter(format!("the filter has more than {MAX_TERMS} terms")));
        }
        let before = self.at;
        self.skip_spaces();
        let word = self.word();
        if self.at == before {
            return Err(self.unexpected("an operator"));
        }
        if word.eq_ignore_ascii_case("pr") {
            self.at += word.len();
            self.boundary()?;
            return Ok(Filter::Present(path));
        }
        let Some(op) = CompareOp::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word)) else {
            return Err(self.unexpected("an operator"));
        };
        self.at += word.len();
        if !self.rest().starts_with([' ', '\t', '\r', '\n']) {
            return Err(self.unexpected("a space after the operator"));
        }
        self.skip_spaces();
        let literal = self.literal()?;
        self.boundary()?;
        Ok(Filter::Compare(path, op, literal))
    }

    /// A term must end at a space, a closing bracket, or the end.
    fn boundary(&self) -> Result<()> {
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', ')', ']']) {
            Ok(())
        } else {
            Err(self.unexpected("a space or the end"))
        }
    }

    fn literal(&mut self) -> Result<Literal> {
        let rest = self.rest();
        if rest.starts_with('"') {
            let end = string_end(rest).ok_or_else(|| self.unexpected("a closed string"))?;
            let text: String = serde_json::from_str(&rest[..end]).map_err(|_| self.unexpected("a JSON string"))?;
            if text.contains('\0') {
                return Err(ScimError::invalid_filter("the filter holds a NUL character, which no value can hold"));
            }
            tick(end);
            self.at += end;
            return Ok(Literal::String(text));
        }
        let end = rest.find([' ', '\t', '\r', '\n', ')', ']']).unwrap_or(rest.len());
        tick(end + 1);
        let word = &rest[..end];
        let literal = if word.eq_ignore_ascii_case("null") {
            Literal::Null
        } else if let Some(flag) = crate::value::word_as_bool(word) {
            Literal::Boolean(flag)
        } else {
            Literal::Number(number(word).ok_or_else(|| self.unexpected("a value"))?)
        };
        self.at += end;
        Ok(literal)
    }
}

/// Reads a number of JSON, to the last digit: the JSON parser alone takes the nearest but one at times.
fn number(word: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(word).ok()?;
    if number.is_f64() { Number::from_f64(word.parse().ok()?) } else { Some(number) }
}

fn single_or(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

/// Where the string that starts here ends, after its closing quote.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}
