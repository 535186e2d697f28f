//! Using one of several connections by default: a button of its page.

use axum::extract::State;

use super::{find, parse, views};
use crate::app::App;
use crate::connections;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::flash::Flash;
use crate::web::respond::see_other;

/// The button stands on the page of the connection.
pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    Ok(see_other(&views::href(&find(&app, &me, &id).await?)))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    connections::set_default(&app.db, &me.actor, parse(&id)?, app.clock.now()).await?;
    app.live.notify_user(me.actor.user_id());
    let connection = find(&app, &me, &id).await?;
    let words =
        format!("Tools of {} run through this connection now, unless you choose another.", connection.connector);
    me.flash(Flash::success(words)).await?;
    Ok(see_other(&views::href(&connection)))
}
