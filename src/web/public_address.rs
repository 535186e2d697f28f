//! Leads visitors who opened the hub under another spelling of its public address to that address.
//!
//! Cookies and sign-ins at providers belong to the public address: what is begun elsewhere could not be finished. Only
//! pages lead; probes, programs, streams and forms are answered as they come.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use url::{Host, Url};

use super::request_summary::wants_json;
use super::session::cookies::{self, cookie_name};

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");

/// Path of style sheets, scripts and icons.
const STATIC_FILES: &str = "/static/";

/// Base name of the cookie that remembers where a visitor was led.
const LED: &str = "craft-led";

/// Time in which a visitor who comes back to the same page was not led anywhere.
const LED_SECONDS: u32 = 10;

/// The public address of the hub.
#[derive(Clone, Debug)]
pub(super) struct PublicAddress(Url);

/// The answer to a request under some name.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Serve,
    /// Always.
    Lead,
    /// Once: a proxy may have replaced the name of the public address by its own.
    LeadOnce,
}

impl PublicAddress {
    pub(super) const fn new(public_url: Url) -> Self {
        Self(public_url)
    }

    /// Decides by the value of the header `Host`.
    fn answer(&self, host: &str) -> Answer {
        let Some(named) = Url::parse(&format!("{}://{host}/", self.0.scheme())).ok() else { return Answer::Serve };
        // some proxies leave the port out
        if name(&named) == name(&self.0) && (named.port().is_none() || named.port() == self.0.port()) {
            return Answer::Serve;
        }
        let same_port = named.port_or_known_default() == self.0.port_or_known_default();
        match (is_loopback(&named), is_loopback(&self.0)) {
            // another port is a tunnel, or a mapped port of a container: the public address leads elsewhere there
            (true, true) if same_port => Answer::Lead,
            (false, false) if is_full_name(&named) && !is_unspecified(&self.0) => Answer::LeadOnce,
            _ => Answer::Serve,
        }
    }

    /// Returns the redirect for a request that is to be led, or `None`.
    fn redirect(&self, request: &Request) -> Option<Response> {
        if request.method() != Method::GET || !is_for_a_person(request) {
            return None;
        }
        let target = request.uri().path_and_query()?.as_str();
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        let host = authority.or_else(|| request.headers().get(HOST)?.to_str().ok())?;
        let mark = mark(target);
        let cookie = cookie_name(LED, &self.0);
        let is_led = match self.answer(host) {
            Answer::Serve => false,
            Answer::Lead => true,
            Answer::LeadOnce => cookies::find(request.headers(), &cookie) != Some(mark.as_str()),
        };
        if !is_led {
            return None;
        }
        let location = format!("{}{target}", self.0.as_str().trim_end_matches('/'));
        let set_cookie = format!(
            "{cookie}={mark}; Path=/; Max-Age={LED_SECONDS}; HttpOnly; SameSite=Lax{}",
            cookies::secure(&self.0)
        );
        let headers = [
            (LOCATION, HeaderValue::try_from(location).ok()?),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (SET_COOKIE, HeaderValue::try_from(set_cookie).ok()?),
        ];
        Some((StatusCode::TEMPORARY_REDIRECT, HeaderMap::from_iter(headers)).into_response())
    }
}

/// Middleware that leads visitors to the public address.
pub(super) async fn lead(State(public): State<PublicAddress>, request: Request, next: Next) -> Response {
    match public.redirect(&request) {
        Some(redirect) => redirect,
        None => next.run(request).await,
    }
}

/// Middleware that refuses an HTTP/1.1 request without exactly one valid `Host`, as RFC 9112 demands.
pub(super) async fn require_host(request: Request, next: Next) -> Response {
    if request.version() != Version::HTTP_11 || has_one_host(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::BAD_REQUEST, "This request needs one Host header.\n").into_response()
}

fn has_one_host(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(HOST).iter();
    match (values.next(), values.next()) {
        (Some(host), None) => {
            http::uri::Authority::try_from(host.as_bytes()).is_ok_and(|host| !host.as_str().contains('@'))
        }
        _ => false,
    }
}

/// Says whether the answer is a page that a person opens, and not a part of one.
fn is_for_a_person(request: &Request) -> bool {
    let headers = request.headers();
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !headers.contains_key(HX_REQUEST)
        && !accept.contains("text/event-stream")
        && !wants_json(request.uri().path(), headers)
        && !request.uri().path().starts_with(STATIC_FILES)
}

/// Returns the host without the full stop of a fully qualified name.
fn name(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Some(Host::Domain(_)) => name(url) == "localhost" || name(url).ends_with(".localhost"),
        None => false,
    }
}

fn is_unspecified(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_unspecified(),
        _ => false,
    }
}

/// Says whether the host is a name of the public kind. Addresses and short names are what proxies call the hub.
fn is_full_name(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Domain(_))) && name(url).contains('.')
}

/// Returns a short text that differs for each page.
fn mark(target: &str) -> String {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use http::HeaderMap;
    use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
    use url::Url;

    use super::{Answer, PublicAddress, has_one_host};

    fn answer(public: &str, host: &str) -> Answer {
        PublicAddress::new(Url::parse(public).unwrap()).answer(host)
    }

    #[test]
    fn other_names_of_loopback_lead_to_the_public_one() {
        for host in [
            "localhost:8080",
            "LOCALHOST:8080",
            "localhost.:8080",
            "[::1]:8080",
            "127.1.2.3:8080",
            "craft.localhost:8080",
        ] {
            assert_eq!(answer("http://127.0.0.1:8080", host), Answer::Lead, "{host}");
        }
        for host in
            ["127.0.0.1:8080", "127.1:8080", "localhost:9000", "craft:8080", "10.0.0.5:8080", "hub.example:8080", "?"]
        {
            assert_eq!(answer("http://127.0.0.1:8080", host), Answer::Serve, "{host}");
        }
    }

    #[test]
    fn other_full_names_lead_to_the_public_one_and_names_of_a_proxy_do_not() {
        for host in ["www.hub.example", "hub.example:8080", "old.example"] {
            assert_eq!(answer("https://hub.example", host), Answer::LeadOnce, "{host}");
        }
        for host in ["hub.example", "HUB.example.:443", "127.0.0.1:8080", "localhost:8080", "craft:8080", "10.0.0.5"] {
            assert_eq!(answer("https://hub.example", host), Answer::Serve, "{host}");
        }
        assert_eq!(
            answer("http://0.0.0.0:8080", "hub.example:8080"),
            Answer::Serve,
            "an address of all interfaces leads nowhere"
        );
    }

    #[test]
    fn a_visitor_who_comes_back_is_served() {
        let public = PublicAddress::new(Url::parse("https://hub.example").unwrap());
        let request = |target: &str, cookie: &str| {
            Request::get(target).header(HOST, "inner.example").header(COOKIE, cookie).body(Body::empty()).unwrap()
        };
        let led = public.redirect(&request("/jobs?status=failed", "a=b")).unwrap();
        assert_eq!(led.headers()[LOCATION], "https://hub.example/jobs?status=failed");
        let cookie = led.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(public.redirect(&request("/jobs?status=failed", &cookie)).is_none());
        assert!(public.redirect(&request("/jobs", &cookie)).is_some());
    }

    #[test]
    fn only_pages_lead() {
        let public = PublicAddress::new(Url::parse("http://127.0.0.1:8080").unwrap());
        let is_led = |method: &str, target: &str, header: (&str, &str)| {
            let request =
                Request::builder().method(method).uri(target).header(HOST, "localhost:8080").header(header.0, header.1);
            public.redirect(&request.body(Body::empty()).unwrap()).is_some()
        };
        assert!(is_led("GET", "/jobs", ("accept", "text/html")) && is_led("GET", "/", ("accept", "*/*")));
        assert!(!is_led("POST", "/jobs", ("accept", "text/html")));
        assert!(!is_led("GET", "/jobs", ("hx-request", "true")));
        assert!(!is_led("GET", "/jobs/news", ("accept", "text/event-stream")));
        assert!(!is_led("GET", "/jobs/1.json", ("accept", "*/*")));
        assert!(!is_led("GET", "/jobs/1", ("accept", "application/json")));
        assert!(!is_led("GET", "/static/0123/app.css", ("accept", "text/css")));
    }

    #[test]
    fn a_host_is_one_name_with_or_without_a_port() {
        let is_valid = |hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            has_one_host(&headers)
        };
        assert!(is_valid(&["127.0.0.1:8080"]) && is_valid(&["hub.example"]) && is_valid(&["[::1]:8080"]));
        for hosts in [&[][..], &["a.example", "a.example"], &[""], &["a b"], &["me@hub.example"], &["hub.example/x"]] {
            assert!(!is_valid(hosts), "{hosts:?}");
        }
    }
}
