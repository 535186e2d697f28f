//! The catalogue: every connector that a user may use, with the state of the user's own connection, searched and filtered.
//!
//! Connectors that can be used go first, the last used before the others, and popular ones before the rest. A page ends at a key
//! (group, last use, popularity, name, id),
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
    /// Categories with the number of their connectors, in the filter's order.
    pub categories: Vec<(Category, u64)>,
    /// Kinds of authentication, the simplest first.
    pub auths: Vec<AuthKind>,
}

/// Returns the page of the actor's catalogue that follows the connector `after`, in the caller's transaction. `issuers` are those
/// at which the hub has an OAuth application: see [`list_hub_issuers`](super::list_hub_issuers).
pub async fn catalogue(
    conn: &mut PgConnection,
    actor: &Actor,
    filter: &CatalogueFilter,
    issuers: &[String],
    after: Option<ConnectorId>,
) -> Result<Catalogue> {
    let mut rows = store::page(conn, actor, filter, issuers, after).await?;
    // the connector at the end of the last page can have left the catalogue since
    let is_there = after.is_none() || !rows.is_empty();
    if !is_there {
        rows = store::page(conn, actor, filter, issuers, None).await?;
    }
    let has_more = rows.len() > PAGE_SIZE;
    rows.truncate(PAGE_SIZE);
    let next = rows.last().map(|row| row.id).filter(|_| has_more);
    let counts = store::kind_counts(conn, actor, filter, issuers).await?;
    let group_totals = CatalogueGroup::ALL
        .map(|group| counts.iter().filter(|count| count.group == group).map(|count| count.found.unsigned_abs()).sum());
    let total = group_totals.iter().sum();
    Ok(Catalogue { entries: rows, total, group_totals, kinds: AvailableFilters::from_counts(&counts), next, is_there })
}

impl AvailableFilters {
    fn from_counts(counts: &[KindCount]) -> Self {
        let total = |category: Category| {
            let of_category = counts.iter().filter(|count| count.category == category.as_str());
            of_category.map(|count| count.total.unsigned_abs()).sum()
        };
        Self {
            categories: Category::ALL.into_iter().map(|it| (it, total(it))).filter(|(_, total)| *total > 0).collect(),
            auths: AuthKind::ALL.into_iter().filter(|it| counts.iter().any(|count| count.auth == *it)).collect(),
        }
    }
}
