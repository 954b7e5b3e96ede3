//! Which addresses this instance may call for others: public ones, over TLS.
//!
//! Somebody who may name an address must not reach by it what only this machine reaches: itself, its network, the
//! metadata of its cloud. A name is looked up by whoever calls, and the address that was checked is the one that is
//! called; here is only said which ones may be.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::ip::Cidr;

/// Longest address, in bytes.
const LONGEST: usize = 2048;
/// Where Azure answers its machines, though the address is a public one.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// What may be called.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Ranges that may be called although they are not public.
    pub private: Vec<Cidr>,
    /// Whether calls may be made without TLS.
    pub http: bool,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no address of the web, or has parts that are not sent.
    Malformed,
    /// It has a name and a password in it.
    Credentials,
    /// It is not `https`.
    Insecure,
    /// It is not public.
    Private,
}

impl Refused {
    /// The contract: stable, snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "invalid",
            Self::Credentials => "credentials_in_url",
            Self::Insecure => "https_required",
            Self::Private => "address_not_allowed",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "must be an absolute web address of at most 2048 bytes, without a fragment",
            Self::Credentials => "must not hold a user name or a password",
            Self::Insecure => "must begin with https://",
            Self::Private => "must not be inside a private network",
        })
    }
}

impl std::error::Error for Refused {}

impl Reach {
    /// Reads an address that may be called, as far as can be said without looking its name up.
    ///
    /// # Errors
    /// Why it may not be called.
    pub fn read(&self, text: &str) -> Result<Url, Refused> {
        if text.len() > LONGEST {
            return Err(Refused::Malformed);
        }
        // Numbers in every way of writing become the address that they mean.
        let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if self.http => {}
            "http" => return Err(Refused::Insecure),
            _ => return Err(Refused::Malformed),
        }
        if url.fragment().is_some() || url.port() == Some(0) {
            return Err(Refused::Malformed);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let allowed = match url.host() {
            None => return Err(Refused::Malformed),
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
        };
        if allowed { Ok(url) } else { Err(Refused::Private) }
    }

    /// Whether an address may be called.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.private.iter().any(|range| range.contains(address))
    }
}

/// Whether everybody reaches the same machine by an address. What carries an IPv4 address inside is judged by that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(inside) => is_public_v4(inside),
            None => is_public_v6(address),
        },
    }
}

/// The IPv4 address that is meant by an IPv6 address: mapped, compatible, translated (RFC 6052) or tunneled (6to4).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let low =
        |shift: u32| Ipv4Addr::from_bits(u32::try_from((bits >> shift) & u128::from(u32::MAX)).unwrap_or_default());
    match bits >> 32 {
        // ::ffff:0:0/96, ::/96, 64:ff9b::/96
        0xffff | 0 | 0x0064_ff9b_0000_0000_0000_0000 => Some(low(0)),
        _ if bits >> 112 == 0x2002 => Some(low(80)),
        _ => None,
    }
}

/// The special ranges of RFC 6890 and of the registry since.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        0 | 10 | 127 | 224.. => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        192 => b == 168 || matches!((b, c), (0, 0 | 2) | (88, 99)),
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113),
        _ => false,
    };
    !special && address != AZURE
}

/// Global unicast is `2000::/3`, less what is set apart in it: protocols (`2001::/23`) and documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let special = match segments {
        [0x2001, second, ..] => second < 0x0200 || second == 0x0db8,
        [0x3fff, second, ..] => second < 0x1000,
        _ => false,
    };
    segments[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Reach {
        Reach { private: Vec::new(), http: true }
    }

    #[test]
    fn what_only_this_machine_reaches_is_refused_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "2852039166",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2002:a9fe:a9fe::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "[2001::1]",
            "[100::1]",
            "[3fff::1]",
            "１２７.0.0.1",
            "127。0。0。1",
        ] {
            assert_eq!(closed().read(&format!("https://{host}/hook")), Err(Refused::Private), "{host}");
        }
    }

    #[test]
    fn public_addresses_and_names_are_not() {
        for host in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "[2606:4700::1111]", "[2002:101:101::1]", "hooks.example"]
        {
            assert!(closed().read(&format!("https://{host}:8443/hook?x=1")).is_ok(), "{host}");
        }
    }

    #[test]
    fn ranges_that_are_allowed_are_no_more_than_that() {
        let reach = Reach { private: vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()], http: false };
        for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "[fd00::1]"] {
            assert!(reach.read(&format!("https://{host}/")).is_ok(), "{host}");
        }
        assert_eq!(reach.read("https://10.0.0.1/"), Err(Refused::Private));
        assert_eq!(reach.read("http://127.0.0.1/"), Err(Refused::Insecure));
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for (text, refused) in [
            ("", Refused::Malformed),
            ("hooks.example", Refused::Malformed),
            ("ftp://hooks.example/", Refused::Malformed),
            ("file:///etc/passwd", Refused::Malformed),
            ("https://hooks.example/#x", Refused::Malformed),
            ("https://hooks.example:0/", Refused::Malformed),
            ("https://ann:secret@hooks.example/", Refused::Credentials),
            ("https://256.1.1.1/", Refused::Malformed),
        ] {
            assert_eq!(closed().read(text), Err(refused), "{text}");
        }
        assert_eq!(closed().read(&format!("https://hooks.example/{}", "x".repeat(2048))), Err(Refused::Malformed));
    }
}
