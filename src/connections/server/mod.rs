//! Adding an MCP server by its URL: the hub reads the tools first, then stores connector, tools and connection together.
//!
//! A server that requires sign-in lists its tools only afterwards. The hub then stores the connector with its provider.

mod address;
mod edit;
mod key;
mod own_address;

pub use edit::{EditedServer, ServerEdit, edit_server};
pub use key::NewServerKey;
pub use own_address::{NewOwnServer, add_own_server};

use url::Url;

use self::address::parse_url;
use self::key::AcceptedKey;
use super::expiry::ExpiryDate;
use super::store::access_secret;
use super::token::NewToken;
use super::token_refresh::schedule_verification;
use super::{create, probe};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, AuthKind, Connector, NewConnector};
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, FieldFaults, Message, Result, combine};
use crate::oauth::{self, Challenge, Provider};
use crate::secret::Secret;
use crate::upstream::{Discovery, DiscoveryAnswer};
use crate::vault::Vault;

const MAX_NAME_CHARS: usize = 80;
const MAX_DESCRIPTION_CHARS: usize = 300;

/// The form that adds a server.
#[derive(Clone, Debug)]
pub struct NewServer {
    /// The connector's name; empty for the server's own name.
    pub name: String,
    /// The URL of the MCP endpoint.
    pub url: String,
    /// The authentication of calls.
    pub auth: ServerAuth,
}

/// The authentication of calls to a server.
#[derive(Clone, Debug)]
pub enum ServerAuth {
    /// As the server asks: with no credential, or by signing in at its provider.
    Auto,
    /// With no credential.
    None,
    /// With a bearer token.
    Bearer(NewToken),
    /// With headers; as the server asks if no header has a value.
    Key(NewServerKey),
}

/// A server that has been added.
#[derive(Debug)]
pub enum AddedServer {
    /// The server can be used now.
    Ready(Connector, Box<Discovery>),
    /// The user has to sign in first.
    SignIn(Connector),
}

/// Reads the server's tools, then stores the connector, its tools and the actor's connection. If the server fails, nothing
/// is stored.
///
/// # Errors
/// Faults of `name`, `url`, `token` and `ends_on`, all at once; a failure of the server is a fault of `url` or `token`.
pub async fn add_server(
    db: &Db,
    egress: &Egress,
    vault: &Vault,
    actor: &Actor,
    new: NewServer,
    now: Timestamp,
) -> Result<AddedServer> {
    let ((url, expiry), key) = combine(validate(&new, now), key::fill(&new.auth))?;
    let bearer = match (&new.auth, &key) {
        (ServerAuth::Auto | ServerAuth::Key(_), None) => {
            match probe::discover_unauthenticated(egress, &url).await.map_err(field_error)? {
                DiscoveryAnswer::Answered(found) => {
                    let server = ReadyServer { name: &new.name, url: &url, found: &found, bearer: None, key: None };
                    let connector = store_ready(db, vault, actor, server, now).await?;
                    return Ok(AddedServer::Ready(connector, found));
                }
                DiscoveryAnswer::AuthRequired { challenge, message } => {
                    let provider = discover_provider(egress, &url, challenge.as_deref(), &message).await?;
                    let connector = NewConnector {
                        name: name_for(&new.name, None, &url),
                        description: String::new(),
                        url: url.to_string(),
                        auth: AuthKind::OAuth,
                        provider: Some(provider),
                        era: None,
                        server_key: None,
                    };
                    return store_unauthenticated(db, actor, &connector, now).await.map(AddedServer::SignIn);
                }
            }
        }
        (ServerAuth::None, _) => None,
        (ServerAuth::Bearer(new), _) => Some(&new.token),
        (_, Some(key)) => Some(&key.secret),
    };
    let discovered = probe::discover(egress, &url.clone().into(), bearer).await.map_err(field_error);
    let found = Box::new(discovered.map_err(|error| key::report(&new.auth, error))?);
    let bearer = bearer.map(|token| AcceptedToken { token, expiry });
    let server = ReadyServer { name: &new.name, url: &url, found: &found, bearer, key: key.as_ref() };
    let connector = store_ready(db, vault, actor, server, now).await?;
    Ok(AddedServer::Ready(connector, found))
}

/// A bearer token that the server has accepted.
struct AcceptedToken<'a> {
    token: &'a Secret,
    expiry: ExpiryDate,
}

/// A server that has listed its tools.
struct ReadyServer<'a> {
    /// The typed name; empty for the server's own name.
    name: &'a str,
    url: &'a Url,
    found: &'a Discovery,
    bearer: Option<AcceptedToken<'a>>,
    key: Option<&'a AcceptedKey>,
}

/// Stores a server, its tools and the actor's connection to it.
async fn store_ready(
    db: &Db,
    vault: &Vault,
    actor: &Actor,
    server: ReadyServer<'_>,
    now: Timestamp,
) -> Result<Connector> {
    let ReadyServer { name, url, found, bearer, key } = server;
    let mut tx = db.enter(actor).await?;
    let connector = NewConnector {
        name: name_for(name, found.server_name.as_deref(), url),
        description: found.instructions.as_deref().map(first_line).unwrap_or_default(),
        url: url.to_string(),
        auth: if bearer.is_some() { AuthKind::Token } else { AuthKind::None },
        provider: None,
        era: found.era,
        server_key: key.map(|it| it.server_key.clone()),
    };
    let connector = connectors::add(&mut tx, actor, &connector, Some(found), now).await?;
    let secret = match &bearer {
        Some(it) => Some(vault.seal(&mut tx, actor.owner_id(), access_secret(it.token), now).await?),
        None => None,
    };
    let id = create(&mut tx, actor, connector.id, secret.as_ref(), now).await?;
    if let Some(key) = key {
        key.store_values(&mut tx, actor, id).await?;
    }
    if let Some(it) = bearer {
        schedule_verification(&mut tx, actor.owner_id(), id, &it.expiry, now).await?;
    }
    tx.commit().await?;
    Ok(connector)
}

/// Stores a server that lists its tools only after a sign-in.
async fn store_unauthenticated(db: &Db, actor: &Actor, new: &NewConnector, now: Timestamp) -> Result<Connector> {
    let mut tx = db.enter(actor).await?;
    let connector = connectors::add(&mut tx, actor, new, None, now).await?;
    tx.commit().await?;
    Ok(connector)
}

/// Discovers the provider of a server that requires sign-in.
async fn discover_provider(egress: &Egress, url: &Url, challenge: Option<&str>, message: &str) -> Result<Provider> {
    let challenge = challenge.map(Challenge::parse).unwrap_or_default();
    oauth::discover(egress, url, &challenge, None).await.map_err(|failure| {
        if failure.class == "no_metadata" {
            let host = url.host_str().unwrap_or("The server");
            let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            let detail = failure.message.with_detail_inline().text;
            let needed = Message::from(format!("{host} needs a token")).with_advice("Enter it in this field");
            return Error::field("token", needed.with_detail(detail));
        }
        let found = format!("{message}. The hub looked for a way to sign in: {}", failure.message);
        Error::field("token", Message::from(found).with_detail(failure.message.detail.unwrap_or_default()))
    })
}

/// Validates the form. Returns all faults at once.
fn validate(new: &NewServer, now: Timestamp) -> Result<(Url, ExpiryDate)> {
    let expiry = match &new.auth {
        ServerAuth::Bearer(new) if new.is_blank() => new.expiry.parse(now),
        ServerAuth::Bearer(new) => new.validate(now),
        _ => Ok(ExpiryDate::default()),
    };
    combine(validate_url(new), expiry)
}

fn validate_url(new: &NewServer) -> Result<Url> {
    let mut faults = FieldFaults::default();
    if new.name.chars().count() > MAX_NAME_CHARS {
        faults.add("name", format!("Enter a name of {MAX_NAME_CHARS} characters or fewer"));
    }
    let url = match parse_url(&new.url) {
        Ok(url) => Some(url),
        Err(message) => {
            faults.add("url", message);
            None
        }
    };
    if matches!(&new.auth, ServerAuth::Bearer(new) if new.is_blank()) {
        faults.add("token", "Enter the bearer token, or clear its end and choose “None”");
    }
    match url {
        Some(url) => faults.into_result(url),
        None => Err(Error::Invalid(faults)),
    }
}

fn name_for(typed: &str, own: Option<&str>, url: &Url) -> String {
    let typed = typed.trim();
    let name = if typed.is_empty() { own.unwrap_or_default().trim() } else { typed };
    let name = if name.is_empty() { url.host_str().unwrap_or("Server") } else { name };
    name.chars().take(MAX_NAME_CHARS).collect()
}

fn first_line(text: &str) -> String {
    text.lines()
        .map(|line| line.trim_start_matches('#').trim()) // most servers write Markdown
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(MAX_DESCRIPTION_CHARS)
        .collect()
}

/// Reports a failure of the server on the field that the user can correct.
fn field_error(error: Error) -> Error {
    match error {
        Error::Upstream { class: "unauthorized" | "forbidden", message, .. } => Error::field("token", message),
        Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
            Error::field("url", message)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{NewServer, NewToken, ServerAuth, first_line, validate};
    use crate::connections::ExpiryInput;
    use crate::error::Error;
    use crate::secret::Secret;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    fn faults(url: &str, auth: ServerAuth) -> Vec<String> {
        let now = datetime!(2026-11-27 08:00 UTC);
        match validate(&NewServer { name: String::new(), url: url.to_owned(), auth }, now) {
            Err(Error::Invalid(faults)) => faults.faults().iter().map(|fault| fault.field.clone()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn an_invalid_url_is_reported_on_its_field() {
        for url in
            ["", "example.com/mcp", "ftp://example.com", "https://", "javascript:alert(1)", "https://me:pw@example.com"]
        {
            assert_eq!(faults(url, ServerAuth::None), ["url"], "{url}");
        }
        assert!(faults("http://127.0.0.1:3001/mcp", ServerAuth::None).is_empty());
    }

    #[test]
    fn all_faults_appear_at_once() {
        let expiry = ExpiryInput { text: "soon".to_owned(), zone: TimeZone::UTC };
        let blank = NewToken { token: Secret::new(""), expiry };
        assert_eq!(faults("nonsense", ServerAuth::Bearer(blank)), ["url", "token", "ends_on"]);
    }

    #[test]
    fn a_description_is_the_first_line_with_text() {
        assert_eq!(first_line("\n  \n  Reads mail.\nAnd more."), "Reads mail.");
    }
}
