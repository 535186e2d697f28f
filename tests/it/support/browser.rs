//! A browser without script: it keeps cookies, follows redirects, and sends forms with what they hold.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use craft::ids::JobId;
use http::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use reqwest::redirect::Policy;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::page::Page;
use super::stream::Stream;

/// More is a loop.
const MOST_REDIRECTS: usize = 5;

/// Longer than any page may take, one that waits for a change included.
const PATIENCE: Duration = Duration::from_secs(60);

/// The browser's name for itself.
pub(super) const AGENT: &str = "Browser of the tests";

/// How a request gets to the hub.
enum Way {
    InProcess(Router),
    Network(reqwest::Client),
}

/// One person's browser.
pub(crate) struct Browser {
    way: Way,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(super) fn new(router: Router, base: Url) -> Self {
        Self { way: Way::InProcess(router), base, cookies: Mutex::default() }
    }

    /// For a hub that listens at `base`.
    #[expect(clippy::disallowed_methods, reason = "a browser is outside of the hub, and of its way out")]
    pub(super) fn at(base: Url) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        Self { way: Way::Network(client), base, cookies: Mutex::default() }
    }

    /// The hub has moved; its cookies are kept.
    pub(crate) fn follow_to(&mut self, base: &Url) {
        self.base = base.clone();
    }

    /// Opens a page, and whatever it redirects to.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let first = self.request(Method::GET, path, &[], "").await;
        self.follow(first).await
    }

    /// Sends a form as the page shows it, with these fields changed. Each must be in the form.
    pub(crate) async fn submit<const N: usize>(&self, page: &Page, form: &str, fields: [(&str, &str); N]) -> Page {
        let form = page.form(form);
        let fields = form.filled(&fields);
        let action = self.base.join(page.path()).unwrap().join(&form.action).unwrap();
        let path = action[url::Position::BeforePath..].to_owned();
        let first = if form.is_post {
            self.post(&path, &fields).await
        } else {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            self.request(Method::GET, &format!("{}?{query}", action.path()), &[], "").await
        };
        self.follow(first).await
    }

    /// Sends a form that no page showed, and does not follow.
    pub(crate) async fn post(&self, path: &str, fields: &[(impl AsRef<str>, impl AsRef<str>)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }

    /// Signs in through the page.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Page {
        let page = self.get("/sign-in").await;
        self.submit(&page, "form[action='/sign-in']", [("email", email), ("password", password)]).await
    }

    /// Adds the MCP server at `url` through the page, and returns the place of the new connector.
    pub(crate) async fn add_server(&self, name: &str, url: &Url) -> String {
        let form = self.get("/connectors/new/mcp").await;
        let added = self.submit(&form, "main form", [("name", name), ("url", url.as_str())]).await;
        assert_eq!(added.status, StatusCode::OK, "{url} was not added: {}", added.text("main"));
        added.path().to_owned()
    }

    /// Runs a tool through its page; returns the job's id at once.
    pub(crate) async fn start<const N: usize>(&self, tool: &str, fields: [(&str, &str); N]) -> JobId {
        let form = self.get(tool).await;
        let page = self.submit(&form, "form[action*='/tools/']", fields).await;
        assert_eq!(page.status, StatusCode::OK, "{tool} was not run: {}", page.text("main"));
        page.path().strip_prefix("/jobs/").expect("not the page of a job").parse().unwrap()
    }

    /// One request, not followed, with further headers.
    pub(crate) async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = Request::builder().method(&method).uri(path).body(body.to_owned()).unwrap();
        *request.headers_mut() = self.headers(&method, headers);
        let (status, headers, body) = match &self.way {
            Way::InProcess(router) => in_process(router.clone(), request).await,
            Way::Network(client) => over_network(client, &self.base, request).await,
        };
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Page::new(path, status, headers, String::from_utf8_lossy(&body).into_owned())
    }

    /// Opens a stream, to be read message by message while it goes on.
    pub(crate) async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        Stream::new(self.body(path, headers).await)
    }

    /// Asks for a body, to be taken piece by piece while it is made.
    pub(crate) async fn body(&self, path: &str, headers: &[(&str, &str)]) -> Body {
        let Way::InProcess(router) = &self.way else { panic!("only a hub in this process can be watched") };
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        *request.headers_mut() = self.headers(&Method::GET, headers);
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.into_body()
    }

    fn headers(&self, method: &Method, further: &[(&str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        let mut headers = HeaderMap::from_iter([(HOST, value(self.base.authority())), (USER_AGENT, value(AGENT))]);
        if *method != Method::GET {
            headers.insert(ORIGIN, value(&self.base.origin().ascii_serialization()));
        }
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            headers.insert(COOKIE, value(&cookies.join("; ")));
        }
        for (name, text) in further {
            headers.insert(name.parse::<HeaderName>().unwrap(), value(text));
        }
        headers
    }

    pub(crate) async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..MOST_REDIRECTS {
            if page.status != StatusCode::SEE_OTHER {
                return page;
            }
            let next = self.base.join(page.header(&LOCATION).unwrap()).unwrap();
            assert_eq!(next.origin(), self.base.origin(), "a redirect leaves the hub");
            page = self.request(Method::GET, &next[url::Position::BeforePath..], &[], "").await;
        }
        panic!("more than {MOST_REDIRECTS} redirects, the last to {}", page.path())
    }

    /// As browsers do: a `__Host-` cookie counts only with `Secure` and `Path=/`, and `Max-Age=0` removes one.
    fn keep(&self, cookie: &str) {
        let mut parts = cookie.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<_> = parts.collect();
        if name.starts_with("__Host-") && !(attributes.contains(&"Secure") && attributes.contains(&"Path=/")) {
            return;
        }
        let mut cookies = self.cookies.lock().unwrap();
        if attributes.contains(&"Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Plants a cookie.
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}

type Answer = (StatusCode, HeaderMap, Bytes);

async fn in_process(router: Router, request: Request<String>) -> Answer {
    let mut request = request.map(Body::from);
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000))));
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap())
}

async fn over_network(client: &reqwest::Client, base: &Url, request: Request<String>) -> Answer {
    let (parts, body) = request.into_parts();
    let url = base.join(&parts.uri.to_string()).unwrap();
    let sent = client.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let response = sent.unwrap_or_else(|error| panic!("{} was not answered: {error:?}", parts.uri));
    (response.status(), response.headers().clone(), response.bytes().await.unwrap())
}
