//! Hints of strings that hold bytes.

use serde_json::Value;

use super::encoded_bytes::EncodedBytes;
use super::keywords::Keywords;
use super::number::grouped;
use super::upload::{MAX_FILE_BYTES, size_words};

/// Describes how bytes are sent.
pub(super) fn bytes_words(bytes: &EncodedBytes) -> String {
    match &bytes.media_type {
        Some(media_type) => format!("Sent as {} of {media_type}", bytes.name()),
        None => format!("Sent as {}", bytes.name()),
    }
}

/// Describes how many bytes there may be. A schema counts the characters of their encoding.
pub(super) fn bytes_limit(schema: &Keywords<'_>, bytes: &EncodedBytes) -> String {
    let most = schema.get("maxLength").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    match most.filter(|most| *most < MAX_FILE_BYTES / 3 * 4) {
        Some(most) => encoded_limit(most, bytes),
        None => format!("Up to {}", size_words(MAX_FILE_BYTES)),
    }
}

/// Describes a maximum of encoded characters by the bytes that they hold.
pub(super) fn encoded_limit(characters: usize, bytes: &EncodedBytes) -> String {
    // whole kilobytes are not rounded up
    let size = match characters / 4 * 3 {
        size @ 0..1024 => size,
        size => size / 1024 * 1024,
    };
    format!(
        "Up to {} ({} characters of {})",
        size_words(size),
        grouped(u64::try_from(characters).unwrap_or(u64::MAX)),
        bytes.name()
    )
}
