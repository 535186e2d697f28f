//! A tool's result as its page shows it: text, tables, pictures, JSON. Hidden characters are shown as words.

use serde_json::{Map, Value};

use super::cut_text::shorten;
use super::result_table::{Table, table};
use crate::foreign_text::clean_name;
use crate::rest::WHOLE_ANSWER;

/// A result in parts, and the address of its download.
pub(super) struct Output {
    pub(super) parts: Vec<Part>,
    pub(super) href: String,
}

/// A part of a result.
pub(super) enum Part {
    /// Plain text, which may be a member of an object.
    Text { name: String, text: String, cut: bool },
    /// A list of flat objects, which may be a member of an object.
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

impl Part {
    /// Returns the name of the member that this part is; empty for a whole result.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Text { name, .. } | Self::Table(Table { name, .. }) => name,
            _ => "",
        }
    }

    /// Reports whether the part is a text that can be copied.
    pub(super) const fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Json { .. })
    }

    /// Reports whether the part, at this place in the result, has a head of its own.
    fn has_head(&self, place: usize) -> bool {
        !self.name().is_empty() || (place > 0 && (self.is_text() || matches!(self, Self::Table(_))))
    }
}

impl Output {
    /// Iterates over the parts, each with its place and whether it has a head of its own.
    pub(super) fn placed(&self) -> impl Iterator<Item = (usize, bool, &Part)> {
        self.parts.iter().enumerate().map(|(place, part)| (place, part.has_head(place), part))
    }

    /// Reports whether the head of the result has the button that copies its first part.
    pub(super) fn is_copied_from_head(&self) -> bool {
        self.parts.first().is_some_and(|part| part.is_text() && !part.has_head(0))
    }

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
    // many servers wrap a text into an object of one member: the text alone reads better
    let is_text = |text: &str| content.iter().any(|block| text_of(block) == Some(text));
    let structured = structured.filter(|value| !only_member(value).and_then(Value::as_str).is_some_and(is_text));
    let mut parts: Vec<_> = structured.map(parts_of).unwrap_or_default();
    // a sentence about the values that follow
    let begins_with_text = content.first().is_some_and(is_sentence) && !parts.is_empty();
    for (block, n) in content.iter().zip(0..) {
        // servers repeat the structured result as text for clients that cannot read it
        let repeated = text_of(block).is_some_and(|text| structured.is_some_and(|value| repeats(text, value)));
        if n == 0 && begins_with_text && !repeated {
            parts.splice(0..0, block_parts(job, n, block));
        } else if !repeated {
            parts.extend(block_parts(job, n, block));
        }
    }
    if parts.is_empty() {
        parts.push(text_part("The tool returned nothing."));
    }
    parts
}

/// Reports whether a text says the same as a structured result: its JSON, or the only value in it.
fn repeats(text: &str, value: &Value) -> bool {
    let is_same = |value: &Value| value.as_str() == Some(text) || parse(text).as_ref() == Some(value);
    is_same(value) || only_member(value).is_some_and(is_same)
}

fn only_member(value: &Value) -> Option<&Value> {
    value.as_object().filter(|members| members.len() == 1)?.values().next()
}

fn block_parts(job: &str, n: usize, block: &Value) -> Vec<Part> {
    let has = |name: &str| block.get(name).is_some_and(Value::is_string);
    let field = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = |field_name: &str| clean_name(field(field_name)).into_owned();
    let href = format!("{job}/content/{n}");
    // a block without what its type needs is shown as it came
    let part = match block.get("type").and_then(Value::as_str) {
        Some("text") if has("text") => {
            let text = field("text");
            match parse(text).filter(|value| value.is_object() || value.is_array()) {
                Some(value) => return parts_of(&value),
                None => text_part(text),
            }
        }
        Some("image") if has("data") => {
            Part::Image { href, alt: format!("Picture {} of the result, {}", n + 1, name("mimeType")) }
        }
        Some("audio") if has("data") => Part::File { href, what: format!("Sound, {}", name("mimeType")) },
        Some("resource_link") if has("uri") => Part::Link { name: name("name"), uri: name("uri") },
        Some("resource") if block.pointer("/resource/uri").and_then(Value::as_str) == Some(WHOLE_ANSWER) => {
            Part::File { href, what: "The whole answer of the service, JSON".to_owned() }
        }
        Some("resource") if block.pointer("/resource/text").is_some_and(Value::is_string) => {
            text_part(block.pointer("/resource/text").and_then(Value::as_str).unwrap_or_default())
        }
        Some("resource") if block.pointer("/resource/blob").is_some_and(Value::is_string) => {
            Part::File { href, what: embedded_name(block) }
        }
        _ => return parts_of(block),
    };
    vec![part]
}

/// Names an embedded file by its address and its type.
fn embedded_name(block: &Value) -> String {
    let text = |member: &str| block.pointer(member).and_then(Value::as_str).unwrap_or_default();
    match (text("/resource/uri"), text("/resource/mimeType")) {
        ("", "") => "Embedded file".to_owned(),
        ("", media_type) => format!("Embedded file, {}", clean_name(media_type)),
        (uri, "") => clean_name(uri).into_owned(),
        (uri, media_type) => format!("{}, {}", clean_name(uri), clean_name(media_type)),
    }
}

fn is_sentence(block: &Value) -> bool {
    text_of(block).is_some_and(|text| !text.contains('\n') && parse(text).is_none())
}

fn text_of(block: &Value) -> Option<&str> {
    block.get("text").and_then(Value::as_str)
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn text_part(text: &str) -> Part {
    let (text, cut) = shorten(text);
    Part::Text { name: String::new(), text, cut }
}

/// Returns the parts of a value. Texts of several lines and lists of flat objects stand alone, each under its name; what is
/// left of the object is JSON.
fn parts_of(value: &Value) -> Vec<Part> {
    let Value::Object(members) = value else {
        return vec![alone("", value).unwrap_or_else(|| json_part(value))];
    };
    let (mut rest, mut parts) = (Map::new(), Vec::new());
    for (name, value) in members {
        match alone(name, value) {
            Some(part) => parts.push(part),
            None => drop(rest.insert(name.clone(), value.clone())),
        }
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.insert(0, json_part(&Value::Object(rest)));
    }
    parts
}

/// Returns a value as a part of its own, if people read that better than JSON.
fn alone(name: &str, value: &Value) -> Option<Part> {
    let name = clean_name(name).into_owned();
    match value {
        Value::String(text) if text.trim_end().contains('\n') => {
            let (text, cut) = shorten(text);
            Some(Part::Text { name, text, cut })
        }
        Value::Array(rows) => Some(Part::Table(Table { name, ..table(rows)? })),
        _ => None,
    }
}

fn json_part(value: &Value) -> Part {
    let (text, cut) = shorten(&serde_json::to_string_pretty(value).unwrap_or_default());
    Part::Json { text, cut }
}

#[cfg(test)]
mod tests {
    use super::{Output, Part};

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
    fn members_that_people_read_better_alone_stand_alone() {
        let text = r#"{"structuredContent":{"total":2,"rows":[{"id":1},{"id":2}],"diff":"-a\n+b\n"}}"#;
        let parts = output(text);
        let [Part::Json { text, .. }, Part::Table(table), Part::Text { name, text: diff, .. }] = parts.as_slice()
        else {
            panic!("other parts")
        };
        assert!(text.contains("total") && !text.contains("rows"), "{text}");
        assert_eq!((table.name.as_str(), table.rows.len()), ("rows", 2));
        assert_eq!((name.as_str(), diff.as_str()), ("diff", "-a\n+b\n"));
    }

    #[test]
    fn a_text_that_repeats_the_only_member_is_not_shown_again() {
        let parts = output(r#"{"structuredContent":{"result":"a\nb"},"content":[{"type":"text","text":"a\nb"}]}"#);
        assert_eq!(parts.len(), 1);
        let parts = output(r#"{"structuredContent":{"result":[1]},"content":[{"type":"text","text":"[1]"}]}"#);
        assert_eq!(parts.len(), 1);
        let other = output(r#"{"structuredContent":{"result":"a\nb"},"content":[{"type":"text","text":"c"}]}"#);
        assert_eq!(other.len(), 2);
    }

    #[test]
    fn a_sentence_stands_before_the_values_it_is_about_and_the_whole_answer_is_a_file() {
        let text = r#"{"content":[{"type":"text","text":"2 customers."},
            {"type":"resource","resource":{"uri":"answer.json","mimeType":"application/json","text":"{}"}}],
            "structuredContent":{"customers":[{"id":1},{"id":2}]}}"#;
        let parts = output(text);
        assert!(matches!(&parts[..], [Part::Text { text, .. }, Part::Table(_), Part::File { href, .. }]
            if text == "2 customers." && href == "/jobs/1/content/1"));
    }

    #[test]
    fn a_table_has_fifty_rows_and_says_how_many_are_missing() {
        let rows: Vec<_> = (0..60).map(|n| serde_json::json!({ "n": n })).collect();
        let parts = output(&serde_json::json!({ "structuredContent": { "rows": rows } }).to_string());
        let [Part::Table(table)] = parts.as_slice() else { panic!("no table") };
        assert_eq!((table.rows.len(), table.more), (50, 10));
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
}
