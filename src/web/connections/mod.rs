//! Pages of connections: all of one's own, one of them, and what its owner can do with it.

mod checkup;
mod default;
mod disconnection;
mod end;
mod findings;
mod index;
mod key;
mod label;
mod page_data;
mod selection;
mod show;
mod token;
mod updates;
mod views;

pub(super) use self::findings::{Checked, Findings};

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::shell::{Section, Shell};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/connections", get(index::index))
        .route("/connections/checkup", get(checkup::show_several).post(checkup::create_several))
        .route("/connections/disconnection", get(disconnection::new_several).post(disconnection::create_several))
        .route("/connections/news", get(updates::index))
        .route("/connections/{id}", get(show::show))
        .route("/connections/{id}/news", get(updates::show))
        .route("/connections/{id}/checkup", get(checkup::show).post(checkup::create))
        .route("/connections/{id}/label", get(label::edit).post(label::update))
        .route("/connections/{id}/token", get(token::edit).post(token::update))
        .route("/connections/{id}/default", get(default::show).post(default::create))
        .route("/connections/{id}/disconnection", get(disconnection::new).post(disconnection::create))
}

fn parse(id: &str) -> Result<ConnectionId, Error> {
    id.parse().map_err(|_| Error::not_found())
}

async fn find(app: &App, me: &SignedIn, id: &str) -> Result<ConnectionDetail, Error> {
    let mut tx = app.db.as_user(&me.actor).await?;
    Ok(connections::find(&mut tx, &me.actor, parse(id)?).await?)
}

/// The frame of a page about one connection, below the page of that connection.
async fn below(me: &SignedIn, thing: &str, connection: &ConnectionDetail) -> Shell {
    me.shell(thing)
        .await
        .section(Section::Connections)
        .breadcrumb("Connections", "/connections")
        .breadcrumb(views::name(connection), views::href(connection))
}
