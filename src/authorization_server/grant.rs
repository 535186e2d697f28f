//! Grants: what a person allowed an assistant, in one space.

use crate::api_tokens::Scopes;
use crate::audit::NamedGrant;
use crate::clock::Timestamp;
use crate::ids::{AssistantGrantId, OwnerId, UserId};

/// Most grants of one person that work at the same time.
pub const MAX_GRANTS: usize = 100;

/// A grant in a list.
#[derive(Clone, Debug)]
pub struct AssistantGrant {
    /// Key.
    pub id: AssistantGrantId,
    /// Owner on whose rows the assistant works.
    pub owner: OwnerId,
    /// Name of the assistant, as the person saw it.
    pub name: String,
    /// Place to which the answer went, as the person saw it.
    pub host: String,
    /// Scopes that it permits.
    pub scopes: Scopes,
    /// Time at which the person agreed.
    pub created_at: Timestamp,
    /// Time at which it ends, unless the assistant is used before.
    pub expires_at: Timestamp,
    /// Last use, to the minute; `None` if it was never used.
    pub last_used_at: Option<Timestamp>,
}

/// The holder of an access token: an assistant that acts for a person in one space.
#[derive(Clone, Debug)]
pub struct GrantHolder {
    /// Key of the grant.
    pub id: AssistantGrantId,
    /// Person for whom the assistant acts.
    pub user: UserId,
    /// Owner on whose rows it works.
    pub owner: OwnerId,
    /// Name of the assistant.
    pub name: String,
    /// Scopes that the grant permits.
    pub scopes: Scopes,
    pub(super) last_used_at: Option<Timestamp>,
}

impl AssistantGrant {
    /// Returns the fields of an entry of the audit log.
    pub(super) fn named(&self) -> NamedGrant {
        let (name, host) = (self.name.clone(), self.host.clone());
        NamedGrant { grant: self.id, name, host, scopes: self.scopes.to_texts() }
    }
}
