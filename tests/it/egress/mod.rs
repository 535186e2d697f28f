//! Outgoing requests: refused addresses in every spelling, and the bounds of responses.

mod trust;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use craft::egress::{ConnectionSecurity, Egress, EgressPolicy, Error, Request};
use http::{Method, StatusCode};
use proptest::prelude::*;
use url::Url;

use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS};
use crate::support::hang::HANG_TIMEOUT;
use crate::support::listener::{closed_port, leap_to_limit, send_endless_body, serve, serve_raw, serve_silence};

fn loopback() -> Egress {
    Egress::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] })
}

fn to(url: impl AsRef<str>) -> Request {
    Request::new(Method::GET, Url::parse(url.as_ref()).unwrap())
}

#[tokio::test]
async fn loopback_is_refused_until_it_is_on_the_allow_list() {
    let address = serve(Router::new().route("/", get(|| async { "hello" }))).await;
    let url = format!("http://{address}/");

    let refusal = Egress::new(EgressPolicy::default()).send(to(&url)).await.unwrap_err();
    assert!(matches!(refusal, Error::Refused(_)), "{refusal:?}");
    let text = refusal.to_string();
    assert!(text.contains("127.0.0.1") && text.contains("a loopback address"), "{text}");
    assert!(text.contains(&format!("adding {address} to CRAFT_EGRESS_ALLOW")), "{text}");

    let listed = Egress::new(EgressPolicy { allow: vec![address.to_string().parse().unwrap()] });
    assert_eq!(listed.send(to(&url)).await.unwrap().bytes().await.unwrap(), "hello");
}

#[tokio::test]
async fn a_name_of_a_private_address_is_refused_like_the_address() {
    let address = serve(Router::new().route("/", get(|| async { "hello" }))).await;
    for url in [format!("http://localhost:{}/", address.port()), format!("https://LOCALHOST:{}/", address.port())] {
        let refusal = Egress::new(EgressPolicy::default()).send(to(&url)).await.unwrap_err();
        assert!(matches!(refusal, Error::Refused(_)), "{url}: {refusal:?}");
        let refusal = Egress::new(EgressPolicy::default()).check(&Url::parse(&url).unwrap()).await.unwrap_err();
        assert!(refusal.to_string().contains("localhost"), "{refusal}");
    }
}

#[tokio::test]
async fn a_rule_for_one_spelling_of_loopback_allows_the_others_at_that_port_only() {
    let address = serve(Router::new().route("/", get(|| async { "hello" }))).await;
    let other = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    for rule in ["localhost", "127.0.0.1", "[::1]"] {
        let egress = Egress::new(EgressPolicy { allow: vec![format!("{rule}:{}", address.port()).parse().unwrap()] });
        for host in ["localhost", "127.0.0.1"] {
            let answer = egress.send(to(format!("http://{host}:{}/", address.port()))).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{rule} should allow {host}");
            let refusal = egress.send(to(format!("http://{host}:{}/", other.port()))).await.unwrap_err();
            assert!(matches!(refusal, Error::Refused(_)), "{rule} should not allow {host} at another port");
        }
    }
}

#[tokio::test]
async fn the_hub_never_connects_to_itself() {
    let hub = serve(Router::new().route("/", get(|| async { "hub" }))).await;
    let egress = loopback();
    assert_eq!(egress.send(to(format!("http://{hub}/"))).await.unwrap().status(), StatusCode::OK);
    egress.block_own_address(hub);
    for host in ["127.0.0.1", "localhost", "127.0.0.2", "[::ffff:127.0.0.1]"] {
        let refusal = egress.send(to(format!("http://{host}:{}/", hub.port()))).await.unwrap_err();
        assert!(refusal.to_string().contains("this hub itself"), "{host}: {refusal}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let visits = Arc::new(AtomicUsize::new(0));
    let counter = visits.clone();
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        async { "private" }
    };
    let private = serve(Router::new().route("/", get(count))).await;
    let target = format!("http://{private}/");
    let public = serve(Router::new().route("/", get(move || async move { Redirect::temporary(&target) }))).await;
    let answer = loopback().send(to(format!("http://{public}/"))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(visits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_endless_response_fails_at_its_limit() {
    let address = serve_raw(|stream| send_endless_body(stream, "text/plain", 100_000)).await;
    let answer = loopback().send(to(format!("http://{address}/")).max_response_bytes(1_000_000)).await.unwrap();
    let error = answer.bytes().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "127.0.0.1 answered with more than 1 MB, the most that this hub accepts. Ask for less at once, or ask the people who \
         run it"
    );
}

#[tokio::test]
async fn a_compressed_response_that_grows_fails_at_its_limit() {
    let bomb = std::process::Command::new("sh").args(["-c", "head -c 50000000 /dev/zero | gzip -9"]).output().unwrap();
    assert!(bomb.stdout.len() < 100_000);
    let page = move || async move { ([("content-encoding", "gzip")], bomb.stdout) };
    let address = serve(Router::new().route("/", get(page))).await;
    let answer = loopback().send(to(format!("http://{address}/")).max_response_bytes(1_000_000)).await.unwrap();
    assert!(matches!(answer.bytes().await, Err(Error::TooLarge { limit: 1_000_000, .. })));
}

#[tokio::test]
async fn a_timeout_a_closed_port_and_an_unknown_name_are_distinct_errors() {
    let (silent, arrived) = serve_silence(b"").await;
    let egress = loopback();
    let sent = egress.send(to(format!("http://{silent}/")).timeout(HANG_TIMEOUT));
    let error = leap_to_limit(sent, &arrived).await.0.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }) && error.may_have_arrived(), "{error:?}");

    let error = egress.send(to(format!("http://{}/", closed_port().await))).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && !error.may_have_arrived(), "{error:?}");

    let error = egress.send(to("https://no-such-host.invalid/")).await.unwrap_err();
    assert!(matches!(error, Error::Unresolved { .. }) && !error.may_have_arrived(), "{error:?}");
}

#[tokio::test]
async fn a_failed_handshake_names_its_cause() {
    let untrusted = CertificateAuthority::new().serve(Router::new(), None, PROTOCOLS[0]).await;
    let garbage = serve_raw(|stream| async move {
        stream.try_write(b"this is no TLS\n").unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let egress = loopback();
    for (port, message) in [
        (untrusted.port(), "localhost has a certificate from an authority that this machine does not trust. Add"),
        (garbage.port(), "localhost does not speak TLS at this port. Check the port of the address"),
    ] {
        let url = format!("https://localhost:{port}/");
        let target = egress.resolve(&Url::parse(&url).unwrap()).await.unwrap();
        for error in [target.connect().await.unwrap_err(), egress.send(to(&url)).await.unwrap_err()] {
            assert!(matches!(error, Error::Handshake { .. }) && !error.may_have_arrived(), "{error:?}");
            assert!(error.to_string().starts_with(message), "{error:?}");
        }
    }
    let plain = serve(Router::new()).await;
    let target = egress.resolve(&Url::parse(&format!("http://localhost:{}/", plain.port())).unwrap()).await.unwrap();
    assert_eq!((target.host(), target.connect().await.unwrap()), ("localhost", ConnectionSecurity::Loopback));
    assert!(
        target.resolved_addresses().iter().all(|address| address.ip().is_loopback())
            && !target.resolved_addresses().is_empty()
    );
    let refused = Egress::new(EgressPolicy::default()).resolve(&Url::parse("https://localhost/").unwrap()).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn only_web_urls_without_credentials_are_requested() {
    for url in ["ftp://example.com/", "file:///etc/passwd", "https://user:pass@example.com/", "data:text/plain,x"] {
        let error = loopback().send(to(url)).await.unwrap_err();
        assert!(matches!(error, Error::InvalidUrl(_)), "{url}: {error:?}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
}

/// Returns the spellings of an IPv4 address in URLs.
fn spellings(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets();
    let number = u32::from(ip);
    let tail = u32::from(u16::from_be_bytes([c, d]));
    let mut all = vec![
        ip.to_string(),
        format!("{ip}."),
        number.to_string(),
        format!("{number:#x}"),
        format!("0{number:o}"),
        format!("{a}.{b}.{tail}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("[::ffff:{ip}]"),
        format!("[::{ip}]"),
        format!("[64:ff9b::{ip}]"),
    ];
    all.push(format!("[2002:{:x}:{:x}::]", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
    all
}

fn private_v4() -> impl Strategy<Value = Ipv4Addr> {
    let networks = [
        ("0.0.0.0", 8),
        ("10.0.0.0", 8),
        ("100.64.0.0", 10),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("172.16.0.0", 12),
        ("192.0.0.0", 24),
        ("192.0.2.0", 24),
        ("192.168.0.0", 16),
        ("198.18.0.0", 15),
        ("198.51.100.0", 24),
        ("203.0.113.0", 24),
        ("224.0.0.0", 4),
        ("240.0.0.0", 4),
    ];
    (proptest::sample::select(networks.to_vec()), any::<u32>()).prop_map(|((base, prefix), host)| {
        let base: Ipv4Addr = base.parse().unwrap();
        Ipv4Addr::from(u32::from(base) | (host & (u32::MAX >> prefix)))
    })
}

proptest! {
    #[test]
    fn no_spelling_of_a_private_ipv4_address_is_allowed(ip in private_v4(), https: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let egress = Egress::new(EgressPolicy::default());
        for host in spellings(ip) {
            let url = Url::parse(&format!("{}://{host}/", if https { "https" } else { "http" })).unwrap();
            let checked = runtime.block_on(egress.check(&url));
            prop_assert!(matches!(checked, Err(Error::Refused(_))), "{url}: {checked:?}");
        }
    }

    #[test]
    fn no_ipv6_address_outside_global_unicast_is_allowed(bits: u128) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // global unicast is 2000::/3; set the top three bits to anything else
        let ip = IpAddr::from(std::net::Ipv6Addr::from(if bits >> 125 == 1 { bits ^ (1 << 127) } else { bits }));
        let url = Url::parse(&format!("https://[{ip}]/")).unwrap();
        let checked = runtime.block_on(Egress::new(EgressPolicy::default()).check(&url));
        prop_assert!(matches!(checked, Err(Error::Refused(_))), "{url}: {checked:?}");
    }
}
