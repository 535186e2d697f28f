//! The fields of actions on access tokens.

use crate::ids::ApiTokenId;

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
