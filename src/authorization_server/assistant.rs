//! Assistants as clients of the authorization server.

use url::{Position, Url};

use super::redirect_uri::RedirectUri;
use crate::ids::AssistantId;

/// A program that asks to call the endpoint for a person.
#[derive(Clone, Debug)]
pub struct Assistant {
    /// Key.
    pub id: AssistantId,
    /// Client id of OAuth.
    pub client_id: String,
    /// Name that the program gives itself.
    pub name: String,
    /// Addresses to which an answer may be sent.
    pub redirect_uris: Vec<RedirectUri>,
}

impl Assistant {
    /// Returns the place of the metadata document, without its scheme; `None` for a registration, which proves nothing.
    #[must_use]
    pub fn described_at(&self) -> Option<String> {
        let url = Url::parse(&self.client_id).ok()?;
        Some(url[Position::BeforeHost..].to_owned())
    }
}
