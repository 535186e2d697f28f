//! Conversions between text and the documents of services: Atlassian's document format, Notion's blocks, and mail.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lettre::Message;
use lettre::message::{Mailboxes, SinglePart, header};
use serde_json::{Value, json};

use super::input_fault::Unfit;

/// Maximum number of characters in a block of Notion.
const MAX_BLOCK_CHARS: usize = 2_000;

/// Maximum number of blocks that Notion takes at once.
const MAX_BLOCKS: usize = 100;

/// Builds a document of Atlassian: a paragraph for each text between empty lines.
pub(super) fn to_adf(text: &str) -> Value {
    let line_break = json!({"type": "hardBreak"});
    let paragraphs = paragraphs(text).map(|paragraph| {
        let lines = paragraph.lines().map(|line| json!({"type": "text", "text": line}));
        let mut content = Vec::new();
        for line in lines {
            if !content.is_empty() {
                content.push(line_break.clone());
            }
            content.push(line);
        }
        json!({"type": "paragraph", "content": content})
    });
    json!({"type": "doc", "version": 1, "content": paragraphs.collect::<Vec<_>>()})
}

/// Returns the text of a document of Atlassian.
pub(super) fn from_adf(document: &Value) -> Option<String> {
    (document.get("type")?.as_str()? == "doc").then(|| {
        let mut text = String::new();
        append_adf(document, &mut text);
        text.trim_end().to_owned()
    })
}

fn append_adf(node: &Value, text: &mut String) {
    let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "text" => text.push_str(node.get("text").and_then(Value::as_str).unwrap_or_default()),
        "hardBreak" => text.push('\n'),
        "mention" | "emoji" => text.push_str(node.pointer("/attrs/text").and_then(Value::as_str).unwrap_or_default()),
        _ => {}
    }
    let children = node.get("content").and_then(Value::as_array);
    children.into_iter().flatten().for_each(|child| append_adf(child, text));
    match kind {
        "paragraph" | "heading" | "codeBlock" | "blockquote" => text.push_str("\n\n"),
        "tableRow" => text.push('\n'),
        "tableCell" | "tableHeader" => text.push('\t'),
        _ => {}
    }
}

/// Builds blocks of Notion: a paragraph for each text between empty lines.
///
/// # Errors
/// A phrase that follows "must be".
pub(super) fn to_notion_blocks(text: &str) -> Result<Value, &'static str> {
    let blocks: Vec<_> = paragraphs(text)
        .flat_map(chunks)
        .map(|chunk| {
            let content = json!([{"type": "text", "text": {"content": chunk}}]);
            json!({"object": "block", "type": "paragraph", "paragraph": {"rich_text": content}})
        })
        .collect();
    if blocks.len() > MAX_BLOCKS { Err("a text of at most 100 paragraphs") } else { Ok(blocks.into()) }
}

/// Returns the text of Notion's rich text, such as a title.
pub(super) fn from_notion_text(value: &Value) -> Option<String> {
    let parts = value.as_array()?.iter().map(|part| part.get("plain_text").and_then(Value::as_str));
    parts.collect::<Option<String>>()
}

/// Builds a mail (RFC 5322) from its members `from`, `to`, `cc`, `subject` and `text`, as Base64 for URLs.
///
/// # Errors
/// The member that is at fault.
pub(super) fn to_mail(mail: &Value) -> Result<Value, Unfit> {
    let member = |name: &str| mail.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let addresses = |member: &'static str, text: &str| {
        let unfit = Unfit { member, what: "addresses such as ada@example.com, with commas between them" };
        text.parse::<Mailboxes>().map_err(|_| unfit)
    };
    let subject = member("subject").unwrap_or_default();
    if subject.chars().any(char::is_control) {
        return Err(Unfit { member: "subject", what: "one line without control characters" });
    }
    let mut message = Message::builder().subject(subject);
    for name in ["from", "to", "cc"] {
        let Some(text) = member(name) else { continue };
        message = match name {
            "from" => message.mailbox(header::From::from(addresses(name, text)?)),
            "to" => message.mailbox(header::To::from(addresses(name, text)?)),
            _ => message.mailbox(header::Cc::from(addresses(name, text)?)),
        };
    }
    let body = SinglePart::plain(mail.get("text").and_then(Value::as_str).unwrap_or_default().to_owned());
    let message = message.singlepart(body).map_err(|_| Unfit { member: "to", what: "the address of a receiver" })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(message.formatted()).into())
}

/// Returns the plain text of a mail as Gmail's API describes it: the first part of that type, decoded.
pub(super) fn from_gmail_payload(payload: &Value) -> Option<String> {
    let kind = payload.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let parts = payload.get("parts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if kind != "text/plain" {
        return parts.iter().find_map(from_gmail_payload);
    }
    let data = payload.pointer("/body/data")?.as_str()?.trim_end_matches('=');
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(data).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|paragraph| !paragraph.trim().is_empty())
}

fn chunks(text: &str) -> Vec<String> {
    let letters: Vec<_> = text.chars().collect();
    letters.chunks(MAX_BLOCK_CHARS).map(|chunk| chunk.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::{BASE64_URL_SAFE_NO_PAD, Unfit, from_adf, from_gmail_payload, to_adf, to_mail, to_notion_blocks};
    use base64::Engine as _;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_text_becomes_paragraphs_and_comes_back() {
        let text = "One\ntwo\n\nThree";
        assert_eq!(from_adf(&to_adf(text)).as_deref(), Some(text));
        assert_eq!(to_adf(text)["content"][0]["content"][1], json!({"type": "hardBreak"}));
        let blocks = to_notion_blocks(&format!("{}\n\nb", "a".repeat(2_001))).unwrap();
        assert_eq!(blocks.as_array().unwrap().len(), 3);
        assert!(to_notion_blocks(&"a\n\n".repeat(101)).is_err());
    }

    #[test]
    fn a_mail_has_its_headers_and_one_line_of_subject() {
        let mail = |subject: &str, to: &str| {
            to_mail(&json!({"from": "ada@example.com", "to": to, "subject": subject, "text": "Grüße"}))
        };
        let raw = mail("Größe", "Bob <bob@example.com>, eve@example.com").unwrap();
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(raw.as_str().unwrap()).unwrap()).unwrap();
        assert!(text.contains("To: Bob <bob@example.com>, eve@example.com\r\n"), "{text}");
        assert!(text.contains("Subject: =?utf-8?b?"), "{text}");
        assert_eq!(
            mail("a\r\nBcc: eve@example.com", "bob@example.com"),
            Err(Unfit { member: "subject", what: "one line without control characters" })
        );
        assert!(mail("a", "bob@example.com\r\nBcc: eve@example.com").is_err());
        assert!(mail("a", "nobody").is_err());
    }

    #[test]
    fn the_plain_text_of_a_mail_is_found() {
        let data = BASE64_URL_SAFE_NO_PAD.encode("hello");
        let plain = json!({"mimeType": "text/plain", "body": {"data": data}});
        let payload = json!({"mimeType": "multipart/mixed", "parts": [{"mimeType": "multipart/alternative", "parts": [{"mimeType": "text/html"}, plain]}]});
        assert_eq!(from_gmail_payload(&payload).as_deref(), Some("hello"));
    }

    proptest! {
        #[test]
        fn no_member_adds_a_header(subject in "[ -~\r\n]{0,30}", to in "[ -~\r\n]{0,30}", text: String) {
            let Ok(raw) = to_mail(&json!({"from": "a@example.com", "to": to, "subject": subject, "text": text})) else {
                return Ok(());
            };
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(raw.as_str().unwrap()).unwrap();
            let mail = String::from_utf8_lossy(&bytes).into_owned();
            let head = mail.split("\r\n\r\n").next().unwrap();
            let names: Vec<_> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned()).collect();
            let known = ["Subject", "From", "To", "Date", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"];
            prop_assert!(names.iter().all(|name| known.contains(&name.as_str())), "{:?}", names);
        }
    }
}
