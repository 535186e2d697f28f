//! A certified authorization server (npm `oidc-provider`), and a person who signs in there: see `tests/upstreams/oidc.mjs`.

use craft::oauth::{Client, Provider};
use craft::secret::Secret;
use http::Method;
use http::header::LOCATION;
use tokio::process::Command;
use url::Url;

use super::browser::Browser;
use super::page::Page;
use super::process::{ServerProcess, installed};

/// What the confidential clients prove themselves with.
pub(crate) const SECRET: &str = "it&s: 100% a/secret+thing =";

pub(crate) struct Oidc(ServerProcess);

/// What a person does when they are asked.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Consent,
    Deny,
}

impl Oidc {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With what `oidc.mjs` takes after its port.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let script = installed("oidc.mjs");
        installed("node_modules/oidc-provider");
        let command = |port: u16| {
            let mut command = Command::new("node");
            command.arg(script).arg(port.to_string()).args(arguments);
            command
        };
        Self(ServerProcess::start(command, "listening").await)
    }

    pub(crate) fn issuer(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.0.port)).unwrap()
    }

    /// The clients that sign, and the keys they sign with.
    pub(crate) async fn keys(&self) -> Vec<Client> {
        let keys = Browser::at(self.issuer()).request(Method::GET, "/test/keys", &[], "").await.json();
        let keys = keys.as_object().unwrap().iter();
        keys.map(|(id, pem)| known(id, pem.as_str())).collect()
    }

    /// Its description, with more of one's own.
    pub(crate) fn described(&self, more: &str) -> Provider {
        let at = format!("http://127.0.0.1:{}", self.0.port);
        let text = format!(
            "issuer = '{at}'\nnames_itself = true\nauthorize_url = '{at}/auth'\ntoken_url = '{at}/token'\n\
             scopes = ['openid', 'read']\nresource = 'https://api.example'\n{more}\n[refresh]\n\
             [revoke]\nurl = '{at}/token/revocation'\n"
        );
        toml::from_str(&text).unwrap()
    }

    /// A person with a browser of their own follows the link; where they are sent back to.
    pub(crate) async fn visit(&self, link: &Url, answer: Answer) -> Url {
        let browser = Browser::at(self.issuer());
        let mut page = browser.request(Method::GET, &link[url::Position::BeforePath..], &[], "").await;
        for _ in 0..12 {
            let next = match page.header(LOCATION) {
                Some(next) => self.issuer().join(next).unwrap(),
                None if page.has("input[name=login]") => {
                    page = filled(&browser, &page, &[("login", "alice"), ("password", "any")]).await;
                    continue;
                }
                None => match answer {
                    Answer::Consent => {
                        page = filled(&browser, &page, &[]).await;
                        continue;
                    }
                    Answer::Deny => self.issuer().join(&page.attr("a[href$=abort]", "href").unwrap()).unwrap(),
                },
            };
            if next.origin() != self.issuer().origin() {
                return next;
            }
            page = browser.request(Method::GET, &next[url::Position::BeforePath..], &[], "").await;
        }
        panic!("no way back from {}: {}", page.path(), page.body)
    }
}

async fn filled(browser: &Browser, page: &Page, fields: &[(&str, &str)]) -> Page {
    assert!(page.has("form[method=post]"), "no form on {}: {} {}", page.path(), page.status, page.body);
    let form = page.form("form[method=post]");
    let action = Url::parse("http://any.example").unwrap().join(&form.action).unwrap();
    browser.post(action.path(), &form.filled(fields)).await
}

/// One of the clients that it knows.
pub(crate) fn known(id: &str, secret: Option<&str>) -> Client {
    Client { id: id.to_owned(), secret: secret.map(Secret::new) }
}
