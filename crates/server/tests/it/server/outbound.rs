//! The client that calls what somebody named: it reaches no private address, whatever the name or the answer says.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpResponse;
use api_kit::{Reach, Refused};
use reqwest::Method;
use reqwest::header::HeaderMap;
use server::outbound::{Answer, Failed, Found, Outbound};

use crate::support::*;

fn reach(ranges: &[&str]) -> Reach {
    Reach { private: ranges.iter().map(|range| range.parse().expect("a range")).collect(), http: true }
}

/// A client for which names mean what the function says.
fn client(ranges: &[&str], means: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Outbound {
    let lookup = Arc::new(move |name: String| -> Found {
        let found = means(&name);
        Box::pin(async move { Ok(found) })
    });
    Outbound::with_lookup(reach(ranges), lookup).expect("a client")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

async fn get(client: &Outbound, url: &str) -> Result<Answer, Failed> {
    client.call(Method::GET, url, HeaderMap::new(), "").await
}

fn port(receiver: &Receiver) -> &str {
    receiver.base.rsplit(':').next().expect("a port")
}

fn run(test: impl Future<Output = ()>) {
    actix_web::rt::System::new().block_on(test);
}

#[test]
fn private_addresses_are_not_called_however_they_are_written() {
    run(async {
        let receiver = Receiver::open();
        let port = port(&receiver);
        let closed = Outbound::new(reach(&[])).unwrap();
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "localhost",
            "LOCALHOST",
            "169.254.169.254",
            "10.0.0.1",
        ] {
            for scheme in ["http", "https"] {
                let answer = get(&closed, &format!("{scheme}://{host}:{port}/")).await;
                assert!(matches!(answer, Err(Failed::Refused(Refused::Private))), "{scheme} {host}: {answer:?}");
            }
        }
        assert!(receiver.got().is_empty());
    });
}

#[test]
fn a_name_that_means_a_private_address_is_refused_and_one_that_changes_its_meaning_gains_nothing() {
    run(async {
        let receiver = Receiver::open();
        let port = port(&receiver).to_owned();
        for inside in
            ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "fe80::1"]
        {
            let closed = client(&[], move |_| vec![address(inside)]);
            let answer = get(&closed, &format!("http://hooks.example:{port}/")).await;
            assert!(matches!(answer, Err(Failed::Refused(Refused::Private))), "{inside}: {answer:?}");
        }
        // The first look says something public, every later one something private: there is no later one that counts.
        let looks = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looks);
        let rebinding = client(&[], move |_| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            vec![address(if first { "192.0.2.1" } else { "127.0.0.1" })]
        });
        for _ in 0..3 {
            assert!(get(&rebinding, &format!("http://hooks.example:{port}/")).await.is_err());
        }
        assert!(looks.load(Ordering::SeqCst) >= 3 && receiver.got().is_empty());
        // Of several addresses only those are called that may be.
        let mixed = client(&["127.0.0.0/8"], |_| vec![address("10.0.0.1"), address("127.0.0.1")]);
        assert_eq!(get(&mixed, &format!("http://hooks.example:{port}/x")).await.unwrap().status, 200);
        assert_eq!(receiver.got()[0].headers["host"], format!("hooks.example:{port}"));
    });
}

#[test]
fn redirects_are_answers_and_nothing_else() {
    run(async {
        let (receiver, inside) = (Receiver::open(), Receiver::open());
        let target = inside.base.clone();
        receiver.answer_with(move |got| {
            let status = got.path[1..].parse().expect("a status");
            let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
            HttpResponse::build(status).insert_header(("location", target.clone())).finish()
        });
        let open = Outbound::new(reach(&["127.0.0.0/8"])).unwrap();
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(get(&open, &format!("{}/{status}", receiver.base)).await.unwrap().status, status);
        }
        assert!(inside.got().is_empty(), "a redirect was followed");
    });
}

#[test]
fn an_answer_is_read_as_far_as_it_is_kept_and_plain_http_is_refused_unless_allowed() {
    run(async {
        let receiver = Receiver::open();
        receiver.answer_with(|_| HttpResponse::Ok().body("x".repeat(1 << 20)));
        let open = Outbound::new(reach(&["127.0.0.0/8"])).unwrap();
        assert_eq!(get(&open, &receiver.base).await.unwrap().body.len(), 4096);
        let strict = Outbound::new(Reach { http: false, ..reach(&["127.0.0.0/8"]) }).unwrap();
        let answer = get(&strict, &receiver.base).await;
        assert!(matches!(answer, Err(Failed::Refused(Refused::Insecure))), "{answer:?}");
        // Nobody listens there, and nobody speaks TLS here. What is said of it does not repeat the address.
        for url in
            ["http://127.0.0.1:9/secret-path", &format!("{}/secret-path", receiver.base.replace("http", "https"))]
        {
            let failed = get(&open, url).await.unwrap_err();
            assert!(matches!(failed, Failed::Unreachable(_)), "{url}: {failed:?}");
            assert!(!failed.to_string().contains("secret-path"), "{failed}");
        }
    });
}
