//! The result of a tool in the parts that people read: text, Markdown, tables, values, media, files and links. Pure functions.
//!
//! - A stored result is JSON: the content blocks and the structured content of MCP, or the answer of a REST service in the same
//!   form. Each part has a JSON Pointer into it, by which its own page finds it. A text that is JSON is entered like a value.
//! - A page shows a bounded amount. What does not fit has a pointer or a key from which the next page continues: nothing is cut
//!   silently.
//! - Names and texts are foreign, so they are cleaned here. Numbers keep their spelling.

mod blocks;
mod decimal;
mod label;
mod markdown_signs;
mod media;
mod pointer;
mod scalar;
mod schema_faults;
mod shape;
mod size;
mod table;
mod text;
mod value;

use serde_json::Value;

pub use self::label::Label;
pub use self::media::{File, Media, MediaFile, MediaKind, ResourceLink, decode_file, find_link};
pub use self::scalar::Scalar;
pub use self::schema_faults::SchemaFault;
pub use self::table::{Cell, CellValue, Column, Direction, Row, Sort, Table};
pub use self::text::{TextPage, TextPiece};
pub use self::value::{Group, Member, Node};

use self::pointer::{parse_json, resolve};
use self::shape::Shape;
use crate::markdown::SafeHtml;

/// The level of the highest heading of Markdown below the heading of a part.
const LEVEL_IN_PART: u8 = 4;

/// The level of the highest heading of Markdown in a part without a heading of its own.
const LEVEL_ALONE: u8 = 3;

/// A part of a result.
#[derive(Debug)]
pub struct Part {
    /// Name of the part, if it has one.
    pub label: Option<Label>,
    /// JSON Pointer of its value in the stored result.
    pub pointer: String,
    /// Content of the part.
    pub body: Body,
}

/// The content of a part.
#[derive(Debug)]
pub enum Body {
    /// Text, or a page of it.
    Text(TextPage),
    /// Markdown as HTML. Its source is the text at the pointer.
    Markdown(SafeHtml),
    /// A value of JSON.
    Value(Node),
    /// An image or a sound.
    Media(Media),
    /// A file to download.
    File(File),
    /// The address of a resource that the server names.
    Resource(ResourceLink),
}

/// The selection of a page of a part.
#[derive(Debug, Default, Clone)]
pub struct PageQuery {
    /// Key after which the page begins: the place of a row or a member, or a number of characters.
    pub after: Option<usize>,
    /// Number of columns that the page skips.
    pub skipped_columns: usize,
    /// Order of the rows.
    pub sort: Option<Sort>,
}

/// A stored result.
#[derive(Debug)]
pub struct ToolResult {
    value: Value,
    output_schema: Option<Value>,
}

impl ToolResult {
    /// Reads a stored result. Text that is no JSON is a result as well. `output_schema` describes the structured content.
    #[must_use]
    pub fn new(stored: &str, output_schema: Option<Value>) -> Self {
        let value = serde_json::from_str(stored).unwrap_or_else(|_| Value::String(stored.to_owned()));
        Self { value, output_schema }
    }

    /// Returns all parts, each with its first page.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        if let Value::String(text) = &self.value {
            return vec![Part { label: None, pointer: String::new(), body: text_body(text, None, false, LEVEL_ALONE) }];
        }
        let mut parts = blocks::parts(&self.value, self.shape());
        // the first part has no heading, unless it has a name
        if let Some(part) = parts.first_mut().filter(|part| part.label.is_none())
            && let Body::Markdown(html) = &mut part.body
            && let Some(source) = resolve(&self.value, &part.pointer)
            && let Some(raised) = crate::markdown::render(source.as_str().unwrap_or_default(), LEVEL_ALONE)
        {
            *html = raised;
        }
        parts
    }

    /// Returns a page of the part at a pointer.
    #[must_use]
    pub fn part(&self, pointer: &str, query: &PageQuery) -> Option<Part> {
        let value = resolve(&self.value, pointer)?;
        let shape = self.shape_at(pointer);
        let label = self.label(pointer);
        let parsed = value.as_str().and_then(parse_json);
        let body = match (&parsed, &*value) {
            (Some(parsed), _) => Body::Value(Node::page(parsed, pointer, shape, query)),
            (None, Value::String(text)) => {
                text_body(text, query.after, self.is_declared_markdown(pointer), LEVEL_ALONE)
            }
            (None, other) => Body::Value(Node::page(other, pointer, shape, query)),
        };
        Some(Part { label, pointer: pointer.to_owned(), body })
    }

    /// Returns a page of the JSON at a pointer.
    #[must_use]
    pub fn json(&self, pointer: &str, after: Option<usize>) -> Option<TextPage> {
        let value = resolve(&self.value, pointer)?;
        let parsed = value.as_str().and_then(parse_json);
        Some(TextPage::of_json(parsed.as_ref().unwrap_or(&value), after))
    }

    /// Returns a page of the text at a pointer, as the server wrote it.
    #[must_use]
    pub fn source(&self, pointer: &str, after: Option<usize>) -> Option<TextPage> {
        Some(TextPage::new(resolve(&self.value, pointer)?.as_str()?, after))
    }

    /// Returns the labels of the values around the one at a pointer, outermost first, each with its pointer.
    #[must_use]
    pub fn path(&self, pointer: &str) -> Vec<(Label, String)> {
        let ends = pointer.match_indices('/').map(|(at, _)| at).skip(1);
        ends.filter_map(|end| Some((self.label(&pointer[..end])?, pointer[..end].to_owned()))).collect()
    }

    /// Names the value at a pointer. The protocol's frame around the values has no name.
    fn label(&self, pointer: &str) -> Option<Label> {
        let (outer, token) = pointer.rsplit_once('/').filter(|_| !pointer::is_frame(pointer))?;
        let outer = resolve(&self.value, outer)?;
        let is_list = outer.is_array() || outer.as_str().and_then(parse_json).is_some_and(|value| value.is_array());
        match token.parse::<usize>() {
            Ok(place) if is_list => Some(Label { text: format!("Item {}", place + 1), is_key: false }),
            _ => Some(Label::new(&pointer::unescape(token), self.shape_at(pointer).title())),
        }
    }

    /// Returns the values that are not as the output schema says. `None` if there is nothing to compare.
    #[must_use]
    pub fn schema_faults(&self) -> Vec<SchemaFault> {
        let has_failed = self.value.get("isError").is_some_and(|it| it == true || it == "true");
        match &self.output_schema {
            Some(schema) if !has_failed => schema_faults::find(schema, self.value.get("structuredContent")),
            _ => Vec::new(),
        }
    }

    /// Returns the whole stored result.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    const fn shape(&self) -> Shape<'_> {
        Shape::new(self.output_schema.as_ref())
    }

    /// Returns the description of the value at a pointer.
    fn shape_at(&self, pointer: &str) -> Shape<'_> {
        let Some(rest) = pointer.strip_prefix("/structuredContent") else { return Shape::new(None) };
        rest.split('/').skip(1).fold(self.shape(), |shape, token| shape.below(&pointer::unescape(token)))
    }

    /// Reports whether the text at a pointer belongs to a resource that its server calls Markdown.
    fn is_declared_markdown(&self, pointer: &str) -> bool {
        let holder = pointer.strip_suffix("/text").and_then(|outer| self.value.pointer(outer));
        holder.is_some_and(media::is_markdown)
    }
}

/// Returns a text as a page shows it: as Markdown, if it is that.
fn text_body(text: &str, after: Option<usize>, is_markdown: bool, top_level: u8) -> Body {
    let is_markdown = after.is_none() && (is_markdown || markdown_signs::is_markdown(text));
    let html = if is_markdown { crate::markdown::render(text, top_level) } else { None };
    html.map_or_else(|| Body::Text(TextPage::new(text, after)), Body::Markdown)
}

#[cfg(test)]
mod tests;
