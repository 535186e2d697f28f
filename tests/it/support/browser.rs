//! A browser without script: it keeps cookies, follows redirects, and sends forms with what they hold.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use http::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::page::Page;

/// More is a loop.
const MOST_REDIRECTS: usize = 5;

/// One person's browser.
pub(crate) struct Browser {
    router: Router,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(super) fn new(router: Router, base: Url) -> Self {
        Self { router, base, cookies: Mutex::default() }
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

    /// One request, not followed, with further headers.
    pub(crate) async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = Request::builder().method(&method).uri(path).body(Body::from(body.to_owned())).unwrap();
        *request.headers_mut() = self.headers(&method, headers);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Page::new(path, parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }

    fn headers(&self, method: &Method, further: &[(&str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        let mut headers =
            HeaderMap::from_iter([(HOST, value(self.base.authority())), (USER_AGENT, value("Browser of the tests"))]);
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

    async fn follow(&self, mut page: Page) -> Page {
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
