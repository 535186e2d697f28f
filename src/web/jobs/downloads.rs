//! A tool's result as files: the whole of it as the server sent it, and each picture or sound in it.

use axum::extract::State;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::parse_id;
use crate::app::App;
use crate::jobs;
use crate::tool_result::decode_file;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, Path, Query};

/// The policy of content that other servers made: no scripts, and an origin of its own, if a browser shows it.
const CONTENT_POLICY: &str = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; frame-ancestors 'none'";

pub(super) async fn download(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let output = job.output.ok_or(Error::not_found())?;
    let name = format!("attachment; filename=\"job-{}.json\"", job.id);
    Ok((
        [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "private, no-store"),
            (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        [(CONTENT_DISPOSITION, name)],
        output,
    )
        .into_response())
}

/// The parameters of the path of a content block.
#[derive(Deserialize)]
pub(super) struct ContentPath {
    pub(super) id: String,
    pub(super) n: usize,
}

/// The parameters of a content block.
#[derive(Default, Deserialize)]
pub(super) struct ContentParams {
    download: Option<String>,
}

pub(super) async fn content(
    State(app): State<App>,
    me: SignedIn,
    Path(ContentPath { id, n }): Path<ContentPath>,
    Query(params): Query<ContentParams>,
) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let result = job.output.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let file = result.and_then(|result| decode_file(&result, n)).ok_or(Error::not_found())?;
    let shown = file.shown_type.filter(|_| params.download.is_none());
    let kind = if shown.is_some() { "inline" } else { "attachment" };
    let encoded = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    let disposition =
        if file.name.is_empty() { kind.to_owned() } else { format!("{kind}; filename*=UTF-8''{encoded}") };
    let headers = [
        (CONTENT_TYPE, shown.unwrap_or("application/octet-stream")),
        (CACHE_CONTROL, "private, no-store"),
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, [(CONTENT_DISPOSITION, disposition)], file.bytes).into_response())
}
