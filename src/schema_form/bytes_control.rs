//! The control of a string that holds bytes: a typed text, pasted base64 or a file, and the choice between them.

use serde_json::Value;

use super::encoded_bytes::EncodedBytes;
use super::entries::Entries;
use super::field::Field;
use super::names::in_sentence;
use super::unreadable::UnreadableText;
use super::upload::Upload;

/// The source of the bytes, as a person chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BytesSource {
    /// The text, which the hub encodes.
    Text,
    /// The text, which is encoded already.
    Encoded,
    /// The file.
    File,
}

impl BytesSource {
    /// All sources, in the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::Text, Self::Encoded, Self::File];

    /// Returns the text of the pair that chooses the source.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Encoded => "encoded",
            Self::File => "file",
        }
    }

    /// Returns the label of the choice.
    pub(super) fn label(self, bytes: &EncodedBytes) -> String {
        match self {
            Self::Text => "Type text".to_owned(),
            Self::Encoded => format!("Paste {}", bytes.name()),
            Self::File => "Upload a file".to_owned(),
        }
    }

    /// Returns the source that a form has chosen.
    fn chosen(field: &Field, entries: &Entries) -> Option<Self> {
        let chosen = entries.text_at("e", &field.pointer)?;
        Self::ALL.into_iter().find(|source| source.as_str() == chosen)
    }

    /// Returns the source that a page shows as chosen.
    pub(super) fn shown(field: &Field, bytes: &EncodedBytes, entries: &Entries) -> Self {
        let typed = entries.text_at("v", &field.pointer).is_some_and(|text| !text.is_empty());
        let has_file = bytes.is_file || entries.has_at("u", &field.pointer);
        let unchosen = if typed {
            Self::Encoded
        } else if has_file {
            Self::File
        } else {
            Self::Text
        };
        Self::chosen(field, entries).unwrap_or(unchosen)
    }
}

/// Returns the file of a field.
pub(super) fn upload_of(field: &Field, entries: &Entries) -> Option<Upload> {
    entries.text_at("u", &field.pointer).and_then(Upload::from_text)
}

/// Parses the control of a field. Returns `None` if it holds nothing. A text without a chosen source is the value itself.
pub(super) fn parse_bytes(
    field: &Field,
    bytes: &EncodedBytes,
    entries: &Entries,
) -> Result<Option<Value>, UnreadableText> {
    let typed = entries.text_at("v", &field.pointer).unwrap_or_default().replace("\r\n", "\n");
    let is_empty = typed.trim().is_empty();
    let source = BytesSource::chosen(field, entries).unwrap_or(BytesSource::Encoded);
    let nothing = || Ok(entries.has_at("on", &field.pointer).then(|| "".into()));
    match (source, upload_of(field, entries)) {
        (BytesSource::File, Some(upload)) => file_value(&upload, bytes).map(Some),
        (_, Some(upload)) if typed.is_empty() => file_value(&upload, bytes).map(Some),
        (_, Some(upload)) => {
            let (name, label) = (&upload.name, BytesSource::File.label(bytes));
            let message = format!("Choose “{label}” to send “{name}”, or remove the file to send the text");
            Err(UnreadableText::new(message, typed))
        }
        (BytesSource::File | BytesSource::Encoded, None) if is_empty => nothing(),
        (BytesSource::File, None) => {
            let called = in_sentence(&field.label);
            let labels = [BytesSource::Text, BytesSource::Encoded].map(|source| source.label(bytes));
            let message =
                format!("Choose a file for {called}. To send the text, choose “{}” or “{}”", labels[0], labels[1]);
            Err(UnreadableText::new(message, typed))
        }
        (BytesSource::Text, None) if typed.is_empty() => nothing(),
        (BytesSource::Text, None) => Ok(Some(bytes.encode(typed.as_bytes()).into())),
        (BytesSource::Encoded, None) => {
            // programs break base64 into lines
            let encoded: String = typed.split_ascii_whitespace().collect();
            match bytes.check(&encoded) {
                Ok(()) => Ok(Some(encoded.into())),
                Err(_) if field.is_secret => {
                    Err(UnreadableText::new(format!("{} is not {}: copy it again", field.label, bytes.name()), typed))
                }
                Err(message) => Err(UnreadableText::new(message, typed)),
            }
        }
    }
}

fn file_value(upload: &Upload, bytes: &EncodedBytes) -> Result<Value, UnreadableText> {
    match upload.bytes() {
        Ok(content) => Ok(bytes.encode(content).into()),
        Err(message) => Err(UnreadableText::new(message, "")),
    }
}

impl Entries {
    /// Shows an encoded value: as text, if it comes back from there, otherwise as it is. Returns `false` if neither shows it.
    pub(super) fn fill_bytes(&mut self, pointer: &str, bytes: &EncodedBytes, value: &str) -> bool {
        if let Some(text) = bytes.shown_text(value) {
            self.push("e", pointer, BytesSource::Text.as_str());
            self.push("v", pointer, text);
        } else {
            self.push("e", pointer, BytesSource::Encoded.as_str());
            self.push("v", pointer, value);
        }
        if value.is_empty() {
            self.push("on", pointer, "on");
        }
        bytes.check(value).is_ok()
    }
}
