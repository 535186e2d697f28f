//! A tool's result as files: the whole of it as the server sent it, and each picture or sound in it.

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::parse_id;
use crate::app::App;
use crate::foreign_text::clean_name;
use crate::jobs;
use crate::rest::WHOLE_ANSWER;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, Path};

/// The types that a browser may show. Every other type is a download, whatever the server declares.
const SHOWN_TYPES: [&str; 8] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/wav", "audio/ogg", "audio/webm"];

pub(super) async fn download(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let output = job.output.ok_or(Error::not_found())?;
    let name = format!("attachment; filename=\"job-{}.json\"", job.id);
    Ok((
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "private, no-store")],
        [(CONTENT_DISPOSITION, name)],
        output,
    )
        .into_response())
}

/// The parameters of the path of a content block.
#[derive(Deserialize)]
pub(super) struct ContentPath {
    id: String,
    n: usize,
}

pub(super) async fn content(
    State(app): State<App>,
    me: SignedIn,
    Path(ContentPath { id, n }): Path<ContentPath>,
) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let Block { mime, name, bytes } =
        job.output.as_deref().and_then(|text| decode_block(text, n)).ok_or(Error::not_found())?;
    let shown = SHOWN_TYPES.iter().find(|known| **known == mime);
    let kind = if shown.is_some() { "inline" } else { "attachment" };
    let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let disposition = if name.is_empty() { kind.to_owned() } else { format!("{kind}; filename*=UTF-8''{encoded}") };
    let headers =
        [(CONTENT_TYPE, shown.map_or("application/octet-stream", |known| known)), (CACHE_CONTROL, "private, no-store")];
    Ok((headers, [(CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// A file in a result.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    mime: String,
    /// Name of the file; empty if it has none.
    name: String,
    bytes: Vec<u8>,
}

/// Decodes the `n`th block of an MCP result.
fn decode_block(output: &str, n: usize) -> Option<Block> {
    let result: Value = serde_json::from_str(output).ok()?;
    let block = result.get("content")?.get(n)?;
    let holder = block.get("resource").unwrap_or(block);
    let mime = holder.get("mimeType").and_then(Value::as_str).unwrap_or_default().to_owned();
    let uri = holder.get("uri").and_then(Value::as_str).unwrap_or_default();
    let name = clean_name(uri.rsplit('/').next().unwrap_or_default()).into_owned();
    if uri == WHOLE_ANSWER {
        return Some(Block { mime, name, bytes: holder.get("text")?.as_str()?.as_bytes().to_vec() });
    }
    let data = holder.get("data").or_else(|| holder.get("blob"))?.as_str()?;
    Some(Block { mime, name, bytes: BASE64_STANDARD.decode(data).ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Block, decode_block};

    fn block(mime: &str, name: &str, bytes: &[u8]) -> Block {
        Block { mime: mime.to_owned(), name: name.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_block_is_decoded_if_it_exists() {
        let output =
            r#"{"content":[{"type":"text","text":"x"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}"#;
        assert_eq!(decode_block(output, 1), Some(block("image/png", "", b"hi")));
        assert_eq!(decode_block(output, 0), None);
        let answer = r#"{"content":[{"type":"resource","resource":{"uri":"answer.json","mimeType":"application/json","text":"{}"}}]}"#;
        assert_eq!(decode_block(answer, 0), Some(block("application/json", "answer.json", b"{}")));
        let file = r#"{"content":[{"type":"resource","resource":{"uri":"https://a.example/b/c.pdf","mimeType":"application/pdf","blob":"aGk="}}]}"#;
        assert_eq!(decode_block(file, 0), Some(block("application/pdf", "c.pdf", b"hi")));
        assert_eq!(decode_block(output, 9), None);
        assert_eq!(decode_block("nonsense", 0), None);
    }
}
