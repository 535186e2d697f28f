//! One connection: what it is, how it stands, what depends on it, and what can be done.

use axum::extract::State;

use super::parse;
use super::views::{ShowPage, name};
use crate::app::App;
use crate::connections;
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
    drop(tx);
    let shell = me.shell(name(&connection)).await.section(Section::Connections).under("Connections", "/connections");
    Ok(page(&ShowPage::new(shell, &connection, &dependants, checkup.as_ref(), &me.calendar(app.clock.now()))))
}
