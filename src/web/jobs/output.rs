//! A tool's result, as a page can show it: text, tables, pictures, JSON.

use serde_json::{Map, Value};

use crate::ids::JobId;

/// Longer texts are cut on the page; the whole is a download.
const LONGEST_TEXT: usize = 20_000;
const MOST_ROWS: usize = 50;
const MOST_COLUMNS: usize = 8;

/// A result in parts, and where to get it whole.
pub(super) struct Output {
    pub(super) parts: Vec<Part>,
    pub(super) href: String,
}

/// One piece of a result.
pub(super) enum Part {
    /// Words.
    Text { text: String, cut: bool },
    /// A list of flat objects.
    Table(Table),
    /// Anything else.
    Json { text: String, cut: bool },
    /// A picture that we serve ourselves.
    Image { href: String, alt: String },
    /// Bytes of another kind.
    File { href: String, what: String },
    /// A link to something outside; shown as text, because the server may say anything.
    Link { name: String, uri: String },
}

/// Rows under headings.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) more: usize,
}

impl Output {
    pub(super) fn new(job: JobId, text: &str) -> Self {
        let href = format!("/jobs/{job}/output");
        let Ok(result) = serde_json::from_str::<Value>(text) else {
            return Self { parts: vec![words(text)], href };
        };
        Self { parts: parts(job, &result), href }
    }

    /// Leaves out what the page has said already, as the error.
    pub(super) fn without(mut self, error: Option<&str>) -> Self {
        self.parts.retain(|part| !matches!(part, Part::Text { text, .. } if Some(text.as_str()) == error));
        self
    }
}

fn parts(job: JobId, result: &Value) -> Vec<Part> {
    let structured = result.get("structuredContent").filter(|value| !value.is_null());
    let content = result.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut parts: Vec<_> = structured.map(json_or_table).into_iter().collect();
    for (block, n) in content.iter().zip(0..) {
        // servers repeat the structured result as text, for clients that cannot read it: once is enough
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

fn part(job: JobId, n: usize, block: &Value) -> Part {
    let field = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let href = format!("/jobs/{job}/content/{n}");
    match block.get("type").and_then(Value::as_str) {
        Some("text") => {
            let text = field("text");
            match parse(&text).filter(|value| value.is_object() || value.is_array()) {
                Some(value) => json_or_table(&value),
                None => words(&text),
            }
        }
        Some("image") => Part::Image { href, alt: format!("Picture {} of the result, {}", n + 1, field("mimeType")) },
        Some("audio") => Part::File { href, what: format!("Sound, {}", field("mimeType")) },
        Some("resource_link") => Part::Link { name: field("name"), uri: field("uri") },
        Some("resource") if block.pointer("/resource/text").is_some() => {
            words(block.pointer("/resource/text").and_then(Value::as_str).unwrap_or_default())
        }
        Some("resource") => Part::File { href, what: "Embedded file".to_owned() },
        _ => json_or_table(block),
    }
}

fn text_of(block: &Value) -> Option<&str> {
    block.get("text").and_then(Value::as_str)
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn words(text: &str) -> Part {
    let (text, cut) = shorten(text);
    Part::Text { text, cut }
}

fn shorten(text: &str) -> (String, bool) {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => (text[..at].to_owned(), true),
        None => (text.to_owned(), false),
    }
}

fn json_or_table(value: &Value) -> Part {
    if let Some(table) = value.as_array().and_then(|rows| table(rows)) {
        return Part::Table(table);
    }
    let (text, cut) = shorten(&serde_json::to_string_pretty(value).unwrap_or_default());
    Part::Json { text, cut }
}

/// A table, if every row is an object of plain values and the columns fit on a page.
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
        if columns.len() > MOST_COLUMNS {
            return None;
        }
    }
    if columns.is_empty() {
        return None;
    }
    let row = |object: &&Map<String, Value>| columns.iter().map(|column| cell(object.get(column))).collect();
    Some(Table {
        rows: objects.iter().take(MOST_ROWS).map(row).collect(),
        more: objects.len().saturating_sub(MOST_ROWS),
        columns,
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shorten(text).0,
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Output, Part};
    use crate::ids::JobId;

    fn output(text: &str) -> Vec<Part> {
        Output::new(JobId::from_uuid(uuid::Uuid::nil()), text).parts
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
    fn whatever_a_server_sends_is_shown_somehow() {
        for text in
            ["", "null", "[]", "{}", "{\"content\":null}", r#"{"content":[{}]}"#, "not json", "{\"content\":[1,2]}"]
        {
            assert!(!output(text).is_empty(), "{text}");
        }
    }
}
