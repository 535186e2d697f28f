//! An answer that is a file, such as a document: it is kept as a download beside the sentence that names it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::answer::text_block;
use super::exchange::Answer;
use super::template::Template;
use super::values::Values;
use crate::foreign_text::clean_name;

/// Longest name of a file, in characters.
const MAX_NAME_CHARS: usize = 120;

/// Builds the result of a tool whose answer is a file. The service may name the file; `name` is its name otherwise.
pub(super) fn file_result(name: &Template, answer: &Answer, arguments: &Map<String, Value>) -> Value {
    let name = named_by_service(&answer.headers).or_else(|| name.fill(&Values::new(arguments)));
    let name = name.map(|name| clean(&name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "file".to_owned());
    let media_type = if answer.media_type.is_empty() { "application/octet-stream" } else { answer.media_type.as_str() };
    let text = format!("Read {name}: {} bytes of {media_type}.", answer.body.len());
    let blob = BASE64_STANDARD.encode(&answer.body);
    json!({"content": [
        text_block(&text),
        {"type": "resource", "resource": {"uri": name, "mimeType": media_type, "blob": blob}},
    ]})
}

/// Reads the name in `Content-Disposition` (RFC 6266): the extended one first.
fn named_by_service(headers: &HeaderMap) -> Option<String> {
    let disposition = headers.get(header::CONTENT_DISPOSITION)?.to_str().ok()?;
    let parameter = |name: &str| {
        disposition.split(';').map(str::trim).find_map(|it| {
            let (found, value) = it.split_once('=')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let (_, encoded) = value.split_once("''")?;
        Some(percent_decode_str(encoded).decode_utf8().ok()?.into_owned())
    });
    extended.or_else(|| parameter("filename"))
}

/// Keeps the last segment of a path, without hidden letters.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    clean_name(last).chars().take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{Answer, Template, file_result};
    use http::{HeaderMap, HeaderValue, StatusCode, header};
    use serde_json::{Map, json};

    fn uri(disposition: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(text) = disposition {
            headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(text).unwrap());
        }
        let answer = Answer {
            host: "files.example".into(),
            status: StatusCode::OK,
            headers,
            media_type: "application/pdf".into(),
            body: bytes::Bytes::from_static(b"%PDF"),
        };
        let arguments = Map::from_iter([("id".to_owned(), json!("f1"))]);
        let result = file_result(&Template::parse("{id}.pdf").unwrap(), &answer, &arguments);
        assert_eq!(result["content"][1]["resource"]["blob"], "JVBERg==");
        let name = result["content"][1]["resource"]["uri"].as_str().unwrap().to_owned();
        assert_eq!(result["content"][0]["text"], json!(format!("Read {name}: 4 bytes of application/pdf.")));
        name
    }

    #[test]
    fn the_service_names_the_file_and_no_folder() {
        assert_eq!(uri(None), "f1.pdf");
        assert_eq!(uri(Some("attachment")), "f1.pdf");
        assert_eq!(uri(Some("attachment; filename=\"a b.pdf\"")), "a b.pdf");
        assert_eq!(uri(Some("attachment; filename=\"x\"; filename*=UTF-8''%C3%BCber.pdf")), "über.pdf");
        assert_eq!(uri(Some("attachment; filename=\"../../etc/passwd\"")), "passwd");
        assert_eq!(uri(Some("attachment; filename=\"a\\\\..\\\\b\"")), "b");
    }
}
