//! Pages that add an MCP server from a registry: the search of the copy, and the page of a listed server with its form.

mod index;
mod listing;
mod search;

pub(super) use self::index::index;
pub(super) use self::listing::{create, show};

use crate::web::actor::SignedIn;
use crate::web::here::Here;
use crate::web::shell::{Section, Shell};

/// Returns the address of the search.
fn search_href(here: &Here) -> String {
    here.path("/connectors/new/registry")
}

/// Returns the shell of a page below the catalogue.
async fn below_catalogue(me: &SignedIn, title: impl Into<String>) -> Shell {
    let catalogue = me.here().path("/connectors");
    me.shell(title).await.section(Section::Connectors).breadcrumb("Connectors", catalogue)
}
