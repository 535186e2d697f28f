//! Rules of markup for every template, checked in the sources.

use std::collections::BTreeSet;

/// Allowed htmx attributes. Each works without eval, keeps the focus, and leaves a form or link that works without
/// script. HTML allows names of one's own only with `data-`, and without a colon.
const HTMX_ATTRIBUTES: [&str; 12] = [
    "data-hx-get",
    "data-hx-post",
    "data-hx-target",
    "data-hx-select",
    "data-hx-swap",
    "data-hx-trigger",
    "data-hx-sync",
    "data-hx-replace-url",
    "data-hx-indicator",
    "data-hx-sse-connect",
    "data-hx-sse-close",
    "data-hx-config",
];

/// Attributes of `<hx-partial>`, a part of a streamed answer: htmx replaces the element, so no page contains it.
const PARTIAL_ATTRIBUTES: [&str; 2] = ["hx-target", "hx-swap"];

/// Banned attributes: inline style, placeholders in place of labels, and validation by the browser. The server
/// validates forms, because only it can explain the error and keep the input.
const BANNED_ATTRIBUTES: [&str; 6] =
    ["style=", "placeholder=", "required", "pattern=", "maxlength=", "data-hx-confirm"];

struct Tag {
    path: String,
    name: String,
    text: String,
}

impl Tag {
    /// Returns the value of an attribute as written.
    fn get(&self, attribute: &str) -> Option<&str> {
        let start = self.text.find(&format!(" {attribute}=\""))? + attribute.len() + 3;
        self.text[start..].split('"').next()
    }

    /// Returns the names of all attributes.
    fn attributes(&self) -> BTreeSet<&str> {
        self.text[self.name.len()..]
            .split('"')
            .step_by(2)
            .flat_map(|outside| outside.split(char::is_whitespace))
            .map(|word| word.split('=').next().unwrap())
            .filter(|word| word.starts_with(char::is_alphabetic))
            .collect()
    }
}

/// Removes the comments and logic of a template. Expressions stay as text, so that attributes keep distinct values.
fn strip_logic(template: &str) -> String {
    let mut plain = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        while let Some(start) = plain.find(open) {
            let end = start + plain[start..].find(close).unwrap() + close.len();
            let replacement = match open {
                "{#" => String::new(),
                "{%" => " ".to_owned(),
                _ => plain[start + 2..end - 2].replace(['"', '<', '>'], "'"),
            };
            plain.replace_range(start..end, &replacement);
        }
    }
    plain
}

fn tags() -> Vec<Tag> {
    let mut tags = Vec::new();
    for (path, text) in super::files("templates", "html").into_iter().chain(super::files("tests/templates", "html")) {
        for piece in strip_logic(&text).split('<').skip(1).filter(|piece| piece.starts_with(char::is_alphabetic)) {
            let text = piece.split('>').next().unwrap().to_owned();
            let name = text.split(char::is_whitespace).next().unwrap().to_owned();
            tags.push(Tag { path: path.clone(), name, text });
        }
    }
    tags
}

#[test]
fn no_template_uses_a_banned_attribute_or_element() {
    for tag in tags() {
        for banned in BANNED_ATTRIBUTES {
            let name = banned.trim_end_matches('=');
            assert!(!tag.attributes().contains(name), "{}: <{}> has {name}", tag.path, tag.name);
        }
        assert!(tag.get("type") != Some("number"), "{}: a number field drops input that is not a number", tag.path);
        assert!(tag.get("tabindex").is_none_or(|index| index == "0" || index == "-1"), "{}: <{}>", tag.path, tag.text);
        assert!(!["style", "dialog", "marquee"].contains(&tag.name.as_str()), "{}: <{}>", tag.path, tag.name);
        assert!(tag.name != "script" || tag.get("src").is_some(), "{}: an inline script", tag.path);
        let handler = tag.attributes().into_iter().find(|name| name.starts_with("on") || name.contains("hx-on"));
        assert_eq!(handler, None, "{}: <{}>", tag.path, tag.name);
    }
}

#[test]
fn only_allowed_htmx_attributes_are_used_on_allowed_elements() {
    let mut count = 0;
    for tag in tags() {
        for attribute in tag.attributes().into_iter().filter(|name| name.contains("hx-")) {
            let live = tag.get("class").is_some_and(|class| class.split(' ').any(|class| class == "live"));
            let is_allowed = match tag.name.as_str() {
                "hx-partial" => PARTIAL_ATTRIBUTES.contains(&attribute),
                "form" | "button" | "a" => HTMX_ATTRIBUTES.contains(&attribute),
                _ => live && HTMX_ATTRIBUTES.contains(&attribute),
            };
            assert!(is_allowed, "{}: {attribute} on <{}>", tag.path, tag.name);
            count += 1;
        }
        let trigger = tag.get("data-hx-trigger").unwrap_or_default();
        assert!(!trigger.contains('['), "{}: a filter needs eval", tag.path);
    }
    assert!(count > 0, "no template uses htmx: the pattern of this test no longer matches");
}

#[test]
fn htmx_requests_the_same_address_as_the_form_or_link() {
    for tag in tags() {
        let own = tag.get("action").or_else(|| tag.get("href")).or_else(|| tag.get("formaction"));
        for attribute in ["data-hx-get", "data-hx-post"] {
            if let Some(address) = tag.get(attribute) {
                assert_eq!(Some(address), own, "{}: {attribute}", tag.path);
            }
        }
        assert!(
            tag.get("data-hx-post").is_none() || tag.get("data-hx-replace-url").is_none(),
            "{}: a POST does not change the address",
            tag.path
        );
        if let Some(method) = tag.get("method") {
            assert!(method == "get" || method == "post", "{}: {method}", tag.path);
        }
    }
}

#[test]
fn forms_are_validated_by_the_server() {
    for tag in tags().iter().filter(|tag| tag.name == "form" && tag.get("data-hx-post").is_some()) {
        assert!(tag.attributes().contains("novalidate"), "{}: {}", tag.path, tag.text);
    }
}

#[test]
fn no_output_skips_escaping() {
    for (path, text) in super::files("templates", "html") {
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{path} switches escaping off");
    }
}

#[test]
fn templates_are_short() {
    for (path, text) in super::files("templates", "html") {
        let fragment = path.rsplit('/').next().unwrap().starts_with('_');
        let max_lines = if fragment { 30 } else { 100 };
        assert!(text.lines().count() <= max_lines, "{path} has more than {max_lines} lines");
    }
}
