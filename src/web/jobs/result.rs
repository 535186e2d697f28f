//! A job's result as files: the whole of it as JSON, or one picture or sound of it.

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::Value;

use super::parse;
use crate::app::App;
use crate::jobs;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::Path;

/// What a browser may show; everything else is a download, whatever the server calls it.
const SHOWN: [&str; 8] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/wav", "audio/ogg", "audio/webm"];

pub(super) async fn output(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse(&id)?).await?;
    let output = job.output.ok_or(Error::not_found())?;
    let name = format!("attachment; filename=\"job-{}.json\"", job.id);
    Ok((
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "private, no-cache")],
        [(CONTENT_DISPOSITION, name)],
        output,
    )
        .into_response())
}

pub(super) async fn content(State(app): State<App>, me: SignedIn, Path((id, n)): Path<(String, usize)>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse(&id)?).await?;
    let (mime, bytes) = job.output.as_deref().and_then(|text| piece(text, n)).ok_or(Error::not_found())?;
    let shown = SHOWN.iter().find(|known| **known == mime);
    let disposition = if shown.is_some() { "inline" } else { "attachment" };
    let headers = [
        (CONTENT_TYPE, shown.map_or("application/octet-stream", |known| known)),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, bytes).into_response())
}

/// The `n`th block of an MCP result, decoded.
fn piece(output: &str, n: usize) -> Option<(String, Vec<u8>)> {
    let result: Value = serde_json::from_str(output).ok()?;
    let block = result.get("content")?.get(n)?;
    let holder = block.get("resource").unwrap_or(block);
    let data = holder.get("data").or_else(|| holder.get("blob"))?.as_str()?;
    let mime = holder.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    Some((mime.to_owned(), BASE64_STANDARD.decode(data).ok()?))
}

#[cfg(test)]
mod tests {
    use super::piece;

    #[test]
    fn a_piece_is_decoded_or_not_there() {
        let output =
            r#"{"content":[{"type":"text","text":"x"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}"#;
        assert_eq!(piece(output, 1), Some(("image/png".to_owned(), b"hi".to_vec())));
        assert_eq!(piece(output, 0), None);
        assert_eq!(piece(output, 9), None);
        assert_eq!(piece("nonsense", 0), None);
    }
}
