//! Parsers of settings; each error says what is expected.
//!
//! Errors of settings that may contain a password never quote the text.

use std::net::SocketAddr;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;
use url::Url;

use crate::secret::Secret;

/// The people who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Anybody.
    Open,
    /// Invited people.
    Invite,
    /// Sign-up is disabled; the operator creates accounts on the command line.
    Closed,
}

pub(super) fn sign_up(text: &str) -> Result<SignUp, String> {
    match text.trim() {
        "open" => Ok(SignUp::Open),
        "invite" => Ok(SignUp::Invite),
        "closed" => Ok(SignUp::Closed),
        other => Err(format!("`{other}` is not one of open, invite, closed")),
    }
}

/// Accepts `:8080` and `localhost:8080` as the loopback address: an omitted address never opens the hub to a network.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':'));
    let address = port.map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    address.parse().map_err(|_| format!("`{text}` is not an address and port such as 127.0.0.1:8080"))
}

pub(super) fn public_url(text: &str) -> Result<Url, String> {
    bare_address(text, "https://craft.example.org")
}

pub(super) fn vault_addr(text: &str) -> Result<Url, String> {
    bare_address(text, "https://vault.example.org:8200")
}

/// Accepts a path: a company's own registry is often a part of another server.
pub(super) fn registry_url(text: &str) -> Result<Url, String> {
    let is_registry = |url: &Url| {
        let is_open = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_open && url.query().is_none()
    };
    let url = Url::parse(text.trim()).ok().filter(|url| is_registry(url) && url.fragment().is_none());
    url.ok_or_else(|| {
        "expected an http or https address without a query, such as https://registry.modelcontextprotocol.io".to_owned()
    })
}

fn bare_address(text: &str, example: &str) -> Result<Url, String> {
    let is_bare = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text.trim()).ok().filter(is_bare);
    url.ok_or_else(|| format!("expected an http or https address without a path, such as {example}"))
}

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    match url {
        Some(_) => Ok(Secret::new(text)),
        None => Err("expected an address such as postgres://user:password@host:5432/database".to_owned()),
    }
}

pub(super) fn smtp_url(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    match url {
        Some(_) => Ok(Secret::new(text)),
        None => Err("expected an address such as smtps://user:password@mail.example.org:465".to_owned()),
    }
}

pub(super) fn workers(text: &str) -> Result<usize, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=1_000).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a number from 1 to 1000"))
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err(format!("`{text}` is neither a level (error, warn, info, debug, trace) nor a list like craft=debug"))
        }
    }
}

/// Returns an absolute path, because programs that the hub starts run in other directories.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| format!("`{text}` is not a path: {error}"))
}
