//! The authorization request: what an assistant asks a person for (RFC 6749, section 4.1.1, with PKCE and resource indicators).

use url::Url;

use super::assistant::Assistant;
use super::authorization_params::AuthorizationParams;
use super::metadata_document::{self, UnknownAssistant};
use super::redirect_uri::{Destination, RedirectUri};
use super::resource::{Resource, issuer};
use crate::api_tokens::Scopes;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{OwnerId, UserId};
use crate::organisations;

/// A request of a known assistant, whose answer may be sent.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The assistant.
    pub assistant: Assistant,
    /// Address of the answer.
    pub redirect_uri: RedirectUri,
    /// Scopes that the assistant asks for.
    pub scopes: Scopes,
    /// Owner on whose rows the assistant wants to work.
    pub owner: OwnerId,
    /// Name of the organisation; `None` for the person's own space.
    pub organisation: Option<String>,
    /// Text that comes back with the answer; empty if none was sent.
    pub(super) state: String,
    /// PKCE challenge.
    pub(super) code_challenge: String,
    /// Issuer that the answer names (RFC 9207).
    pub(super) issuer: String,
}

/// The reason why no consent page is shown.
#[derive(Debug)]
pub enum AuthorizationFault {
    /// It is not known where an answer may be sent: the person reads this sentence, and nothing is sent.
    Unanswerable(String),
    /// The assistant gets an error at this address, if the person goes there.
    Answer {
        /// The address, with the error.
        url: String,
        /// Sentence for the person, without its full stop.
        description: String,
        /// Receiver of the error.
        destination: Destination,
    },
    /// The hub failed.
    Failed(Error),
}

impl From<Error> for AuthorizationFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The endpoint that receives requests.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationServer<'a> {
    /// Database of look-ups.
    pub system: &'a SystemDb,
    /// Reads metadata documents.
    pub egress: &'a Egress,
    /// Public address of the hub.
    pub public_url: &'a Url,
}

impl AuthorizationServer<'_> {
    /// Checks a request of an assistant to a person.
    ///
    /// # Errors
    /// Returns how the fault is answered. Before the redirect URI is known to belong to the assistant, nothing is sent there.
    pub async fn check(
        &self,
        params: &AuthorizationParams,
        user: UserId,
        now: Timestamp,
    ) -> Result<AuthorizationRequest, AuthorizationFault> {
        let found = metadata_document::find(self.system, self.egress, self.public_url, &params.client_id, now).await;
        let assistant = found.map_err(|unknown| match unknown {
            UnknownAssistant::Unknown(reason) => AuthorizationFault::Unanswerable(reason),
            UnknownAssistant::Failed(error) => AuthorizationFault::Failed(error),
        })?;
        let redirect_uri = find_redirect_uri(&assistant, &params.redirect_uri)?;
        let answer = Answer { redirect_uri: &redirect_uri, state: &params.state, issuer: issuer(self.public_url) };
        params.check().map_err(|(code, description)| answer.error(code, &description))?;
        let unknown_resource = || answer.error("invalid_target", "This hub has no such endpoint for this person");
        let resource = match params.resource.as_str() {
            // clients of older revisions name none
            "" => Resource::new(None),
            text => Resource::parse(self.public_url, text).ok_or_else(unknown_resource)?,
        };
        let (owner, organisation) = match &resource.organisation {
            None => (user.as_owner(), None),
            Some(slug) => match organisations::find_membership(self.system, user, slug).await {
                Ok(membership) => (membership.organisation, Some(membership.name)),
                Err(Error::NotFound(_)) => return Err(unknown_resource()),
                Err(error) => return Err(error.into()),
            },
        };
        Ok(AuthorizationRequest {
            scopes: params.scopes(),
            owner,
            organisation,
            state: params.state.clone(),
            code_challenge: params.code_challenge.clone(),
            issuer: issuer(self.public_url).to_owned(),
            assistant,
            redirect_uri,
        })
    }
}

/// An answer to an assistant.
struct Answer<'a> {
    redirect_uri: &'a RedirectUri,
    state: &'a str,
    issuer: &'a str,
}

impl Answer<'_> {
    fn url(&self, parameters: &[(&str, &str)]) -> Url {
        let state = Some(("state", self.state)).filter(|(_, state)| !state.is_empty());
        self.redirect_uri.with_parameters(parameters.iter().copied().chain(state).chain([("iss", self.issuer)]))
    }

    fn error(&self, code: &str, description: &str) -> AuthorizationFault {
        AuthorizationFault::Answer {
            url: self.url(&[("error", code), ("error_description", description)]).into(),
            description: description.to_owned(),
            destination: self.redirect_uri.destination(),
        }
    }
}

impl AuthorizationRequest {
    /// Returns the address that tells the assistant its code.
    pub(super) fn code_url(&self, code: &str) -> Url {
        self.answer().url(&[("code", code)])
    }

    /// Returns the address that tells the assistant that the person declined.
    #[must_use]
    pub fn decline_url(&self) -> Url {
        self.answer().url(&[("error", "access_denied"), ("error_description", "The person declined")])
    }

    fn answer(&self) -> Answer<'_> {
        Answer { redirect_uri: &self.redirect_uri, state: &self.state, issuer: &self.issuer }
    }
}

/// Finds the redirect URI of a request among those of the assistant.
fn find_redirect_uri(assistant: &Assistant, text: &str) -> Result<RedirectUri, AuthorizationFault> {
    let unanswerable = |reason: &str| {
        let name = &assistant.name;
        AuthorizationFault::Unanswerable(format!(
            "{name} asks for an answer at an address that {reason}. Nothing was sent"
        ))
    };
    let uri = match (text, assistant.redirect_uris.as_slice()) {
        // a request may leave it out if there is only one
        ("", [only]) => only.clone(),
        (text, _) => RedirectUri::parse(text).map_err(unanswerable)?,
    };
    let is_registered = assistant.redirect_uris.iter().any(|registered| uri.matches(registered));
    if is_registered { Ok(uri) } else { Err(unanswerable("it did not register")) }
}
