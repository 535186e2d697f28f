//! A tool's result: as a page shows it (text, tables, pictures, JSON), and as files to download.
//!
//! A page shows hidden characters as words. The download has the result as the server sent it.

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::parse_id;
use crate::app::App;
use crate::foreign_text::{clean_name, clean_text};
use crate::jobs;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, Path};

/// The length in characters at which the page cuts a text. The download holds all of it.
const MAX_TEXT_LENGTH: usize = 20_000;
const MAX_ROWS: usize = 50;
const MAX_COLUMNS: usize = 8;

/// A result in parts, and the address of its download.
pub(super) struct Output {
    pub(super) parts: Vec<Part>,
    pub(super) href: String,
}

/// A part of a result.
pub(super) enum Part {
    /// Plain text.
    Text { text: String, cut: bool },
    /// A list of flat objects.
    Table(Table),
    /// Any other value.
    Json { text: String, cut: bool },
    /// A picture, served by the hub.
    Image { href: String, alt: String },
    /// A file to download.
    File { href: String, what: String },
    /// An external link, shown as text because the server can put anything into it.
    Link { name: String, uri: String },
}

/// Rows with column headings.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) more: usize,
}

impl Output {
    /// Builds the view. `job` is the path of the job's page.
    pub(super) fn new(job: &str, text: &str) -> Self {
        let href = format!("{job}/output");
        let Ok(result) = serde_json::from_str::<Value>(text) else {
            return Self { parts: vec![text_part(text)], href };
        };
        Self { parts: parts(job, &result), href }
    }

    /// Removes the text that the page already shows as the error.
    pub(super) fn without(mut self, error: Option<&str>) -> Self {
        self.parts.retain(|part| !matches!(part, Part::Text { text, .. } if Some(text.as_str()) == error));
        self
    }
}

fn parts(job: &str, result: &Value) -> Vec<Part> {
    let structured = result.get("structuredContent").filter(|value| !value.is_null());
    let content = result.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut parts: Vec<_> = structured.map(json_or_table).into_iter().collect();
    for (block, n) in content.iter().zip(0..) {
        // servers repeat the structured result as text for clients that cannot read it
        let repeated = structured.is_some_and(|value| text_of(block).and_then(parse).as_ref() == Some(value));
        if !repeated {
            parts.push(part(job, n, block));
        }
    }
    if parts.is_empty() {
        parts.push(Part::Text { text: "The tool returned nothing.".to_owned(), cut: false });
    }
    parts
}

fn part(job: &str, n: usize, block: &Value) -> Part {
    let has = |name: &str| block.get(name).is_some_and(Value::is_string);
    let field = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = |field_name: &str| clean_name(field(field_name)).into_owned();
    let href = format!("{job}/content/{n}");
    // a block without what its type needs is shown as it came
    match block.get("type").and_then(Value::as_str) {
        Some("text") if has("text") => {
            let text = field("text");
            match parse(text).filter(|value| value.is_object() || value.is_array()) {
                Some(value) => json_or_table(&value),
                None => text_part(text),
            }
        }
        Some("image") if has("data") => {
            Part::Image { href, alt: format!("Picture {} of the result, {}", n + 1, name("mimeType")) }
        }
        Some("audio") if has("data") => Part::File { href, what: format!("Sound, {}", name("mimeType")) },
        Some("resource_link") if has("uri") => Part::Link { name: name("name"), uri: name("uri") },
        Some("resource") if block.pointer("/resource/text").is_some_and(Value::is_string) => {
            text_part(block.pointer("/resource/text").and_then(Value::as_str).unwrap_or_default())
        }
        Some("resource") if block.pointer("/resource/blob").is_some_and(Value::is_string) => {
            Part::File { href, what: "Embedded file".to_owned() }
        }
        _ => json_or_table(block),
    }
}

fn text_of(block: &Value) -> Option<&str> {
    block.get("text").and_then(Value::as_str)
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn text_part(text: &str) -> Part {
    let (text, cut) = shorten(text);
    Part::Text { text, cut }
}

fn shorten(text: &str) -> (String, bool) {
    match text.char_indices().nth(MAX_TEXT_LENGTH) {
        Some((at, _)) => (clean_text(&text[..at]).into_owned(), true),
        None => (clean_text(text).into_owned(), false),
    }
}

fn json_or_table(value: &Value) -> Part {
    if let Some(table) = value.as_array().and_then(|rows| table(rows)) {
        return Part::Table(table);
    }
    let (text, cut) = shorten(&serde_json::to_string_pretty(value).unwrap_or_default());
    Part::Json { text, cut }
}

/// Builds a table, if every row is an object of plain values and the columns fit on a page.
fn table(rows: &[Value]) -> Option<Table> {
    let objects: Vec<&Map<String, Value>> = rows.iter().map(Value::as_object).collect::<Option<_>>()?;
    let mut columns: Vec<String> = Vec::new();
    for (key, value) in objects.iter().flat_map(|object| object.iter()) {
        if value.is_object() || value.is_array() {
            return None;
        }
        if !columns.contains(key) {
            columns.push(key.clone());
        }
        if columns.len() > MAX_COLUMNS {
            return None;
        }
    }
    if columns.is_empty() {
        return None;
    }
    let row = |object: &&Map<String, Value>| columns.iter().map(|column| cell(object.get(column))).collect();
    Some(Table {
        rows: objects.iter().take(MAX_ROWS).map(row).collect(),
        more: objects.len().saturating_sub(MAX_ROWS),
        columns: columns.iter().map(|column| clean_name(column).into_owned()).collect(),
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shorten(text).0,
        Some(other) => other.to_string(),
    }
}

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
    let (mime, bytes) = job.output.as_deref().and_then(|text| decode_block(text, n)).ok_or(Error::not_found())?;
    let shown = SHOWN_TYPES.iter().find(|known| **known == mime);
    let disposition = if shown.is_some() { "inline" } else { "attachment" };
    let headers = [
        (CONTENT_TYPE, shown.map_or("application/octet-stream", |known| known)),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, bytes).into_response())
}

/// Decodes the `n`th block of an MCP result.
fn decode_block(output: &str, n: usize) -> Option<(String, Vec<u8>)> {
    let result: Value = serde_json::from_str(output).ok()?;
    let block = result.get("content")?.get(n)?;
    let holder = block.get("resource").unwrap_or(block);
    let data = holder.get("data").or_else(|| holder.get("blob"))?.as_str()?;
    let mime = holder.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    Some((mime.to_owned(), BASE64_STANDARD.decode(data).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Output, Part, decode_block};

    fn output(text: &str) -> Vec<Part> {
        Output::new("/jobs/1", text).parts
    }

    #[test]
    fn structured_content_is_shown_once() {
        let parts = output(r#"{"structuredContent":{"a":1},"content":[{"type":"text","text":"{\"a\": 1}"}]}"#);
        assert!(matches!(parts.as_slice(), [Part::Json { text, .. }] if text.contains("\"a\": 1")));
    }

    #[test]
    fn a_list_of_flat_objects_is_a_table() {
        let parts =
            output(r#"{"content":[{"type":"text","text":"[{\"id\":1,\"name\":\"x\"},{\"id\":2,\"ok\":true}]"}]}"#);
        let [Part::Table(table)] = parts.as_slice() else { panic!("no table") };
        assert_eq!(table.columns, ["id", "name", "ok"]);
        assert_eq!(table.rows[1], ["2", "", "true"]);
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let parts = output(r#"{"structuredContent":{"n":9007199254740993,"d":1.10}}"#);
        assert!(
            matches!(parts.as_slice(), [Part::Json { text, .. }] if text.contains("9007199254740993") && text.contains("1.10"))
        );
    }

    #[test]
    fn every_answer_of_a_server_is_shown_somehow() {
        for text in
            ["", "null", "[]", "{}", "{\"content\":null}", r#"{"content":[{}]}"#, "not json", "{\"content\":[1,2]}"]
        {
            assert!(!output(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn files_of_a_result_are_below_its_job() {
        let text = r#"{"content":[{"type":"image","data":"aGk=","mimeType":"image/png"}]}"#;
        let output = Output::new("/orgs/acme/jobs/1", text);
        assert_eq!(output.href, "/orgs/acme/jobs/1/output");
        assert!(matches!(&output.parts[0], Part::Image { href, .. } if href == "/orgs/acme/jobs/1/content/0"));
    }

    #[test]
    fn a_block_is_decoded_if_it_exists() {
        let output =
            r#"{"content":[{"type":"text","text":"x"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}"#;
        assert_eq!(decode_block(output, 1), Some(("image/png".to_owned(), b"hi".to_vec())));
        assert_eq!(decode_block(output, 0), None);
        assert_eq!(decode_block(output, 9), None);
        assert_eq!(decode_block("nonsense", 0), None);
    }
}
