//! Organisations: owners that several people act for, and the memberships of those people.
//!
//! Pages call this module to find the organisation of their path. It says who is a member; the database opens the rows of
//! an organisation to its members only, whatever this module answers.

mod store;

use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{OwnerId, UserId};

/// The kind of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerKind {
    /// A person, who owns what they made outside of organisations.
    Person,
    /// An organisation.
    Organisation,
}

impl OwnerKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Person, Self::Organisation];

    /// Returns the word in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
        }
    }
}

/// The role of a member, from the most to the fewest permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Names and removes owners, and closes the organisation.
    Owner,
    /// Manages members, shared connections and rules.
    Admin,
    /// Makes workflows and connectors.
    Builder,
    /// Runs tools.
    Operator,
    /// Reads.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Builder, Self::Operator, Self::Auditor];

    /// Returns the word in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Builder => "builder",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

/// A person's membership in an organisation.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The organisation, as the owner of its rows.
    pub organisation: OwnerId,
    /// Its segment in URLs.
    pub slug: String,
    /// Its display name.
    pub name: String,
    /// The role of the person.
    pub role: Role,
}

/// Finds the organisation with this slug, if the user is a member of it now.
///
/// # Errors
/// Returns [`Error::NotFound`] for an organisation that does not exist and for one of others: one statement looks for
/// both, so the two take the same time.
pub async fn find_membership(system: &SystemDb, user: UserId, slug: &str) -> Result<Membership> {
    store::find_membership(system.pool(), user, slug).await?.ok_or(Error::NotFound("organisation"))
}

/// Finds the membership of the user in an organisation.
///
/// # Errors
/// Returns [`Error::NotFound`] if the user is no member of it now.
pub async fn find_membership_in(system: &SystemDb, user: UserId, organisation: OwnerId) -> Result<Membership> {
    store::find_membership_in(system.pool(), user, organisation).await?.ok_or(Error::NotFound("organisation"))
}

/// Returns the user's memberships by the name of the organisation.
pub async fn list_memberships(system: &SystemDb, user: UserId) -> Result<Vec<Membership>> {
    Ok(store::list_memberships(system.pool(), user).await?)
}

/// Returns the slug of an organisation; `None` if the owner is a person.
pub async fn find_slug(system: &SystemDb, owner: OwnerId) -> Result<Option<String>> {
    Ok(store::find_slug(system.pool(), owner).await?)
}

/// Reports whether the user may still work on the rows of `owner`: they are the owner or a member of it.
pub async fn may_enter(system: &SystemDb, user: UserId, owner: OwnerId) -> Result<bool> {
    Ok(user.as_owner() == owner || store::is_member(system.pool(), user, owner).await?)
}
