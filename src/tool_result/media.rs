//! Images, sounds, files and resources in the content of a result.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::foreign_text::{clean_name, clean_text};
use crate::markdown::web_address;
use crate::rest::WHOLE_ANSWER;

/// The types that a browser may show, each with other spellings. Every other type is a download, whatever the server declares.
const SHOWN_TYPES: [(&str, &[&str]); 9] = [
    ("image/png", &[]),
    ("image/jpeg", &["image/jpg"]),
    ("image/gif", &[]),
    ("image/webp", &[]),
    ("audio/mpeg", &["audio/mp3"]),
    ("audio/wav", &["audio/x-wav", "audio/wave", "audio/vnd.wave"]),
    ("audio/ogg", &[]),
    ("audio/webm", &[]),
    ("audio/mp4", &["audio/m4a", "audio/x-m4a"]),
];

/// An image or a sound.
#[derive(Debug)]
pub struct Media {
    /// Image or sound.
    pub kind: MediaKind,
    /// The file.
    pub file: File,
}

/// The kind of a medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A sound.
    Audio,
}

/// A file in a result.
#[derive(Debug)]
pub struct File {
    /// Place in the content, from 0.
    pub place: usize,
    /// Name for people; empty if it has none.
    pub name: String,
    /// Declared type; may be empty.
    pub media_type: String,
    /// Size in bytes.
    pub size: usize,
}

/// A resource that a server names without its content.
#[derive(Debug)]
pub struct ResourceLink {
    /// Place of its block in the content.
    pub place: usize,
    /// Name for people; its address if it has none.
    pub name: String,
    /// Description; may be empty.
    pub description: String,
    /// Address, as the server spells it.
    pub uri: String,
    /// Address for people, cleaned.
    pub shown_uri: String,
    /// Declared type; may be empty.
    pub media_type: String,
    /// Declared size in bytes.
    pub size: Option<usize>,
    /// Reports whether a browser can open the address.
    pub is_web_address: bool,
}

/// The bytes of a file in a result.
#[derive(Debug, PartialEq, Eq)]
pub struct MediaFile {
    /// Type under which a browser may show the file; `None` for a download.
    pub shown_type: Option<&'static str>,
    /// Name of the file; empty if it has none.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl File {
    /// Describes the file in words: name, type and size, as far as they are known.
    #[must_use]
    pub fn description(&self) -> String {
        let kind = match self.media_type.split('/').next() {
            Some("image") => "Picture",
            Some("audio") => "Sound",
            _ => "File",
        };
        let name = if self.name.is_empty() { kind } else { &self.name };
        let size = size_words(self.size);
        if self.media_type.is_empty() {
            format!("{name}, {size}")
        } else {
            format!("{name}, {}, {size}", self.media_type)
        }
    }
}

impl ResourceLink {
    /// Returns type and size in words, as far as the server declares them.
    #[must_use]
    pub fn kind_and_size(&self) -> String {
        let kind = Some(self.media_type.clone()).filter(|kind| !kind.is_empty());
        kind.into_iter().chain(self.size.map(size_words)).collect::<Vec<_>>().join(", ")
    }
}

/// Reads a block with bytes: an image, a sound, or an embedded file.
pub(super) fn read_file(block: &Value, place: usize) -> Option<(Option<MediaKind>, File)> {
    let holder = block.get("resource").unwrap_or(block);
    let text = |name: &str| holder.get(name).and_then(Value::as_str);
    let is_whole_answer = text("uri") == Some(WHOLE_ANSWER);
    let size = match text("data").or_else(|| text("blob")) {
        Some(data) => data.trim_end_matches('=').len() / 4 * 3 + data.trim_end_matches('=').len() % 4 * 3 / 4,
        None if is_whole_answer => text("text")?.len(),
        None => return None,
    };
    let declared = text("mimeType").unwrap_or_default();
    let name = if is_whole_answer { "The whole answer of the service".to_owned() } else { file_name(holder) };
    let file = File { place, name, media_type: clean_name(declared).into_owned(), size };
    let kind =
        shown_type(declared).map(|shown| if shown.starts_with("image/") { MediaKind::Image } else { MediaKind::Audio });
    Some((kind, file))
}

/// Reads a block that names a resource.
pub(super) fn read_link(block: &Value, place: usize) -> Option<ResourceLink> {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let uri = block.get("uri")?.as_str()?;
    let names = [clean_name(text("title")).into_owned(), clean_name(text("name")).into_owned(), file_name(block)];
    let name = names.into_iter().find(|name| !name.trim().is_empty());
    Some(ResourceLink {
        place,
        name: name.unwrap_or_else(|| clean_name(uri).into_owned()),
        description: clean_text(text("description")).into_owned(),
        shown_uri: clean_text(uri).into_owned(),
        is_web_address: web_address(uri).is_some(),
        uri: uri.to_owned(),
        media_type: clean_name(text("mimeType")).into_owned(),
        size: block.get("size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok()),
    })
}

/// Returns the resource that the `place`th block of a stored result links to, if that block is a link.
#[must_use]
pub fn find_link(result: &Value, place: usize) -> Option<ResourceLink> {
    let block = result.get("content")?.get(place)?;
    let is_link = block.get("type").and_then(Value::as_str) == Some("resource_link");
    is_link.then(|| read_link(block, place)).flatten()
}

/// Decodes the file in the `place`th block of a stored result.
#[must_use]
pub fn decode_file(result: &Value, place: usize) -> Option<MediaFile> {
    let block = result.get("content")?.get(place)?;
    let holder = block.get("resource").unwrap_or(block);
    let text = |name: &str| holder.get(name).and_then(Value::as_str);
    let shown_type = shown_type(text("mimeType").unwrap_or_default());
    let name = file_name(holder);
    let bytes = match text("data").or_else(|| text("blob")) {
        Some(data) => BASE64_STANDARD.decode(data).ok()?,
        None if block.get("resource").is_some() => text("text")?.as_bytes().to_vec(),
        None => return None,
    };
    // a text is a download, whatever its type says
    let shown_type = shown_type.filter(|_| text("text").is_none());
    Some(MediaFile { shown_type, name, bytes })
}

/// Reports whether a resource is Markdown by its type.
pub(super) fn is_markdown(holder: &Value) -> bool {
    let declared = holder.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    matches!(essence(declared).as_str(), "text/markdown" | "text/x-markdown")
}

/// Returns the last part of a resource's address.
pub(super) fn file_name(holder: &Value) -> String {
    let uri = holder.get("uri").and_then(Value::as_str).unwrap_or_default();
    let path = uri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    clean_name(path.rsplit('/').next().unwrap_or_default()).into_owned()
}

fn shown_type(declared: &str) -> Option<&'static str> {
    let essence = essence(declared);
    let is_it = |(name, others): &&(&str, &[&str])| *name == essence || others.contains(&essence.as_str());
    SHOWN_TYPES.iter().find(is_it).map(|(name, _)| *name)
}

/// Returns a type without its parameters, in small letters.
fn essence(declared: &str) -> String {
    declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn size_words(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
