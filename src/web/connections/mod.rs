//! Pages of connections: the list, one connection, and the actions of its owner.
//!
//! The router of the web layer mounts them. They call [`crate::connections`] and [`crate::jobs`], and never show or log a
//! credential.

mod checkup;
mod credential;
mod disconnection;
mod expiry;
mod index;
mod label;
mod selection;
mod show;
mod states;
mod updates;
mod views;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::request::Parts;

use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, Path};
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
        .route("/connections/{id}/token", get(credential::edit).post(credential::update))
        .route("/connections/{id}/default", get(show::show_default).post(show::make_default))
        .route("/connections/{id}/disconnection", get(disconnection::new).post(disconnection::create))
}

fn parse_id(id: &str) -> Result<ConnectionId, Error> {
    id.parse().map_err(|_| Error::not_found())
}

/// The connection of the address, and its owner. Anybody else meets a 404.
struct OwnConnection {
    me: SignedIn,
    connection: ConnectionDetail,
}

impl FromRequestParts<App> for OwnConnection {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let me = SignedIn::from_request_parts(parts, app).await?;
        let Path(ById { id }): Path<ById> =
            Path::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let connection = load(app, &me, &id).await.map_err(IntoResponse::into_response)?;
        Ok(Self { me, connection })
    }
}

async fn load(app: &App, me: &SignedIn, id: &str) -> Result<ConnectionDetail, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(connections::find(&mut tx, &me.actor, parse_id(id)?).await?)
}

/// Builds the shell of a page below the page of a connection.
async fn below(me: &SignedIn, title: &str, connection: &ConnectionDetail) -> Shell {
    me.shell(title)
        .await
        .section(Section::Connections)
        .breadcrumb("Connections", me.here().path("/connections"))
        .breadcrumb(views::name(connection), views::href(connection, me.here()))
}
