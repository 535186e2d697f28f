//! The fields of actions on access tokens, and on grants of assistants.

use crate::ids::{ApiTokenId, AssistantGrantId};

/// An access token with its name and its scopes.
#[derive(Clone, Debug)]
pub struct NamedToken {
    /// The token's key; not its text, which is a secret.
    pub token: ApiTokenId,
    /// Name that the person chose.
    pub name: String,
    /// Stored texts of the scopes.
    pub scopes: Vec<&'static str>,
}

/// A grant with the assistant and its scopes.
#[derive(Clone, Debug)]
pub struct NamedGrant {
    /// The grant's key.
    pub grant: AssistantGrantId,
    /// Name of the assistant, as the person saw it.
    pub name: String,
    /// Place to which the answer went.
    pub host: String,
    /// Stored texts of the scopes.
    pub scopes: Vec<&'static str>,
}
