//! The image of an MCP server, as a PNG that the hub has made of what the server announced.

use axum::extract::State;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;

use crate::app::App;
use crate::connectors;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;

/// The parameters of the path of an image.
#[derive(Deserialize)]
pub(super) struct ImagePath {
    slug: String,
    digest: String,
}

/// Returns the image. Another image has another address, so that a browser asks once.
pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ImagePath { slug, digest }): Path<ImagePath>,
) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    let png = connectors::find_image(&mut tx, &me.actor, connector.id, &digest).await?;
    let headers = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((headers, png).into_response())
}
