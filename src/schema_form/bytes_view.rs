//! The view of the control of a string that holds bytes.

use super::bytes_control::BytesSource;
use super::control_view::OptionView;
use super::encoded_bytes::EncodedBytes;
use super::entries::Entries;
use super::field::Field;
use super::upload::{Upload, size_words};

/// The choice of a source, a text area, and a file.
pub(super) struct BytesView {
    pub(super) sources: Vec<OptionView>,
    /// The typed or pasted text. No page shows a secret.
    pub(super) text: String,
    /// Label of the text area.
    pub(super) text_label: String,
    /// Media type of the files to offer.
    pub(super) accept: Option<String>,
    /// The file that the form keeps. A secret one travels sealed.
    pub(super) kept: Option<KeptFile>,
    /// The sentence about a file that the form could not keep.
    pub(super) not_kept: Option<String>,
}

/// A file that the form keeps.
pub(super) struct KeptFile {
    pub(super) name: String,
    pub(super) size: String,
    /// Text of the pair that holds the file.
    pub(super) text: String,
}

impl BytesView {
    pub(super) fn new(field: &Field, bytes: &EncodedBytes, entries: &Entries) -> Self {
        let shown = BytesSource::shown(field, bytes, entries);
        let option = |source: BytesSource| OptionView {
            chosen: source == shown,
            value: source.as_str().to_owned(),
            label: source.label(bytes),
            hint: String::new(),
        };
        let uploads = entries.all("u", &field.pointer).filter_map(Upload::from_text).filter(|_| !field.is_secret);
        let (whole, dropped): (Vec<_>, Vec<_>) = uploads.partition(|upload| upload.bytes().is_ok());
        let kept = whole.first().and_then(|upload| {
            let size = size_words(upload.bytes().ok()?.len());
            Some(KeptFile { name: upload.name.clone(), size, text: upload.to_text() })
        });
        Self {
            sources: BytesSource::ALL.map(option).into(),
            text: entries.text_at("v", &field.pointer).filter(|_| !field.is_secret).unwrap_or_default().to_owned(),
            text_label: format!("Text or {}", bytes.name()),
            accept: bytes.media_type.clone().filter(|it| it.contains('/')),
            kept,
            not_kept: dropped.first().and_then(|upload| upload.bytes().err()),
        }
    }

    pub(super) fn is_file_chosen(&self) -> bool {
        self.sources.last().is_some_and(|source| source.chosen)
    }
}
