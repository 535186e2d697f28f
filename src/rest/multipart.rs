//! A multipart body (RFC 7578): text fields, and one file. The boundary is made of the job, so a dry run shows the exact text.

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use super::encoding::form_pairs;
use super::input_fault::InputFault;
use super::job_keys::BOUNDARY_KEY;
use super::node::Node;
use super::planned::PlannedBody;
use super::values::{Values, scalar_text};

/// A multipart body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multipart {
    /// Text fields: an object, whose members have names as in a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Node>,
    /// File.
    pub file: FilePart,
}

/// The part with the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePart {
    /// Name of the part.
    pub part: String,
    /// Name of the file.
    pub name: Node,
    /// Text of the file. Without it the part is left out.
    pub content: Node,
    /// Media type of the file.
    #[serde(default = "octet_stream", rename = "type")]
    pub media_type: String,
}

fn octet_stream() -> String {
    "application/octet-stream".to_owned()
}

impl Multipart {
    /// Makes the body for these values.
    ///
    /// # Errors
    /// An input that the body cannot express.
    pub(super) fn plan(&self, values: &Values<'_>) -> Result<PlannedBody, InputFault> {
        let key = values.get(BOUNDARY_KEY).as_deref().and_then(scalar_text).unwrap_or_default();
        let boundary = format!("craft-{key}");
        let fields = self.fields.as_ref().map(|fields| fields.make(values)).transpose()?.flatten();
        let mut body = String::new();
        for (name, text) in fields.iter().flat_map(form_pairs) {
            let head = format!("Content-Disposition: form-data; name=\"{}\"", in_header(&name, None)?);
            body.push_str(&make_part(&boundary, &head, &text, None)?);
        }
        if let Some(content) = self.file.content.make(values)?.as_ref().and_then(scalar_text) {
            let name = self.file.name.make(values)?.as_ref().and_then(scalar_text);
            let name = name.unwrap_or_else(|| self.file.part.clone());
            let (part, name) = (in_header(&self.file.part, None)?, in_header(&name, Some(&self.file.name))?);
            let media_type = &self.file.media_type;
            let head = format!(
                "Content-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\nContent-Type: {media_type}"
            );
            body.push_str(&make_part(&boundary, &head, &content, Some(&self.file.content))?);
        }
        body.extend(["--", &boundary, "--\r\n"]);
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        let content_type = content_type.map_err(|_| refused("The key of the job cannot be a boundary", None))?;
        Ok(PlannedBody { content_type, bytes: body.into() })
    }

    /// Iterates over the values of the body.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.fields.iter().chain([&self.file.name, &self.file.content])
    }

    /// Finds what contradicts itself in the description.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let is_object = |fields: &Node| matches!(fields, Node::Object(_));
        if self.fields.as_ref().is_some_and(|fields| !is_object(fields)) {
            faults.push("“fields” of “multipart” is not a table of names and values".to_owned());
        }
        if self.file.part.is_empty()
            || self.file.part.contains(['"', '\r', '\n'])
            || in_header(&self.file.part, None).is_err()
        {
            faults.push("“part” of the file does not fit. Write the name of a part".to_owned());
        }
        if let Some(Node::Object(members)) = &self.fields
            && members.iter().any(|(name, _)| *name == self.file.part)
        {
            faults.push(format!("“{}” is a field and the part of the file. Choose another name", self.file.part));
        }
        let names_type = |text: &str| text.split('/').filter(|word| !word.trim().is_empty()).count() == 2;
        if !names_type(&self.file.media_type) || HeaderValue::try_from(&self.file.media_type).is_err() {
            let why = format!("“{}” is not a media type. Write one such as text/plain", self.file.media_type);
            faults.push(why);
        }
        faults
    }
}

/// Makes a part of the body, with the boundary before it.
fn make_part(boundary: &str, head: &str, content: &str, source: Option<&Node>) -> Result<String, InputFault> {
    if content.contains(&format!("--{boundary}")) {
        return Err(refused("A value holds the boundary of this request", source));
    }
    Ok(format!("--{boundary}\r\n{head}\r\n\r\n{content}\r\n"))
}

/// Encodes a name for its place between quotation marks in a header, as browsers do.
fn in_header(name: &str, source: Option<&Node>) -> Result<String, InputFault> {
    let encoded = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    if encoded.chars().any(char::is_control) {
        return Err(refused("The name of a file or a field cannot hold a control character", source));
    }
    Ok(encoded)
}

/// Builds the fault of a value, which `source` makes of an input.
fn refused(why: &str, source: Option<&Node>) -> InputFault {
    let input = source.and_then(|node| node.inputs().first().copied());
    InputFault::new(input, why, "Enter another value")
}

#[cfg(test)]
mod tests {
    use super::{Multipart, Values};
    use crate::ids::JobId;
    use crate::rest::job_keys;
    use proptest::prelude::*;
    use serde_json::json;

    const BODY: &str = "
        fields = { title = { input = 'title' }, tags = { input = 'tags' } }
        file = { part = 'file', name = { input = 'name' }, content = { input = 'content' }, type = 'text/plain' }
    ";

    /// Returns the boundary and the body, or the refusal.
    fn planned(inputs: &serde_json::Value) -> Result<(String, String), String> {
        let (multipart, known) = (toml::from_str::<Multipart>(BODY).unwrap(), job_keys(JobId::FIRST));
        let values = Values::new(inputs.as_object().unwrap());
        let planned = multipart.plan(&values.with_connection(&known)).map_err(|fault| fault.message.text.clone())?;
        let content_type = planned.content_type.to_str().unwrap().to_owned();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        Ok((boundary.to_owned(), String::from_utf8(planned.bytes.to_vec()).unwrap()))
    }

    #[test]
    fn a_body_has_a_part_for_each_value_that_was_given() {
        let (boundary, body) =
            planned(&json!({ "title": "Ebb", "name": "ebb.txt", "content": "low\r\nwater" })).unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nEbb\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ebb.txt\"\r\nContent-Type: text/plain\r\n\r\n\
             low\r\nwater\r\n--{boundary}--\r\n"
        );
        assert_eq!(body, expected);
        assert_eq!(planned(&json!({ "content": "x" })).unwrap().0, boundary, "each try of a job sends the same");
        assert_eq!(planned(&json!({})).unwrap().1, format!("--{boundary}--\r\n"));
        assert!(planned(&json!({ "content": "" })).unwrap().1.contains("filename=\"file\""));
        let lists = planned(&json!({ "tags": ["a", "b"] })).unwrap().1;
        assert!(lists.contains("name=\"tags[0]\"") && lists.contains("name=\"tags[1]\""), "{lists}");
    }

    #[test]
    fn a_name_stays_in_its_header() {
        let (_, body) = planned(&json!({ "name": "a\"; filename=\"b\r\nX: y", "content": "c" })).unwrap();
        assert!(body.contains("filename=\"a%22; filename=%22b%0D%0AX: y\"\r\n"), "{body}");
        let refused = planned(&json!({ "name": "a\u{0}", "content": "c" })).unwrap_err();
        assert_eq!(refused, "The name of a file or a field cannot hold a control character");
        let boundary = planned(&json!({})).unwrap().0;
        let refused = planned(&json!({ "content": format!("--{boundary}--") })).unwrap_err();
        assert_eq!(refused, "A value holds the boundary of this request");
    }

    #[test]
    fn each_contradiction_is_a_fault() {
        let faults = |from: &str, to: &str| {
            assert!(BODY.contains(from), "{from}");
            toml::from_str::<Multipart>(&BODY.replace(from, to)).unwrap().faults()
        };
        assert_eq!(faults("'file'", "'file'"), [] as [&str; 0]);
        assert_eq!(faults("'file'", "''"), ["“part” of the file does not fit. Write the name of a part"]);
        assert_eq!(faults("'file'", "'title'"), ["“title” is a field and the part of the file. Choose another name"]);
        assert_eq!(faults("text/plain", "text"), ["“text” is not a media type. Write one such as text/plain"]);
        let fields = "{ title = { input = 'title' }, tags = { input = 'tags' } }";
        assert_eq!(faults(fields, "'x'"), ["“fields” of “multipart” is not a table of names and values"]);
    }

    proptest! {
        #[test]
        fn no_value_makes_another_part(title: String, name: String, content: String) {
            let inputs = json!({ "title": title, "name": name, "content": content });
            if let Ok((boundary, body)) = planned(&inputs) {
                prop_assert_eq!(body.matches(&format!("--{boundary}")).count(), 3, "{}", body);
            }
        }
    }
}
