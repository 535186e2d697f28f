//! The connections selected in the list, for actions on several at once.

use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::row_ids;

/// Returns each selected id once. A value that is not an id is a 404.
pub(super) fn parse_ids(pairs: &[(String, String)]) -> Result<Vec<ConnectionId>, Error> {
    row_ids::selected(pairs)
}

pub(super) async fn load(app: &App, me: &SignedIn, ids: &[ConnectionId]) -> Result<Vec<ConnectionDetail>, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(connections::find_many(&mut tx, &me.actor, ids).await?)
}
