//! Connecting an MCP server by its URL: read its tools first, then store connector, tools and connection at once. A server
//! that wants a sign-in tells its tools afterwards: then only the connector is stored, with how one signs in.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::create;
use super::end::End;
use super::replace::NewToken;
use super::token_refresh::schedule_verification;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, AuthKind, Connector, NewConnector};
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, FieldFaults, Result, combine};
use crate::oauth::{self, Challenge, Provider};
use crate::secret::Secret;
use crate::upstream::{self, Discovery, DiscoveryAnswer, InitializeAnswer, Limits, Target};
use crate::vault::Vault;

/// A server that does not list its tools within this time is given up.
const DISCOVERY_DEADLINE: Duration = Duration::from_secs(15);

/// Most bytes of a server's list of tools.
const LONGEST_LIST: usize = 8 * 1024 * 1024;

const LONGEST_NAME: usize = 80;
const LONGEST_URL: usize = 2_000;
const LONGEST_DESCRIPTION: usize = 300;

/// What a user enters to add a server.
#[derive(Clone, Debug)]
pub struct NewServer {
    /// What to call it; empty: the server's own name.
    pub name: String,
    /// Where it answers.
    pub url: String,
    /// What calls present.
    pub auth: ServerAuth,
}

/// How calls prove themselves to a server.
#[derive(Clone, Debug)]
pub enum ServerAuth {
    /// As it asks: not at all, or by signing in where it says.
    Auto,
    /// Not at all.
    None,
    /// With a bearer token.
    Bearer(NewToken),
}

/// A server that has been added.
#[derive(Debug)]
pub enum Added {
    /// It can be used.
    Ready(Connector, Box<Discovery>),
    /// It wants its user to sign in first.
    SignIn(Connector),
}

/// Reads the server's tools and, if it has answered, stores the connector, its tools and the actor's connection.
/// Nothing is stored otherwise: a server that fails is a fault of the field `url` (or `token`). What is no end of a token
/// is one of `ends_on`.
pub async fn connect_server(
    db: &Db,
    egress: &Egress,
    vault: &Vault,
    actor: &Actor,
    new: NewServer,
    now: Timestamp,
) -> Result<Added> {
    let (url, end) = check(&new, now)?;
    let bearer = match &new.auth {
        ServerAuth::Auto => match look(egress, &url).await.map_err(as_field_fault)? {
            DiscoveryAnswer::Public(found) => {
                let connector = store_ready(db, vault, actor, &new.name, &url, &found, None, now).await?;
                return Ok(Added::Ready(connector, found));
            }
            DiscoveryAnswer::AuthRequired { challenge, message } => {
                let provider = sign_in_of(egress, &url, challenge.as_deref(), &message).await?;
                return store_closed(db, actor, &new.name, &url, provider, now).await.map(Added::SignIn);
            }
        },
        ServerAuth::None => None,
        ServerAuth::Bearer(new) => Some(&new.token),
    };
    let found = Box::new(discover(egress, &url, bearer).await.map_err(as_field_fault)?);
    let bearer = bearer.map(|token| (token, end));
    let connector = store_ready(db, vault, actor, &new.name, &url, &found, bearer, now).await?;
    Ok(Added::Ready(connector, found))
}

#[expect(clippy::too_many_arguments, reason = "what is stored at once comes from as many places")]
async fn store_ready(
    db: &Db,
    vault: &Vault,
    actor: &Actor,
    name: &str,
    url: &Url,
    found: &Discovery,
    bearer: Option<(&Secret, End)>,
    now: Timestamp,
) -> Result<Connector> {
    let mut tx = db.as_user(actor).await?;
    let connector = NewConnector {
        name: name_for(name, found.server_name.as_deref(), url),
        description: found.instructions.as_deref().map(first_line).unwrap_or_default(),
        url: url.to_string(),
        auth: if bearer.is_some() { AuthKind::Token } else { AuthKind::None },
        provider: None,
    };
    let connector = connectors::add(&mut tx, actor, &connector, Some(&found.tools), now).await?;
    let secret = match bearer {
        Some((token, _)) => Some(vault.seal(&mut tx, actor.user_id(), "connection.access", token, now).await?),
        None => None,
    };
    let id = create(&mut tx, actor, connector.id, secret.as_ref(), now).await?;
    if let Some((_, end)) = bearer {
        schedule_verification(&mut tx, actor.user_id(), id, &end, now).await?;
    }
    tx.commit().await?;
    Ok(connector)
}

/// A server that tells nothing before its user has signed in.
async fn store_closed(
    db: &Db,
    actor: &Actor,
    name: &str,
    url: &Url,
    provider: Provider,
    now: Timestamp,
) -> Result<Connector> {
    let mut tx = db.as_user(actor).await?;
    let connector = NewConnector {
        name: name_for(name, None, url),
        description: String::new(),
        url: url.to_string(),
        auth: AuthKind::OAuth,
        provider: Some(provider),
    };
    let connector = connectors::add(&mut tx, actor, &connector, None, now).await?;
    tx.commit().await?;
    Ok(connector)
}

/// How one signs in at a server that asks who is calling.
async fn sign_in_of(egress: &Egress, url: &Url, challenge: Option<&str>, message: &str) -> Result<Provider> {
    let challenge = challenge.map(Challenge::parse).unwrap_or_default();
    oauth::discover(egress, url, &challenge).await.map_err(|failure| {
        Error::field("token", format!("{message}. The hub looked for a way to sign in: {}", failure.message))
    })
}

async fn look(egress: &Egress, url: &Url) -> Result<DiscoveryAnswer> {
    upstream::discover_or_challenge(egress, &Target::Mcp { url: url.clone(), bearer: None }, bounds()).await
}

/// The bounds of every look at a server, from now on.
pub(super) fn bounds() -> Limits {
    Limits { deadline: Instant::now() + DISCOVERY_DEADLINE, max_response_bytes: LONGEST_LIST }
}

/// Begins a conversation with a server, and ends it.
pub(super) async fn initialize(egress: &Egress, url: &Url, bearer: Option<&Secret>) -> Result<InitializeAnswer> {
    let target = Target::Mcp { url: url.clone(), bearer: bearer.cloned() };
    upstream::initialize(egress, &target, bounds()).await
}

/// Asks a connector's server for its tools with a token that is not stored yet.
pub(super) async fn look_with(egress: &Egress, connector: &Connector, token: &Secret) -> Result<Discovery> {
    let url = connector.mcp_server_url.as_deref().and_then(|url| Url::parse(url).ok());
    let url = url.ok_or(Error::NotFound("server of this connector"))?;
    discover(egress, &url, Some(token)).await
}

/// Asks a server for its tools, within the bounds of every look.
pub(super) async fn discover(egress: &Egress, url: &Url, bearer: Option<&Secret>) -> Result<Discovery> {
    let target = Target::Mcp { url: url.clone(), bearer: bearer.cloned() };
    upstream::discover(egress, &target, bounds()).await
}

/// All faults at once.
fn check(new: &NewServer, now: Timestamp) -> Result<(Url, End)> {
    let end = match &new.auth {
        ServerAuth::Bearer(new) => new.end.read(now),
        _ => Ok(End::default()),
    };
    combine(check_place(new), end)
}

fn check_place(new: &NewServer) -> Result<Url> {
    let mut faults = FieldFaults::default();
    if new.name.chars().count() > LONGEST_NAME {
        faults.add("name", format!("Name must be {LONGEST_NAME} characters or fewer"));
    }
    let url = match parse_url(&new.url) {
        Ok(url) => Some(url),
        Err(message) => {
            faults.add("url", message);
            None
        }
    };
    if matches!(&new.auth, ServerAuth::Bearer(new) if new.token.expose().is_empty()) {
        faults.add("token", "Enter the bearer token, or choose “None”");
    }
    match url {
        Some(url) => faults.into_result(url),
        None => Err(Error::Invalid(faults)),
    }
}

fn parse_url(text: &str) -> Result<Url, &'static str> {
    if text.is_empty() {
        return Err("Enter the server’s URL");
    }
    if text.len() > LONGEST_URL {
        return Err("The URL must be 2,000 characters or fewer");
    }
    let url = Url::parse(text).map_err(|_| "Enter a whole URL, such as https://example.com/mcp")?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("The URL must begin with https:// or http:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Take the user name and password out of the URL; enter a credential as bearer token instead");
    }
    Ok(url)
}

fn name_for(typed: &str, own: Option<&str>, url: &Url) -> String {
    let typed = typed.trim();
    let name = if typed.is_empty() { own.unwrap_or_default().trim() } else { typed };
    let name = if name.is_empty() { url.host_str().unwrap_or("Server") } else { name };
    name.chars().take(LONGEST_NAME).collect()
}

fn first_line(text: &str) -> String {
    text.lines()
        .map(|line| line.trim_start_matches('#').trim()) // most servers write Markdown
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(LONGEST_DESCRIPTION)
        .collect()
}

/// The person who typed the URL can mend it: show the cause beside the field.
fn as_field_fault(error: Error) -> Error {
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
    use super::{NewServer, NewToken, ServerAuth, check, first_line};
    use crate::connections::TypedEnd;
    use crate::error::Error;
    use crate::secret::Secret;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    fn faults(url: &str, auth: ServerAuth) -> Vec<String> {
        let now = datetime!(2026-11-27 08:00 UTC);
        match check(&NewServer { name: String::new(), url: url.to_owned(), auth }, now) {
            Err(Error::Invalid(faults)) => faults.faults().iter().map(|fault| fault.field.clone()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_url_that_cannot_be_one_is_a_fault_of_its_field() {
        for url in
            ["", "example.com/mcp", "ftp://example.com", "https://", "javascript:alert(1)", "https://me:pw@example.com"]
        {
            assert_eq!(faults(url, ServerAuth::None), ["url"], "{url}");
        }
        assert!(faults("http://127.0.0.1:3001/mcp", ServerAuth::None).is_empty());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let end = TypedEnd { text: "soon".to_owned(), zone: TimeZone::UTC };
        let blank = NewToken { token: Secret::new(""), end };
        assert_eq!(faults("nonsense", ServerAuth::Bearer(blank)), ["url", "token", "ends_on"]);
    }

    #[test]
    fn a_description_is_the_first_line_that_says_something() {
        assert_eq!(first_line("\n  \n  Reads mail.\nAnd more."), "Reads mail.");
    }
}
