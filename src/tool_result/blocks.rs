//! The content blocks and the structured content of a result, in the order in which people read them.

use serde_json::Value;

use super::label::Label;
use super::media::{self, MediaKind};
use super::pointer::{child, parse_json};
use super::shape::Shape;
use super::size::is_table;
use super::text::TextPage;
use super::value::Node;
use super::{Body, LEVEL_IN_PART, Media, PageQuery, Part, markdown_signs, text_body};
use crate::foreign_text::clean_name;

/// Pointer of the structured content.
const STRUCTURED: &str = "/structuredContent";

/// Returns the parts of a stored result.
pub(super) fn parts(result: &Value, shape: Shape<'_>) -> Vec<Part> {
    let structured = result.get("structuredContent").filter(|value| !value.is_null());
    let content = result.get("content").and_then(Value::as_array);
    if content.is_none() && structured.is_none() {
        return value_parts(result, "", Shape::new(None));
    }
    let content = content.map_or(&[][..], Vec::as_slice);
    // many servers wrap a text into an object of one member: the text alone reads better
    let is_text = |text: &str| content.iter().any(|block| text_of(block) == Some(text));
    let structured = structured.filter(|value| !only_member(value).and_then(Value::as_str).is_some_and(is_text));
    let mut parts = structured.map(|value| value_parts(value, STRUCTURED, shape)).unwrap_or_default();
    // a sentence about the values that follow
    let begins_with_text = content.first().is_some_and(is_sentence) && !parts.is_empty();
    for (place, block) in content.iter().enumerate() {
        // servers repeat the structured result as text for clients that cannot read it
        let repeated = text_of(block).is_some_and(|text| structured.is_some_and(|value| repeats(text, value)));
        if place == 0 && begins_with_text && !repeated {
            parts.splice(0..0, block_parts(place, block));
        } else if !repeated {
            parts.extend(block_parts(place, block));
        }
    }
    if parts.is_empty() {
        let body = Body::Text(TextPage::new("There is nothing in the result.", None));
        parts.push(Part { label: None, pointer: String::new(), body });
    }
    parts
}

/// Reports whether a text says the same as a structured result: its JSON, or the only value in it.
fn repeats(text: &str, value: &Value) -> bool {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    let is_same = |value: &Value| value.as_str() == Some(text) || parsed.as_ref() == Some(value);
    is_same(value) || only_member(value).is_some_and(is_same)
}

fn only_member(value: &Value) -> Option<&Value> {
    value.as_object().filter(|members| members.len() == 1)?.values().next()
}

fn is_sentence(block: &Value) -> bool {
    text_of(block).is_some_and(|text| !text.contains('\n') && serde_json::from_str::<Value>(text).is_err())
}

fn text_of(block: &Value) -> Option<&str> {
    block.get("text").and_then(Value::as_str)
}

fn block_parts(place: usize, block: &Value) -> Vec<Part> {
    let pointer = format!("/content/{place}");
    let kind = block.get("type").and_then(Value::as_str);
    // a block without what its type needs is shown as it came
    let part = match kind {
        Some("text") => text_of(block).map(|text| text_parts(text, &format!("{pointer}/text"))),
        Some("resource_link") => media::read_link(block, place)
            .map(|link| vec![Part { label: None, pointer: pointer.clone(), body: Body::Resource(link) }]),
        Some("image" | "audio") => file_part(block, place, &pointer).map(|part| vec![part]),
        Some("resource") => {
            file_part(block, place, &pointer).map(|part| vec![part]).or_else(|| resource_part(block, &pointer))
        }
        _ => None,
    };
    part.unwrap_or_else(|| value_parts(block, &pointer, Shape::new(None)))
}

fn text_parts(text: &str, pointer: &str) -> Vec<Part> {
    match parse_json(text) {
        Some(value) => value_parts(&value, pointer, Shape::new(None)),
        None => {
            vec![Part { label: None, pointer: pointer.to_owned(), body: text_body(text, None, false, LEVEL_IN_PART) }]
        }
    }
}

/// Returns a block with bytes as an image, a sound or a file.
fn file_part(block: &Value, place: usize, pointer: &str) -> Option<Part> {
    let (kind, file) = media::read_file(block, place)?;
    let is_declared = |kind: MediaKind| match block.get("type").and_then(Value::as_str) {
        Some("image") => kind == MediaKind::Image,
        Some("audio") => kind == MediaKind::Audio,
        _ => true,
    };
    let body = match kind.filter(|kind| is_declared(*kind)) {
        Some(kind) => Body::Media(Media { kind, file }),
        None => Body::File(file),
    };
    Some(Part { label: None, pointer: pointer.to_owned(), body })
}

/// Returns an embedded text under the name of its resource.
fn resource_part(block: &Value, pointer: &str) -> Option<Vec<Part>> {
    let resource = block.get("resource")?;
    let text = resource.get("text")?.as_str()?;
    let uri = clean_name(resource.get("uri").and_then(Value::as_str).unwrap_or_default()).into_owned();
    let pointer = format!("{pointer}/resource/text");
    let mut parts = match parse_json(text) {
        Some(_) => text_parts(text, &pointer),
        None => vec![Part {
            label: None,
            pointer,
            body: text_body(text, None, media::is_markdown(resource), LEVEL_IN_PART),
        }],
    };
    if let Some(first) = parts.first_mut().filter(|_| !uri.is_empty()) {
        first.label.get_or_insert(Label { text: uri, is_key: true });
    }
    Some(parts)
}

/// Returns the parts of a value. Texts of several lines and lists of objects stand alone, each under its name.
fn value_parts(value: &Value, pointer: &str, shape: Shape<'_>) -> Vec<Part> {
    let part = |label, pointer: &str, body| Part { label, pointer: pointer.to_owned(), body };
    let Value::Object(members) = value else {
        let body = match value {
            Value::String(text) => text_body(text, None, false, LEVEL_IN_PART),
            other => Body::Value(Node::page(other, pointer, shape, &PageQuery::default())),
        };
        return vec![part(None, pointer, body)];
    };
    let mut parts = Vec::new();
    for (key, value) in members.iter().filter(|(_, value)| stands_alone(value)) {
        let (pointer, shape) = (child(pointer, key), shape.below(key));
        let label = Some(Label::new(key, shape.title()));
        let body = match value {
            Value::String(text) => text_body(text, None, false, LEVEL_IN_PART),
            other => Body::Value(Node::page(other, &pointer, shape, &PageQuery::default())),
        };
        parts.push(part(label, &pointer, body));
    }
    let rest = members.iter().enumerate().filter(|(_, (_, value))| !stands_alone(value));
    let rest: Vec<_> = rest.map(|(place, (key, value))| (place, key, value)).collect();
    if !rest.is_empty() {
        let count = rest.len();
        parts.insert(0, part(None, pointer, Body::Value(Node::record(rest.into_iter(), count, pointer, shape))));
    }
    if parts.is_empty() {
        parts.push(part(None, pointer, Body::Value(Node::page(value, pointer, shape, &PageQuery::default()))));
    }
    parts
}

/// Reports whether people read a value better under a heading of its own.
fn stands_alone(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim_end().contains('\n') || markdown_signs::is_markdown(text),
        Value::Array(rows) => is_table(rows),
        _ => false,
    }
}
