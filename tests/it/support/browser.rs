//! A browser without script: it stores cookies, follows redirects, and submits the forms of pages.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use craft::ids::JobId;
use futures_util::TryStreamExt as _;
use http::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use reqwest::redirect::Policy;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::hang::HANG_TIMEOUT;
use super::page::Page;
use super::space::Space;
use super::stream::Stream;

/// The limit of redirects; more are a loop.
const MAX_REDIRECTS: usize = 5;

/// The user agent of the browser.
pub(super) const AGENT: &str = "Browser of the tests";

/// The transport of requests to the hub.
enum Transport {
    InProcess(Router),
    Network(reqwest::Client),
}

/// The browser of one person.
pub(crate) struct Browser {
    transport: Transport,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
    /// The organisation that the person acts in; `None` for their own space.
    space: Option<Space>,
}

impl Browser {
    pub(super) fn new(router: Router, base: Url) -> Self {
        Self { transport: Transport::InProcess(router), base, cookies: Mutex::default(), space: None }
    }

    /// Opens a browser for a hub that listens at `base`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a browser is outside of the hub, and does not use its egress client"
    )]
    pub(crate) fn for_url(base: Url) -> Self {
        let client =
            reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(HANG_TIMEOUT).build().unwrap();
        Self { transport: Transport::Network(client), base, cookies: Mutex::default(), space: None }
    }

    /// Finds a hub that was started again. Its port is another one here, which a restart does not change outside of tests.
    pub(crate) fn set_base(&mut self, base: &Url) {
        let port = |url: &Url| url.port().map(|port| format!("-{port}")).unwrap_or_default();
        let (old, new) = (port(&self.base), port(base));
        let cookies = std::mem::take(self.cookies.get_mut().unwrap());
        let renamed = cookies.into_iter().map(|(name, value)| (name.replace(&old, &new), value));
        *self.cookies.get_mut().unwrap() = renamed.collect();
        self.base = base.clone();
    }

    /// Takes over the cookies of another browser, as if both were one.
    pub(crate) fn with_cookies_of(self, other: &Self) -> Self {
        *self.cookies.lock().unwrap() = other.cookies.lock().unwrap().clone();
        self
    }

    /// Acts in an organisation from now on.
    pub(crate) fn set_space(&mut self, space: Space) {
        self.space = Some(space);
    }

    /// Acts in the person's own space again.
    pub(crate) fn leave_space(&mut self) {
        self.space = None;
    }

    fn address(&self, path: &str) -> String {
        self.space.as_ref().map_or_else(|| path.to_owned(), |space| space.enter(path))
    }

    /// Opens a page and follows its redirects.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let first = self.request(Method::GET, path, &[], "").await;
        self.follow(first).await
    }

    /// Submits a form as the page shows it, with these fields changed. Panics if the form lacks one of them.
    pub(crate) async fn submit<const N: usize>(&self, page: &Page, form: &str, fields: [(&str, &str); N]) -> Page {
        let form = page.form(form);
        let fields = form.fields_with(&fields);
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

    /// Submits a form with files as the page shows it, with these fields changed and these files chosen. Panics if the form
    /// takes no files, or lacks one of the fields.
    pub(crate) async fn upload(
        &self,
        page: &Page,
        form: &str,
        fields: &[(&str, &str)],
        files: &[ChosenFile<'_>],
    ) -> Page {
        let form = page.form(form);
        assert!(form.takes_files, "the form of {} takes no files", page.path());
        let body = multipart_body(&form.fields_with(fields), files);
        let headers = [("content-type", "multipart/form-data; boundary=----a-browser")];
        let first = self.send(Method::POST, &form.action, &headers, &body).await;
        self.follow(first).await
    }

    /// Posts these fields without a page, and follows no redirect.
    pub(crate) async fn post(&self, path: &str, fields: &[(impl AsRef<str>, impl AsRef<str>)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }

    /// Signs in through the page.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Page {
        let page = self.get("/sign-in").await;
        self.submit(&page, "form[action='/sign-in']", [("email", email), ("password", password)]).await
    }

    /// Adds the MCP server at `url` through the page; returns the path of the new connector.
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

    /// Sends a request with further headers, and follows no redirect.
    pub(crate) async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        self.send(method, path, headers, body.as_bytes()).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
        let mut request = Request::builder().method(&method).uri(self.address(path)).body(body.to_vec()).unwrap();
        *request.headers_mut() = self.headers(&method, headers);
        let (status, mut headers, body) = match &self.transport {
            Transport::InProcess(router) => in_process(router.clone(), request).await,
            Transport::Network(client) => over_network(client, &self.base, request).await,
        };
        for cookie in headers.get_all(SET_COOKIE) {
            self.store_cookie(cookie.to_str().unwrap());
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        let body =
            self.space.as_ref().map_or(body.clone(), |space| space.strip_answer(path, status, &mut headers, &body));
        Page::new(path, status, headers, body)
    }

    /// Opens a stream of server-sent events.
    pub(crate) async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        Stream::new(self.body(path, headers).await)
    }

    /// Requests a page whose body is read while the hub writes it.
    pub(crate) async fn body(&self, path: &str, headers: &[(&str, &str)]) -> Body {
        let Transport::InProcess(router) = &self.transport else {
            panic!("only a hub in this process can be streamed")
        };
        let mut request = Request::builder().uri(self.address(path)).body(Body::empty()).unwrap();
        *request.headers_mut() = self.headers(&Method::GET, headers);
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        match self.space.clone() {
            Some(space) => {
                Body::from_stream(response.into_body().into_data_stream().map_ok(move |it| space.strip_part(&it)))
            }
            None => response.into_body(),
        }
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
            let (name, value) = (name.parse::<HeaderName>().unwrap(), value(text));
            // what the browser sends by itself is replaced; the same header twice stays twice
            if further.iter().filter(|(other, _)| name == *other).count() > 1 {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
        headers
    }

    pub(crate) async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..MAX_REDIRECTS {
            if page.status != StatusCode::SEE_OTHER {
                return page;
            }
            let next = self.base.join(page.header(&LOCATION).unwrap()).unwrap();
            assert_eq!(next.origin(), self.base.origin(), "a redirect leaves the hub");
            page = self.request(Method::GET, &next[url::Position::BeforePath..], &[], "").await;
        }
        panic!("more than {MAX_REDIRECTS} redirects, the last to {}", page.path())
    }

    /// Stores a cookie as browsers do: `__Host-` needs `Secure` and `Path=/`, and `Max-Age=0` removes the cookie.
    fn store_cookie(&self, cookie: &str) {
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

    /// Returns the value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Sets a cookie.
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}

/// A chosen file: the name of its control, its own name, and its content.
pub(crate) type ChosenFile<'a> = (&'a str, &'a str, &'a [u8]);

/// Returns the body of a form with files, as browsers write it.
pub(crate) fn multipart_body(fields: &[(String, String)], files: &[ChosenFile<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut add = |head: String, content: &[u8]| {
        body.extend(format!("------a-browser\r\nContent-Disposition: form-data; {head}\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (control, name, content) in files {
        let head = format!("name=\"{control}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream");
        add(head, content);
    }
    for (name, text) in fields {
        add(format!("name=\"{}\"", name.replace('"', "%22")), text.replace('\n', "\r\n").as_bytes());
    }
    body.extend_from_slice(b"------a-browser--\r\n");
    body
}

/// The status, headers and body of an answer.
type Answer = (StatusCode, HeaderMap, Bytes);

async fn in_process(router: Router, request: Request<Vec<u8>>) -> Answer {
    let mut request = request.map(Body::from);
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000))));
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap())
}

async fn over_network(client: &reqwest::Client, base: &Url, request: Request<Vec<u8>>) -> Answer {
    let (parts, body) = request.into_parts();
    let url = base.join(&parts.uri.to_string()).unwrap();
    let sent = client.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let response = sent.unwrap_or_else(|error| panic!("{} was not answered: {error:?}", parts.uri));
    (response.status(), response.headers().clone(), response.bytes().await.unwrap())
}
