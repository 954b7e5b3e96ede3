//! How requests lie in a segment: their heads one after the other, of each text only what differs from the same text
//! of the head before, and the texts of bodies and answers beside them.
//!
//! A head begins with its texts, each as the length that it shares with the one before and the rest; then come its
//! numbers. All numbers have seven bits a byte, the lowest first. The first byte of the heads is the version of this.
//!
//! The texts are a block of LZ4 behind its size: what an identity provider sends of one person is much like what it sends of
//! the next, so that a fraction of it goes to the disk.

use std::ops::Range;

use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};

use super::entry::{Kept, Logged, Ready, read_notes};
use crate::clock::Timestamp;
use crate::fault::{Error, Result};
use crate::ids::{CredentialId, DirectoryId, Id as _, RequestLogId, UserId};

/// The version of what is described above, and the one before, in which texts lie as they are.
const VERSION: u8 = 2;
const PLAIN: u8 = 1;
/// How many times as long as its block a text of LZ4 is at the most.
const RATIO: usize = 255;
/// How many texts a head has.
const TEXTS: usize = 14;

/// A text of a head, by its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Id,
    Credential,
    Request,
    Method,
    Operation,
    Path,
    Target,
    User,
    UserName,
    Ip,
    UserAgent,
    ReplayOf,
    Actor,
    Notes,
}

/// Packs requests in the order in which they are added.
pub(super) struct Packer<'r> {
    heads: Vec<u8>,
    texts: Vec<u8>,
    before: [&'r str; TEXTS],
}

impl<'r> Packer<'r> {
    /// For requests of which so many bytes are kept.
    pub(super) fn new(size: usize) -> Self {
        Self { heads: vec![VERSION], texts: Vec::with_capacity(size), before: [""; TEXTS] }
    }

    pub(super) fn add(&mut self, ready: &'r Ready) {
        let entry = &ready.entry;
        // In the order of `Field`.
        let texts: [Option<&str>; TEXTS] = [
            Some(ready.id.as_str()),
            Some(entry.credential_id.as_str()),
            Some(&entry.request_id),
            Some(&entry.method),
            Some(&entry.operation),
            Some(&entry.path),
            entry.target.as_deref(),
            entry.user_id.as_ref().map(UserId::as_str),
            ready.user_name.as_deref(),
            entry.ip.as_deref(),
            entry.user_agent.as_deref(),
            entry.replay_of.as_ref().map(RequestLogId::as_str),
            entry.actor.as_deref(),
            ready.notes.as_deref(),
        ];
        for (text, before) in texts.into_iter().zip(&mut self.before) {
            put_text(&mut self.heads, before, text);
            *before = text.unwrap_or(before);
        }
        put(&mut self.heads, entry.at.millis().cast_unsigned());
        put(&mut self.heads, u64::from(entry.status));
        put(&mut self.heads, entry.duration);
        put(&mut self.heads, u64::from(entry.body.whole) | u64::from(entry.answer.whole) << 1);
        put(&mut self.heads, entry.body.length.unwrap_or_default());
        put(&mut self.heads, entry.answer.length.map_or(0, |length| length.saturating_add(1)));
        for text in [&entry.body.text, &entry.answer.text] {
            put(&mut self.heads, text.as_ref().map_or(0, |text| text.len() as u64 + 1));
            self.texts.extend_from_slice(text.as_deref().unwrap_or_default().as_bytes());
        }
    }

    /// The heads, and the texts of bodies and answers.
    pub(super) fn packed(self) -> (Vec<u8>, Vec<u8>) {
        (self.heads, compress_prepend_size(&self.texts))
    }
}

/// The texts of a segment with these heads.
///
/// # Errors
/// Internal, if they cannot be read.
pub(super) fn unpacked(heads: &[u8], texts: Vec<u8>) -> Result<Vec<u8>> {
    if heads.first() == Some(&PLAIN) {
        return Ok(texts);
    }
    let (size, block) = uncompressed_size(&texts).map_err(|_| torn())?;
    if size / RATIO > block.len() {
        return Err(torn());
    }
    let plain = decompress(block, size).map_err(|_| torn())?;
    if plain.len() == size { Ok(plain) } else { Err(torn()) }
}

/// The head of a request, as it lies in a segment.
#[derive(Debug, Default)]
pub(super) struct Head {
    texts: [String; TEXTS],
    given: [bool; TEXTS],
    at: i64,
    pub(super) status: u16,
    duration: u64,
    body: Place,
    answer: Place,
}

/// What is known of a body or an answer, and where its text is.
#[derive(Debug, Default)]
struct Place {
    whole: bool,
    length: Option<u64>,
    text: Option<Range<usize>>,
}

impl Head {
    pub(super) fn text(&self, field: Field) -> Option<&str> {
        let place = field as usize;
        self.given[place].then_some(self.texts[place].as_str())
    }

    pub(super) fn id(&self) -> &str {
        self.text(Field::Id).unwrap_or_default()
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp(self.at)
    }

    pub(super) fn operation(&self) -> &str {
        self.text(Field::Operation).unwrap_or_default()
    }

    /// What was sent, if all of it is there.
    pub(super) fn whole_body<'t>(&self, texts: &'t [u8]) -> Result<Option<&'t str>> {
        let range = self.body.text.clone().filter(|_| self.body.whole && self.body.length != Some(0));
        range.map(|range| utf8(texts.get(range).ok_or_else(torn)?)).transpose()
    }

    /// The request as the log shows it; with the texts of its body and answer if they are there.
    pub(super) fn logged(&self, directory: &DirectoryId, texts: Option<&[u8]>) -> Result<Logged> {
        let some = |field: Field| self.text(field).map(str::to_owned);
        let text = |field: Field| some(field).unwrap_or_default();
        let kept = |place: &Place| {
            let text = match (texts, &place.text) {
                (Some(texts), Some(range)) => Some(utf8(texts.get(range.clone()).ok_or_else(torn)?)?.to_owned()),
                _ => None,
            };
            Ok::<_, Error>(Kept { text, length: place.length, whole: place.whole })
        };
        let notes = read_notes(self.text(Field::Notes));
        Ok(Logged {
            id: RequestLogId::from_text(text(Field::Id)),
            directory_id: directory.clone(),
            credential_id: CredentialId::from_text(text(Field::Credential)),
            request_id: text(Field::Request),
            at: self.at(),
            status: self.status,
            duration: self.duration,
            method: text(Field::Method),
            operation: text(Field::Operation),
            path: text(Field::Path),
            target: some(Field::Target),
            user_id: some(Field::User).map(UserId::from_text),
            user_name: some(Field::UserName),
            ip: some(Field::Ip),
            user_agent: some(Field::UserAgent),
            replay_of: some(Field::ReplayOf).map(RequestLogId::from_text),
            actor: some(Field::Actor),
            body: kept(&self.body)?,
            answer: kept(&self.answer)?,
            notes,
            masked: false,
        })
    }
}

/// Everything that a segment has.
///
/// # Errors
/// Internal, if some of it cannot be read.
pub(super) fn all(directory: &DirectoryId, heads: &[u8], texts: Vec<u8>) -> Result<Vec<Logged>> {
    let texts = unpacked(heads, texts)?;
    let (mut heads, mut all) = (Unpacker::new(heads)?, Vec::new());
    while let Some(head) = heads.next()? {
        all.push(head.logged(directory, Some(&texts))?);
    }
    Ok(all)
}

/// Takes heads out of a segment, one after the other.
pub(super) struct Unpacker<'s> {
    rest: &'s [u8],
    /// Where the next text of a body or an answer begins.
    at: usize,
    head: Head,
}

impl<'s> Unpacker<'s> {
    /// # Errors
    /// Internal, if it is of a version that nobody knows here.
    pub(super) fn new(heads: &'s [u8]) -> Result<Self> {
        match heads.split_first() {
            Some((&(VERSION | PLAIN), rest)) => Ok(Self { rest, at: 0, head: Head::default() }),
            _ => Err(torn()),
        }
    }

    /// The next head. It is lent until the one after it is asked for.
    ///
    /// # Errors
    /// Internal, if it is not whole.
    pub(super) fn next(&mut self) -> Result<Option<&Head>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let head = &mut self.head;
        for (text, given) in head.texts.iter_mut().zip(&mut head.given) {
            *given = take_text(&mut self.rest, text)?;
        }
        let mut number = || take(&mut self.rest);
        head.at = number()?.cast_signed();
        head.status = u16::try_from(number()?).map_err(|_| torn())?;
        head.duration = number()?;
        let whole = number()?;
        (head.body.whole, head.answer.whole) = (whole & 1 != 0, whole & 2 != 0);
        head.body.length = Some(number()?);
        head.answer.length = number()?.checked_sub(1);
        for place in [&mut head.body, &mut head.answer] {
            place.text = match number()?.checked_sub(1) {
                Some(length) => {
                    let end = usize::try_from(length).ok().and_then(|n| self.at.checked_add(n)).ok_or_else(torn)?;
                    Some(std::mem::replace(&mut self.at, end)..end)
                }
                None => None,
            };
        }
        Ok(Some(&self.head))
    }
}

fn torn() -> Error {
    Error::internal("a segment of the request log cannot be read")
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| torn())
}

/// A number, seven bits a byte.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// A text after another one that the reader knows: 0 for none, else what they share and the rest.
pub(super) fn put_text(bytes: &mut Vec<u8>, before: &str, text: Option<&str>) {
    let Some(text) = text else { return put(bytes, 0) };
    let shared = if before == text {
        text.len()
    } else {
        let same = before.bytes().zip(text.bytes()).take_while(|(one, other)| one == other).count();
        // The bytes are the same up to there, so what ends a character of one ends one of the other.
        text.floor_char_boundary(same)
    };
    put(bytes, shared as u64 + 1);
    put(bytes, (text.len() - shared) as u64);
    bytes.extend_from_slice(&text.as_bytes()[shared..]);
}

pub(super) fn take(rest: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or_else(torn)?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(torn())
}

/// Makes of the text before the one that follows; whether there is one.
pub(super) fn take_text(rest: &mut &[u8], text: &mut String) -> Result<bool> {
    let Some(shared) = take(rest)?.checked_sub(1) else { return Ok(false) };
    let shared = usize::try_from(shared).map_err(|_| torn())?;
    let length = usize::try_from(take(rest)?).map_err(|_| torn())?;
    if !text.is_char_boundary(shared) || length > rest.len() {
        return Err(torn());
    }
    let (own, after) = rest.split_at(length);
    *rest = after;
    text.truncate(shared);
    text.push_str(utf8(own)?);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_come_back() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        for number in numbers {
            put(&mut bytes, number);
        }
        let mut rest = bytes.as_slice();
        assert_eq!(numbers.map(|_| take(&mut rest).unwrap()), numbers);
        assert!(rest.is_empty() && take(&mut rest).is_err());

        // "ä" and "å" begin with the same byte.
        let texts = [Some("/Users/ä"), Some("/Users/å"), None, Some("/Users/å"), Some(""), Some("/Users")];
        let (mut bytes, mut before) = (Vec::new(), "");
        for text in texts {
            put_text(&mut bytes, before, text);
            before = text.unwrap_or(before);
        }
        let (mut rest, mut text) = (bytes.as_slice(), String::new());
        for wanted in texts {
            let given = take_text(&mut rest, &mut text).unwrap();
            assert_eq!(given.then_some(text.as_str()), wanted);
        }
        // The same text costs two bytes.
        bytes.clear();
        put_text(&mut bytes, "curl/8.0", Some("curl/8.0"));
        assert_eq!(bytes.len(), 2);
    }

    #[test]
    fn texts_come_back_and_so_do_those_of_the_version_before() {
        let plain = r#"{"userName":"ann@acme.example","active":true}"#.repeat(50).into_bytes();
        let packed = compress_prepend_size(&plain);
        assert!(packed.len() * 10 < plain.len(), "{} bytes of {}", packed.len(), plain.len());
        assert_eq!(unpacked(&[VERSION], packed.clone()).unwrap(), plain);
        assert_eq!(unpacked(&[PLAIN], plain.clone()).unwrap(), plain);
        assert!(unpacked(&[VERSION], compress_prepend_size(&[])).unwrap().is_empty());

        let claiming = |size: u32| [&size.to_le_bytes(), &packed[4..]].concat();
        let size = u32::try_from(plain.len()).unwrap();
        for torn in [
            Vec::new(),
            packed[..packed.len() - 1].to_vec(),
            claiming(size - 1),
            claiming(size + 1),
            claiming(u32::MAX),
        ] {
            assert!(unpacked(&[VERSION], torn).is_err());
        }
    }

    #[test]
    fn what_is_torn_is_an_error() {
        for bytes in [&[][..], &[9], &[VERSION, 1], &[VERSION, 1, 5, b'a'], &[VERSION, 9, 0], &[VERSION, 0xff]] {
            let read = Unpacker::new(bytes).and_then(|mut all| all.next().map(|head| head.is_some()));
            assert!(read.is_err(), "{bytes:?} was read");
        }
    }
}
