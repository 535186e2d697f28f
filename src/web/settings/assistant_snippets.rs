//! Ready texts that connect the assistants which people use.

use serde_json::{Value, json};

/// The name of the hub in the settings of an assistant.
const NAME: &str = "craft";

/// A text to copy into an assistant.
pub(super) struct Snippet {
    /// Id of the element with the text.
    pub(super) id: &'static str,
    /// Name of the assistant.
    pub(super) client: &'static str,
    /// Sentence that says where the text goes.
    pub(super) instruction: &'static str,
    /// The text.
    pub(super) text: String,
}

/// Returns the texts for an endpoint. None of them holds a token: the assistant opens the page on which the person agrees.
pub(super) fn snippets(endpoint: &str) -> Vec<Snippet> {
    let servers = |key: &str, server: Value| {
        let settings = json!({ key: { NAME: server } });
        serde_json::to_string_pretty(&settings).unwrap_or_default()
    };
    vec![
        Snippet {
            id: "claude-code",
            client: "Claude Code",
            instruction: "Run this in a terminal, then enter /mcp in Claude Code and sign in.",
            text: format!("claude mcp add --transport http {NAME} {endpoint}"),
        },
        Snippet {
            id: "claude-desktop",
            client: "Claude on the web and on the desktop",
            instruction: "Open Settings, Connectors, Add custom connector, and enter this address. Your hub must be on the internet.",
            text: endpoint.to_owned(),
        },
        Snippet {
            id: "vs-code",
            client: "VS Code",
            instruction: "Write this to .vscode/mcp.json, or run “MCP: Open User Configuration” and add it there.",
            text: servers("servers", json!({ "type": "http", "url": endpoint })),
        },
        Snippet {
            id: "cursor",
            client: "Cursor",
            instruction: "Write this to .cursor/mcp.json in your project or your home folder.",
            text: servers("mcpServers", json!({ "url": endpoint })),
        },
        Snippet {
            id: "codex",
            client: "Codex",
            instruction: "Run both lines in a terminal. The second one opens the page on which you sign in.",
            text: format!("codex mcp add {NAME} --url {endpoint}\ncodex mcp login {NAME}"),
        },
        Snippet {
            id: "gemini",
            client: "Gemini CLI",
            instruction: "Run this in a terminal, then enter /mcp auth craft in Gemini CLI.",
            text: format!("gemini mcp add --transport http {NAME} {endpoint}"),
        },
        Snippet {
            id: "zed",
            client: "Zed",
            instruction: "Add this to the settings file of Zed.",
            text: servers("context_servers", json!({ "url": endpoint })),
        },
        Snippet {
            id: "stdio",
            client: "Programs that only start a command",
            instruction: "Let the program start this command, which needs Node.js.",
            text: format!("npx -y mcp-remote {endpoint}"),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::snippets;

    #[test]
    fn every_text_has_the_address_and_no_two_have_the_same_id() {
        let snippets = snippets("https://hub.example/mcp");
        assert!(snippets.iter().all(|snippet| snippet.text.contains("https://hub.example/mcp")));
        let ids: std::collections::BTreeSet<_> = snippets.iter().map(|snippet| snippet.id).collect();
        assert_eq!(ids.len(), snippets.len());
    }
}
