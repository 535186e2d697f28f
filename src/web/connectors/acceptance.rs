//! Accepts changes of tools that the page showed.

use axum::extract::State;

use super::{find_discoverable, href};
use crate::app::App;
use crate::connectors;
use crate::ids::ToolVersionId;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, FormPairs, Path};
use crate::web::flash::Flash;
use crate::web::respond::see_other;
use crate::web::row_ids;

/// Leads to the page with the buttons, for those who come back from the sign-in.
pub(super) async fn new(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_discoverable(&app, &me, &slug).await?;
    Ok(see_other(&format!("{}/discovery", href(&connector, me.here()))))
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    FormPairs(pairs): FormPairs,
) -> Result {
    let connector = find_discoverable(&app, &me, &slug).await?;
    let versions: Vec<ToolVersionId> = row_ids::selected(&pairs)?;
    let accepted = connectors::accept_changes(&app.db, &me.actor, connector.id, &versions, app.clock.now()).await?;
    me.flash(describe(&accepted, versions.len())).await?;
    Ok(see_other(&format!("{}/discovery", href(&connector, me.here()))))
}

/// Describes what was accepted, and what was not because it has changed again.
fn describe(accepted: &[String], asked: usize) -> Flash {
    let message = match accepted {
        [tool] => format!("You accepted the change of {tool}. It runs as the server describes it now."),
        tools => format!("You accepted {} changes. The tools run as the server describes them now.", tools.len()),
    };
    if accepted.len() == asked {
        return Flash::success(message);
    }
    Flash::important(format!("{message} The others have changed again, or were accepted already."))
}
