//! A certified authorization server (npm `oidc-provider`, in `tests/upstreams/oidc.mjs`) and a person who signs in there.

use craft::oauth::{Client, Provider};
use craft::secret::Secret;
use http::Method;
use http::header::LOCATION;
use url::Url;

use super::browser::Browser;
use super::page::Page;
use super::server_process::{ServerProcess, installed, node};

/// The secret of the confidential clients.
pub(crate) const SECRET: &str = "it&s: 100% a/secret+thing =";

/// The running server.
pub(crate) struct OidcProvider(ServerProcess);

/// The answer of a person to the consent page.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Consent,
    Deny,
}

impl OidcProvider {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts `oidc.mjs` with these arguments after its port.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        installed("node_modules/oidc-provider");
        let command = |port: u16| {
            let mut command = node("oidc.mjs");
            command.arg(port.to_string()).args(arguments);
            command
        };
        Self(ServerProcess::start(command, "listening").await)
    }

    pub(crate) fn issuer(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.0.port)).unwrap()
    }

    /// Returns the clients that sign assertions, each with its private key as the secret.
    pub(crate) async fn signing_clients(&self) -> Vec<Client> {
        let keys = Browser::for_url(self.issuer()).request(Method::GET, "/test/keys", &[], "").await.json();
        let keys = keys.as_object().unwrap().iter();
        keys.map(|(id, pem)| oidc_client(id, pem.as_str())).collect()
    }

    /// Returns the description of this provider, with further lines.
    pub(crate) fn description(&self, lines: &str) -> Provider {
        let at = format!("http://127.0.0.1:{}", self.0.port);
        let text = format!(
            "issuer = '{at}'\nnames_itself = true\nauthorize_url = '{at}/auth'\ntoken_url = '{at}/token'\n\
             scopes = ['openid', 'read']\nresource = 'https://api.example'\n{lines}\n[refresh]\n\
             [revoke]\nurl = '{at}/token/revocation'\n"
        );
        toml::from_str(&text).unwrap()
    }

    /// Follows the link as a person with a new browser who signs in and answers. Returns the callback URL.
    pub(crate) async fn sign_in(&self, link: &Url, answer: Answer) -> Url {
        let browser = Browser::for_url(self.issuer());
        let mut page = browser.request(Method::GET, &link[url::Position::BeforePath..], &[], "").await;
        for _ in 0..12 {
            let next = match page.header(LOCATION) {
                Some(next) => self.issuer().join(next).unwrap(),
                None if page.has("input[name=login]") => {
                    page = submit(&browser, &page, &[("login", "alice"), ("password", "any")]).await;
                    continue;
                }
                None => match answer {
                    Answer::Consent => {
                        page = submit(&browser, &page, &[]).await;
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
        panic!("no redirect to the hub from {}: {}", page.path(), page.body)
    }
}

async fn submit(browser: &Browser, page: &Page, fields: &[(&str, &str)]) -> Page {
    assert!(page.has("form[method=post]"), "no form on {}: {} {}", page.path(), page.status, page.body);
    let form = page.form("form[method=post]");
    let action = Url::parse("http://any.example").unwrap().join(&form.action).unwrap();
    browser.post(action.path(), &form.fields_with(fields)).await
}

/// Returns a client of the provider.
pub(crate) fn oidc_client(id: &str, secret: Option<&str>) -> Client {
    Client { id: id.to_owned(), secret: secret.map(Secret::new) }
}
