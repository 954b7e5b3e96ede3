//! The parts of an authenticator's first answer that we keep as they came (W3C Web Authentication, 6.1 and 6.5). What it
//! says was verified before: nothing here decides about anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde_cbor_2::Value;

/// Hash of the domain, flags, counter: what precedes the kind of authenticator.
const KIND: usize = 37;
const AAGUID: usize = 16;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;

/// What is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// The kind of authenticator, as a UUID.
    pub aaguid: String,
    /// The public key, in base64.
    pub public_key: String,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub sign_count: i64,
}

/// Reads an attestation object. `None` if it is none.
pub(super) fn read(attestation_object: &[u8]) -> Option<Parts> {
    let Value::Map(fields) = serde_cbor_2::from_slice(attestation_object).ok()? else { return None };
    let Some(Value::Bytes(data)) = fields.get(&Value::Text("authData".to_owned())) else { return None };
    let flags = *data.get(32)?;
    let sign_count = u32::from_be_bytes(data.get(33..KIND)?.try_into().ok()?);
    let aaguid: [u8; AAGUID] = data.get(KIND..KIND + AAGUID)?.try_into().ok()?;
    let rest = data.get(KIND + AAGUID..)?;
    let length = usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?));
    let key = rest.get(2 + length..)?;
    // Extensions may follow the key.
    let mut items = serde_cbor_2::Deserializer::from_slice(key).into_iter::<IgnoredAny>();
    items.next()?.ok()?;
    let key = key.get(..items.byte_offset())?;
    Some(Parts {
        aaguid: uuid::Uuid::from_bytes(aaguid).to_string(),
        public_key: STANDARD.encode(key),
        backup_eligible: flags & BACKUP_ELIGIBLE != 0,
        backed_up: flags & BACKED_UP != 0,
        sign_count: i64::from(sign_count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_precedes_the_extensions() {
        let mut data = vec![0; 32];
        data.push(0xdd);
        data.extend([0, 0, 1, 2]);
        data.extend([7; 16]);
        data.extend([0, 3, 1, 2, 3]);
        let key = [0xa1, 0x01, 0x02];
        data.extend(key);
        data.extend([0xa1, 0x61, b'x', 0xf5]);
        let mut object = vec![0xa1, 0x68];
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(&data);
        let parts = read(&object).unwrap();
        assert_eq!(parts.aaguid, "07070707-0707-0707-0707-070707070707");
        assert_eq!(parts.public_key, STANDARD.encode(key));
        assert_eq!((parts.backup_eligible, parts.backed_up, parts.sign_count), (true, true, 258));
        for end in 0..object.len() - 4 {
            assert_eq!(read(&object[..end]), None);
        }
        assert_eq!(read(b""), None);
    }
}
