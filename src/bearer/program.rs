//! Programs that act for a person.

use crate::api_tokens::{Scopes, TokenHolder};
use crate::authorization_server::GrantHolder;
use crate::ids::{OwnerId, ProgramId, UserId};

/// A program that acts for a person in one space.
#[derive(Clone, Debug)]
pub struct Program {
    /// Key.
    pub id: ProgramId,
    /// Person for whom the program acts.
    pub user: UserId,
    /// Owner on whose rows it works.
    pub owner: OwnerId,
    /// Name that its person reads.
    pub name: String,
    /// Scopes that its token permits.
    pub scopes: Scopes,
}

impl From<TokenHolder> for Program {
    fn from(holder: TokenHolder) -> Self {
        let TokenHolder { id, user, owner, name, scopes, .. } = holder;
        Self { id: ProgramId::from_uuid(id.uuid()), user, owner, name, scopes }
    }
}

impl From<GrantHolder> for Program {
    fn from(holder: GrantHolder) -> Self {
        let GrantHolder { id, user, owner, name, scopes, .. } = holder;
        Self { id: ProgramId::from_uuid(id.uuid()), user, owner, name, scopes }
    }
}
