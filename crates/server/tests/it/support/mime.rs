//! Just enough of MIME (RFC 2045, 2047) to read the mails that a test waits for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The subject and the decoded text of all parts of a message.
pub(super) fn read(raw: &str) -> (String, String) {
    let (headers, body) = split(raw);
    (encoded_words(&header(&headers, "subject")), part(&headers, body))
}

/// Headers with continuation lines joined, and the body.
fn split(raw: &str) -> (String, &str) {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap_or((raw, ""));
    (head.replace("\r\n ", " ").replace("\r\n\t", " "), body)
}

fn header(headers: &str, name: &str) -> String {
    let found = headers.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

fn part(headers: &str, body: &str) -> String {
    let kind = header(headers, "content-type");
    if let Some((_, rest)) = kind.split_once("boundary=") {
        let boundary = rest.split(';').next().unwrap_or(rest).trim().trim_matches('"');
        let mark = format!("--{boundary}");
        let parts = body.split(&mark).skip(1).take_while(|part| !part.starts_with("--"));
        return parts
            .map(|text| {
                let (headers, body) = split(text.trim_start_matches("\r\n"));
                part(&headers, body)
            })
            .collect::<Vec<_>>()
            .join("\n");
    }
    match header(headers, "content-transfer-encoding").to_ascii_lowercase().as_str() {
        "quoted-printable" => String::from_utf8_lossy(&quoted_printable(&body.replace("=\r\n", ""))).into_owned(),
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            String::from_utf8_lossy(&STANDARD.decode(packed).unwrap_or_default()).into_owned()
        }
        _ => body.to_owned(),
    }
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'=').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

/// `=?utf-8?b?…?=` and `=?utf-8?q?…?=` in a header (RFC 2047).
fn encoded_words(text: &str) -> String {
    let mut out = String::new();
    for (place, word) in text.split(' ').enumerate() {
        let fields: Vec<&str> = word.trim_start_matches("=?").trim_end_matches("?=").splitn(3, '?').collect();
        let encoded = word.starts_with("=?") && word.ends_with("?=") && fields.len() == 3;
        if place > 0 && !(encoded && text.contains("?= =?")) {
            out.push(' ');
        }
        if encoded && fields[1].eq_ignore_ascii_case("b") {
            out.push_str(&String::from_utf8_lossy(&STANDARD.decode(fields[2]).unwrap_or_default()));
        } else if encoded {
            out.push_str(&String::from_utf8_lossy(&quoted_printable(&fields[2].replace('_', " "))));
        } else {
            out.push_str(word);
        }
    }
    out
}

#[test]
fn a_quoted_printable_link_is_read_whole() {
    let raw = "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nContent-Type: multipart/alternative;\r\n boundary=\"x\"\r\n\r\n--x\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nhttp://a/?t=3Dabc=\r\ndef\r\n--x--\r\n";
    let (subject, text) = read(raw);
    assert_eq!(subject, "Grüße");
    assert!(text.contains("http://a/?t=abcdef"), "{text}");
}
