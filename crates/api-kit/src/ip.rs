//! The caller's address: the socket's, or what trusted proxies say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderName};

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: u128,
    mask: u128,
}

impl Cidr {
    /// Whether the address is in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.network
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let odd = || format!("{text:?} is neither an address nor a range such as 10.0.0.0/8");
        let (address, length) = text.trim().split_once('/').map_or((text.trim(), None), |(a, l)| (a, Some(l)));
        let address = IpAddr::from_str(address).map_err(|_| odd())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), u32::from_str).ok().filter(|l| *l <= most).ok_or_else(odd)?;
        let mask = u128::MAX.checked_shl(most - length).unwrap_or(0);
        Ok(Self { network: bits(address) & mask, mask })
    }
}

/// Every address as IPv6, so that `::ffff:10.0.0.1` and `10.0.0.1` are the same one.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address from which a request came. `X-Forwarded-For` is read from the right as long as the
/// speaker is a trusted proxy; what an untrusted one claims is never believed.
#[must_use]
pub fn client_ip(peer: Option<SocketAddr>, headers: &HeaderMap, trusted: &[Cidr]) -> Option<IpAddr> {
    let mut known = peer?.ip().to_canonical();
    if trusted.is_empty() {
        return Some(known);
    }
    let lines: Vec<&str> = headers
        .get_all(HeaderName::from_static("x-forwarded-for"))
        .map(|line| std::str::from_utf8(line.as_bytes()).unwrap_or_default())
        .collect();
    for claim in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.iter().any(|range| range.contains(known)) {
            break;
        }
        let Some(address) = forwarded(claim.trim()) else { break };
        known = address;
    }
    Some(known)
}

/// An address of the header, which some proxies write with a port.
fn forwarded(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse::<Ipv6Addr>().map(IpAddr::V6));
    address.ok().map(|address| address.to_canonical())
}

/// What rate limits count by: the address, or the /64 of an IPv6 address, because whoever has one
/// address there has them all.
#[must_use]
pub fn limiter_key(address: Option<IpAddr>) -> IpAddr {
    address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), auth_core::throttles::network)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<Cidr> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        client_ip(Some(SocketAddr::new(peer.parse().unwrap(), 1)), &headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn without_trusted_proxies_the_header_is_nothing() {
        assert_eq!(seen("198.51.100.7", &["1.2.3.4"], &[]), "198.51.100.7");
        assert_eq!(seen("198.51.100.7", &["1.2.3.4"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(seen("::ffff:198.51.100.7", &[], &[]), "198.51.100.7");
    }

    #[test]
    fn trusted_proxies_are_walked_from_the_right_up_to_the_first_stranger() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.9.9.9"], &trusted), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "1.2.3.4:5678"], &trusted), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:443, fd00::2"], &trusted), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, rubbish"], &trusted), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["10.1.1.1"], &trusted), "10.1.1.1");
        assert_eq!(seen("10.0.0.1", &[], &trusted), "10.0.0.1");
    }

    #[test]
    fn ranges_are_read_and_odd_ones_refused() {
        for odd in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "x/8", "10.0.0.0/-1"] {
            assert!(odd.parse::<Cidr>().is_err(), "{odd}");
        }
        let all: Cidr = "::/0".parse().unwrap();
        assert!(all.contains("10.0.0.1".parse().unwrap()));
        let v4: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(v4.contains("1.2.3.4".parse().unwrap()) && !v4.contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn limits_count_by_the_64_of_ipv6() {
        let key = |text: &str| limiter_key(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2:3::9"), key("2001:db8:1:2::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:1.2.3.4"), key("1.2.3.4"));
    }
}
