//! An entry as a line of a file: CSV as in RFC 4180, or a JSON object.

use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;

use crate::audit::{EntryContext, ExportedEntry};
use crate::error::Result;

/// The columns, in order. Requests and responses are left out, because they may have any size.
const COLUMNS: [&str; 18] = [
    "id",
    "time",
    "what",
    "action",
    "outcome",
    "actor",
    "origin",
    "connector",
    "tool",
    "job_id",
    "target_kind",
    "target_id",
    "error_class",
    "error",
    "latency_ms",
    "address",
    "agent",
    "user_id",
];

fn values(exported: &ExportedEntry) -> [Value; 18] {
    let ExportedEntry { entry, circumstances } = exported;
    let circumstance =
        |field: fn(&EntryContext) -> &Option<String>| circumstances.as_ref().and_then(|it| field(it).clone());
    [
        entry.id.to_string().into(),
        entry.created_at.format(&Rfc3339).ok().into(),
        entry.action.title().into(),
        entry.action.as_str().into(),
        entry.outcome.as_str().into(),
        entry.actor.as_str().into(),
        entry.origin.as_str().into(),
        entry.connector.clone().into(),
        entry.tool_name.clone().into(),
        entry.job_id.map(|id| id.to_string()).into(),
        entry.target_kind.clone().into(),
        entry.target_id.clone().into(),
        entry.error_class.clone().into(),
        circumstance(|it| &it.error).into(),
        entry.latency_ms.into(),
        circumstance(|it| &it.ip).into(),
        circumstance(|it| &it.agent).into(),
        entry.user_id.to_string().into(),
    ]
}

/// Returns the header line with the names of the columns.
pub(super) fn csv_head() -> Result<Vec<u8>> {
    records([COLUMNS])
}

pub(super) fn csv(entries: &[ExportedEntry]) -> Result<Vec<u8>> {
    records(entries.iter().map(|entry| values(entry).map(cell)))
}

fn records<R: IntoIterator<Item: AsRef<[u8]>>>(rows: impl IntoIterator<Item = R>) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(anyhow::Error::from)?;
    }
    writer.into_inner().map_err(|error| anyhow::Error::from(error.into_error()).into())
}

pub(super) fn ndjson(entries: &[ExportedEntry]) -> String {
    let line = |entry| {
        let object: Map<_, _> = COLUMNS.iter().map(|name| (*name).to_owned()).zip(values(entry)).collect();
        format!("{}\n", Value::Object(object))
    };
    entries.iter().map(line).collect()
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        other => other.to_string(),
    }
}

/// Makes a text inert for spreadsheets, which would run text that begins like a formula. An apostrophe in front makes it
/// plain text; the log cannot know who wrote it.
fn inert(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{inert, records};
    use csv::ReaderBuilder;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Generates text with the characters that matter: quotes, commas, line breaks, beginnings of formulas.
    fn cells() -> impl Strategy<Value = Vec<Vec<String>>> {
        vec(vec("[=+@',;\"\\t\\r\\n a-]{0,6}|\\PC{0,8}", 3), 1..8)
    }

    proptest! {
        #[test]
        fn cells_are_read_back_as_written_and_none_is_a_formula(rows in cells()) {
            let inert: Vec<Vec<String>> = rows.iter().map(|row| row.iter().cloned().map(inert).collect()).collect();
            let text = records(&inert).unwrap();
            let mut reader = ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
            let read: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect()).collect();
            prop_assert_eq!(&read, &inert);
            for (written, read) in rows.iter().flatten().zip(read.iter().flatten()) {
                prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", read);
                prop_assert!(read == written || read.strip_prefix('\'') == Some(written), "{:?}", written);
            }
        }
    }

    #[test]
    fn a_line_follows_rfc_4180() {
        let row = ["a,b", "say \"no\"", "=1+1", "plain"].map(|cell| inert(cell.to_owned()));
        let text = String::from_utf8(records([row]).unwrap()).unwrap();
        assert_eq!(text, "\"a,b\",\"say \"\"no\"\"\",'=1+1,plain\r\n");
    }
}
