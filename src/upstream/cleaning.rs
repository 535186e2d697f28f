//! Cleans what a server says of itself and of its tools, where it enters: hidden characters, and the credential that the hub
//! presented.

use serde_json::Value;

use super::discovery::Discovery;
use super::tools::{DroppedTool, ToolDefinition};
use crate::foreign_text::{clean_name, clean_text};
use crate::secret::Redactor;

impl Discovery {
    /// Returns the discovery with clean texts. A tool whose name has hidden characters is left out: the hub has to send the
    /// name back as it is.
    pub(super) fn cleaned(self, redactor: &Redactor) -> Self {
        let name = |name: String| redacted_name(redactor, &name);
        let text = |text: String| redacted_text(redactor, &text);
        let (kept, hidden): (Vec<_>, Vec<_>) =
            self.tools.into_iter().partition(|tool| clean_name(&tool.name) == tool.name);
        let reason = "its name has hidden characters".to_owned();
        let hidden = hidden.into_iter().map(|tool| DroppedTool { name: tool.name, reason: reason.clone() });
        let dropped = self.dropped.into_iter().chain(hidden);
        Self {
            server_name: self.server_name.map(name).filter(|name| !name.is_empty()),
            server_version: self.server_version.map(name),
            instructions: self.instructions.map(text),
            protocol: name(self.protocol),
            era: self.era,
            tools: kept.into_iter().map(|tool| clean_tool(redactor, tool)).collect(),
            dropped: dropped.map(|it| DroppedTool { name: name(it.name), reason: text(it.reason) }).collect(),
            image: self.image,
        }
    }
}

fn clean_tool(redactor: &Redactor, tool: ToolDefinition) -> ToolDefinition {
    let redact = |mut value: Value| {
        redactor.redact_json(&mut value);
        value
    };
    ToolDefinition {
        title: tool.title.map(|title| redacted_name(redactor, &title)).filter(|title| !title.is_empty()),
        description: tool.description.map(|text| redacted_text(redactor, &text)),
        // the words in a schema are cleaned when a form is made of them: members and values have to stay as they are
        input_schema: redact(tool.input_schema),
        output_schema: tool.output_schema.map(redact),
        annotations: tool.annotations.map(redact),
        ..tool
    }
}

/// Without its hidden characters a name may spell the credential, so it is redacted twice.
fn redacted_name(redactor: &Redactor, name: &str) -> String {
    redactor.redact(&clean_name(&redactor.redact(name))).into_owned()
}

fn redacted_text(redactor: &Redactor, text: &str) -> String {
    clean_text(&redactor.redact(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Discovery, DroppedTool, Redactor, ToolDefinition};
    use crate::upstream::ServerImage;
    use serde_json::json;

    const TOKEN: &str = "t0ken-of-alice";

    fn tool(name: &str) -> ToolDefinition {
        ToolDefinition {
            name: name.to_owned(),
            title: Some(format!("Ti\u{202e}tle {TOKEN}")),
            description: Some(format!("Says\u{200b} {TOKEN}")),
            input_schema: json!({ "properties": { "a\u{200b}": { "default": TOKEN } } }),
            output_schema: None,
            annotations: Some(json!({ "title": TOKEN })),
        }
    }

    #[test]
    fn everything_that_a_server_says_is_cleaned_and_redacted() {
        let found = Discovery {
            server_name: Some("t0ken\u{200b}-of-alice".to_owned()),
            server_version: Some("1\u{feff}.0".to_owned()),
            instructions: Some(format!("Use\u{202e} {TOKEN}\nwell")),
            protocol: "2026-07-28".to_owned(),
            era: None,
            tools: vec![tool("plain"), tool("pla\u{200b}in")],
            dropped: vec![DroppedTool { name: "o\u{200d}dd".to_owned(), reason: format!("of {TOKEN}") }],
            image: ServerImage::None,
        };
        let clean = found.cleaned(&Redactor::new([TOKEN]));
        assert_eq!(clean.server_name.as_deref(), Some("[redacted]"), "a name spelled the credential");
        assert_eq!(clean.server_version.as_deref(), Some("1.0"));
        assert_eq!(clean.instructions.as_deref(), Some("Use[U+202E] [redacted]\nwell"));
        assert_eq!(clean.tools.len(), 1);
        assert_eq!(clean.tools[0].title.as_deref(), Some("Title [redacted]"));
        assert_eq!(clean.tools[0].description.as_deref(), Some("Says[U+200B] [redacted]"));
        assert_eq!(clean.tools[0].input_schema["properties"]["a\u{200b}"]["default"], "[redacted]");
        let dropped: Vec<_> = clean.dropped.iter().map(|it| (it.name.as_str(), it.reason.as_str())).collect();
        assert_eq!(dropped, [("odd", "of [redacted]"), ("plain", "its name has hidden characters")]);
    }
}
