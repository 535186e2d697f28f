//! A server as a registry lists it: read from its entry, cleaned, and judged. Nothing in it is believed beyond what is shown.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::namespace::Namespace;
use super::refusal::Refusal;
use super::remote::RemoteServer;
use super::status::ListingStatus;
use crate::clock::Timestamp;
use crate::egress::{Egress, quote};

/// Bytes of an entry.
const MAX_ENTRY_BYTES: usize = 64 * 1024;

/// Bytes of a name.
const MAX_NAME_BYTES: usize = 200;

/// Characters of a title and of a version.
const MAX_TITLE_CHARS: usize = 200;

/// Characters of a description and of a message.
const MAX_TEXT_CHARS: usize = 500;

/// Metadata that the registry adds to an entry.
const REGISTRY_METADATA: &str = "io.modelcontextprotocol.registry/official";

/// A listed server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Name at the registry.
    pub name: String,
    /// Title; the name if there is none.
    pub title: String,
    /// Description by its publisher.
    pub description: String,
    /// Version.
    pub version: String,
    /// Proof that the publisher gave.
    pub namespace: Namespace,
    /// Status at the registry.
    pub status: ListingStatus,
    /// Reason of the status, in the words of its publisher; often empty.
    pub status_message: String,
    /// Time of publication.
    pub published_at: Option<Timestamp>,
    /// Time of the last change.
    pub updated_at: Option<Timestamp>,
    /// Source code.
    pub repository: Option<Url>,
    /// Website.
    pub website: Option<Url>,
    /// Server to connect to, or the reason why there is none.
    pub server: Result<RemoteServer, Refusal>,
}

/// A fault of an entry that cannot be listed, as a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFault(pub &'static str);

impl Listing {
    /// Reads an entry of a list.
    ///
    /// # Errors
    /// The reason why the entry cannot be listed at all.
    pub fn parse(entry: &Value, egress: &Egress) -> Result<Self, EntryFault> {
        let server = entry.get("server").filter(|server| server.is_object()).ok_or(EntryFault("has no server"))?;
        let name = text(server, "name");
        if !is_name(name) {
            return Err(EntryFault("has no name of the form namespace/name"));
        }
        let metadata = entry.pointer("/_meta").and_then(|meta| meta.get(REGISTRY_METADATA)).unwrap_or(&Value::Null);
        if metadata.get("isLatest").and_then(Value::as_bool) == Some(false) {
            return Err(EntryFault("is an older version"));
        }
        let status = match metadata.get("status").and_then(Value::as_str) {
            None => ListingStatus::Active,
            Some(word) => ListingStatus::from_word(word).ok_or(EntryFault("has an unknown status"))?,
        };
        let title = quote(text(server, "title"), MAX_TITLE_CHARS);
        let time = |member: &str| Timestamp::parse(text(metadata, member), &Rfc3339).ok();
        Ok(Self {
            name: name.to_owned(),
            title: if title.is_empty() { name.to_owned() } else { title },
            description: quote(text(server, "description"), MAX_TEXT_CHARS),
            version: quote(text(server, "version"), MAX_TITLE_CHARS),
            namespace: Namespace::from_name(name),
            status,
            status_message: quote(text(metadata, "statusMessage"), MAX_TEXT_CHARS),
            published_at: time("publishedAt"),
            updated_at: time("updatedAt"),
            repository: server.get("repository").and_then(|it| link(text(it, "url"))),
            website: link(text(server, "websiteUrl")),
            server: match status {
                ListingStatus::Deleted => Err(Refusal::Deleted),
                ListingStatus::Active | ListingStatus::Deprecated => RemoteServer::choose(server, egress),
            },
        })
    }

    /// Reads an entry, and refuses one that is too long to be stored. Returns its text too.
    pub(super) fn parse_with_text(entry: &Value, egress: &Egress) -> Result<(Self, String), EntryFault> {
        let text = entry.to_string();
        if text.len() > MAX_ENTRY_BYTES {
            return Err(EntryFault("is longer than 64 kB"));
        }
        Ok((Self::parse(entry, egress)?, text))
    }

    /// Returns the account or domain that published it.
    #[must_use]
    pub fn publisher(&self) -> String {
        self.namespace.publisher(&self.name)
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default().trim()
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str, more: &[u8]| {
        !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric() || more.contains(&it))
    };
    let parts = name.split_once('/');
    name.len() <= MAX_NAME_BYTES
        && parts.is_some_and(|(namespace, name)| is_part(namespace, b".-") && is_part(name, b"._-"))
}

/// Returns a link that a page may show.
fn link(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty())
}
