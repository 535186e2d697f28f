//! `/dashboard/first-steps`: the list of first steps, which a person can remove from their dashboard.

use axum::extract::State;

use crate::app::App;
use crate::dashboard;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::flash::Flash;
use crate::web::respond::see_other;

/// Leads to the list. A person comes here after a sign-in that interrupted the removal.
pub(super) async fn show(me: SignedIn) -> Result {
    Ok(see_other(&me.here().path("/dashboard")))
}

pub(super) async fn destroy(State(app): State<App>, me: SignedIn) -> Result {
    dashboard::dismiss_first_steps(&app.db, &me.actor, app.clock.now()).await?;
    me.flash(Flash::success("The first steps are removed from here. You find them under Help.")).await?;
    Ok(see_other(&me.here().path("/dashboard")))
}
