//! Text that other servers wrote stands in elements of its own direction, so that it cannot reorder what is beside it.

use super::files;

/// Expressions of templates that show foreign text.
const FOREIGN: [&str; 20] = [
    "account",
    "card.description",
    "card.name",
    "cause",
    "cell",
    "column",
    "connection.connector",
    "connector",
    "description",
    "error",
    "event.message",
    "it.connector",
    "job.connector",
    "job.tool",
    "message",
    "row.connector",
    "text",
    "tool.description",
    "tool.label",
    "uri",
];

/// Expressions with which the form of a tool shows the words of its schema.
const FOREIGN_IN_FORMS: [&str; 11] = [
    "error",
    "fault.message",
    "hint",
    "label",
    "more",
    "name",
    "option.hint",
    "option.label",
    "text",
    "value",
    "whole.error",
];

/// Folders whose pages show foreign text.
const FOLDERS: [&str; 5] = ["audit", "connections", "connectors", "dashboard", "jobs"];

/// Returns the places of a template where foreign text has the direction of the page.
fn faults(template: &str, expressions: &[&str]) -> Vec<String> {
    let template = without_logic(template);
    let mut faults = Vec::new();
    for expression in expressions {
        let written = format!("{{{{ {expression} }}}}");
        for (at, _) in template.match_indices(&written) {
            let before = &template[..at];
            let tag = &before[before.rfind('<').unwrap_or(0)..];
            // an attribute and the title of the window have no direction of their own
            let is_element = tag.contains('>') && !tag.starts_with("<title");
            // JSON runs from left to right, whatever its texts are
            let has_direction = tag.contains("dir=\"auto\"") || tag.contains("dir=\"ltr\"");
            if is_element && !tag.starts_with("<bdi>") && !has_direction {
                faults.push(format!("{written} after {}", tag.chars().take(60).collect::<String>()));
            }
        }
    }
    faults
}

/// Removes comments and logic, which may compare with `<`.
fn without_logic(template: &str) -> String {
    let mut plain = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}")] {
        while let Some(start) = plain.find(open) {
            let end = start + plain[start..].find(close).unwrap() + close.len();
            plain.replace_range(start..end, "");
        }
    }
    plain
}

#[test]
fn foreign_text_has_a_direction_of_its_own() {
    let mut seen = 0;
    let mut found = Vec::new();
    for (path, text) in files("templates", "html") {
        if FOLDERS.iter().any(|folder| path.contains(&format!("templates/{folder}/"))) {
            seen += 1;
            found.extend(faults(&text, &FOREIGN).into_iter().map(|fault| format!("{path}: {fault}")));
        }
    }
    assert!(seen > 20, "the templates are elsewhere");
    assert!(found.is_empty(), "put it into <bdi>, or an element with dir=\"auto\":\n{}", found.join("\n"));
}

#[test]
fn the_words_of_a_schema_have_a_direction_of_their_own() {
    let mut seen = 0;
    for (path, text) in files("templates/schema_form", "html") {
        seen += 1;
        let found = faults(&text, &FOREIGN_IN_FORMS);
        assert!(found.is_empty(), "{path}: put it into <bdi>, or an element with dir=\"auto\":\n{}", found.join("\n"));
        // an option contains text only
        let is_option = |line: &&str| line.contains("<option") && line.contains("<bdi>");
        assert_eq!(text.lines().find(is_option), None, "{path}");
    }
    assert!(seen > 4, "the templates are elsewhere");
}

#[test]
fn a_planted_text_is_found() {
    assert_eq!(faults("<p>{{ message }}</p>", &FOREIGN).len(), 1);
    assert_eq!(faults("<legend>{{ label }}</legend>", &FOREIGN_IN_FORMS).len(), 1);
    assert!(
        faults("<p dir=\"auto\">{{ message }}</p><bdi>{{ cell }}</bdi><a title=\"{{ text }}\">", &FOREIGN).is_empty()
    );
}
