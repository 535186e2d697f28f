//! The catalogue: every connector that a user may use, with the state of the user's own connection, searched and filtered.
//!
//! Connectors that can be used go first, the last used before the others. A page ends at a key (group, last use, name, id),
//! which the statement sorts by. The totals and the kinds are counted separately: there are hundreds of connectors, not
//! millions.

use sqlx::PgConnection;

use super::store_catalogue::{self as store, CatalogueEntry, CatalogueFilter, CatalogueGroup, KindCount};
use crate::actor::Actor;
use crate::connectors::{AuthKind, Category};
use crate::error::Result;
use crate::ids::ConnectorId;
use crate::page::PAGE_SIZE;

/// A page of the catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// At most [`PAGE_SIZE`] connectors: by group, then by last use, then by name.
    pub entries: Vec<CatalogueEntry>,
    /// Connectors on all pages.
    pub total: u64,
    /// Connectors of each group on all pages, in the order of [`CatalogueGroup::ALL`].
    pub group_totals: [u64; 3],
    /// The values that the filters offer.
    pub kinds: AvailableFilters,
    /// The key of the next page, if there is one.
    pub next: Option<ConnectorId>,
    /// False if the requested page does not exist; this is the first page then.
    pub is_there: bool,
}

/// The filter values that occur among an owner's connectors.
#[derive(Clone, Debug, Default)]
pub struct AvailableFilters {
    /// Categories, in the filter's order.
    pub categories: Vec<Category>,
    /// Kinds of authentication, the simplest first.
    pub auths: Vec<AuthKind>,
}

/// Returns the page of the actor's catalogue that follows the connector `after`, in the caller's transaction.
pub async fn catalogue(
    conn: &mut PgConnection,
    actor: &Actor,
    filter: &CatalogueFilter,
    after: Option<ConnectorId>,
) -> Result<Catalogue> {
    let mut rows = store::page(conn, actor, filter, after).await?;
    // the connector at the end of the last page can have left the catalogue since
    let is_there = after.is_none() || !rows.is_empty();
    if !is_there {
        rows = store::page(conn, actor, filter, None).await?;
    }
    let has_more = rows.len() > PAGE_SIZE;
    rows.truncate(PAGE_SIZE);
    let next = rows.last().map(|row| row.id).filter(|_| has_more);
    let counts = store::kind_counts(conn, actor, filter).await?;
    let group_totals = CatalogueGroup::ALL
        .map(|group| counts.iter().filter(|count| count.group == group).map(|count| count.found.unsigned_abs()).sum());
    let total = group_totals.iter().sum();
    Ok(Catalogue { entries: rows, total, group_totals, kinds: AvailableFilters::from_counts(&counts), next, is_there })
}

impl AvailableFilters {
    fn from_counts(counts: &[KindCount]) -> Self {
        Self {
            categories: Category::ALL
                .into_iter()
                .filter(|it| counts.iter().any(|count| count.category == it.as_str()))
                .collect(),
            auths: AuthKind::ALL.into_iter().filter(|it| counts.iter().any(|count| count.auth == *it)).collect(),
        }
    }
}
