//! One connection: what it is, how it stands, what depends on it, and what can be done.

use axum::extract::State;

use super::parse;
use super::views::{Around, ShowPage, name};
use crate::app::App;
use crate::connections;
use crate::connectors;
use crate::jobs;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::respond::page;
use crate::web::shell::Section;

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    let id = parse(&id)?;
    let mut tx = app.db.as_user(&me.actor).await?;
    let connection = connections::find(&mut tx, &me.actor, id).await?;
    let dependants = jobs::dependants(&mut tx, &me.actor, &[id]).await?;
    let checkup = jobs::newest_checkup(&mut tx, &me.actor, id).await?;
    let provider = connectors::provider(&mut tx, &me.actor, connection.connector_id).await?;
    drop(tx);
    let shell = me.shell(name(&connection)).await.section(Section::Connections).under("Connections", "/connections");
    let around = Around { provider: provider.as_ref(), dependants: &dependants, checkup: checkup.as_ref() };
    Ok(page(&ShowPage::new(shell, &connection, &around, &me.calendar(app.clock.now()))))
}
