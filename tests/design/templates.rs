//! Rules of markup that hold in every template, read from the sources.

use std::collections::BTreeSet;

/// The attributes of htmx that we use. Each works without eval, keeps focus, and leaves the form or link beneath it whole.
const HTMX: [&str; 13] = [
    "hx-get",
    "hx-post",
    "hx-target",
    "hx-select",
    "hx-swap",
    "hx-trigger",
    "hx-sync",
    "hx-status:5xx",
    "hx-replace-url",
    "hx-indicator",
    "hx-sse:connect",
    "hx-sse:close",
    "hx-config",
];

/// Attributes by which a browser would stop a form before the server can say what is wrong and keep what was typed,
/// and those that hide a label.
const BANNED: [&str; 6] = ["style=", "placeholder=", "required", "pattern=", "maxlength=", "hx-confirm"];

struct Tag {
    path: String,
    name: String,
    text: String,
}

impl Tag {
    /// The value of an attribute, as written.
    fn get(&self, attribute: &str) -> Option<&str> {
        let start = self.text.find(&format!(" {attribute}=\""))? + attribute.len() + 3;
        self.text[start..].split('"').next()
    }

    /// The names of all attributes that are written outside of values.
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

/// A template without its comments and logic; output becomes a word, so that an attribute keeps a value.
fn plain(template: &str) -> String {
    let mut plain = template.to_owned();
    for (open, close, instead) in [("{#", "#}", ""), ("{%", "%}", " "), ("{{", "}}", "value")] {
        while let Some(start) = plain.find(open) {
            let end = start + plain[start..].find(close).unwrap() + close.len();
            // what is asked for must stay apart: `hx-get` of one page may not equal the `action` of another
            let kept = if instead == "value" {
                plain[start + 2..end - 2].replace(['"', '<', '>'], "'")
            } else {
                instead.to_owned()
            };
            plain.replace_range(start..end, &kept);
        }
    }
    plain
}

fn tags() -> Vec<Tag> {
    let mut tags = Vec::new();
    for (path, text) in super::files("templates", "html").into_iter().chain(super::files("tests/templates", "html")) {
        for piece in plain(&text).split('<').skip(1).filter(|piece| piece.starts_with(char::is_alphabetic)) {
            let text = piece.split('>').next().unwrap().to_owned();
            let name = text.split(char::is_whitespace).next().unwrap().to_owned();
            tags.push(Tag { path: path.clone(), name, text });
        }
    }
    tags
}

#[test]
fn nothing_is_banned() {
    for tag in tags() {
        for banned in BANNED {
            let name = banned.trim_end_matches('=');
            assert!(!tag.attributes().contains(name), "{}: <{}> has {name}", tag.path, tag.name);
        }
        assert!(tag.get("type") != Some("number"), "{}: a number field loses what is not a number", tag.path);
        assert!(tag.get("tabindex").is_none_or(|index| index == "0" || index == "-1"), "{}: <{}>", tag.path, tag.text);
        assert!(!["style", "dialog", "marquee"].contains(&tag.name.as_str()), "{}: <{}>", tag.path, tag.name);
        assert!(tag.name != "script" || tag.get("src").is_some(), "{}: an inline script", tag.path);
        let handler = tag.attributes().into_iter().find(|name| name.starts_with("on") || name.starts_with("hx-on"));
        assert_eq!(handler, None, "{}: <{}>", tag.path, tag.name);
    }
}

#[test]
fn only_the_known_attributes_of_htmx_are_used_and_only_where_they_help() {
    let mut seen = 0;
    for tag in tags() {
        for attribute in tag.attributes().into_iter().filter(|name| name.starts_with("hx-")) {
            assert!(HTMX.contains(&attribute), "{}: {attribute}", tag.path);
            let live = tag.get("class").is_some_and(|class| class.split(' ').any(|class| class == "live"));
            let partial = tag.name == "hx-partial";
            let may = ["form", "button", "a"].contains(&tag.name.as_str()) || live || partial;
            assert!(may, "{}: {attribute} on <{}>", tag.path, tag.name);
            seen += 1;
        }
        let trigger = tag.get("hx-trigger").unwrap_or_default();
        assert!(!trigger.contains('['), "{}: a filter needs eval", tag.path);
    }
    assert!(seen > 0, "no template uses htmx: the check has lost its pattern");
}

#[test]
fn what_htmx_asks_for_is_what_the_form_or_link_would_ask_for() {
    for tag in tags() {
        let own = tag.get("action").or_else(|| tag.get("href")).or_else(|| tag.get("formaction"));
        for attribute in ["hx-get", "hx-post"] {
            if let Some(asked) = tag.get(attribute) {
                assert_eq!(Some(asked), own, "{}: {attribute}", tag.path);
            }
        }
        assert!(
            tag.get("hx-post").is_none() || tag.get("hx-replace-url").is_none(),
            "{}: a POST has no address",
            tag.path
        );
        if let Some(method) = tag.get("method") {
            assert!(method == "get" || method == "post", "{}: {method}", tag.path);
        }
    }
}

#[test]
fn forms_are_checked_by_the_server() {
    for tag in tags().iter().filter(|tag| tag.name == "form" && tag.get("hx-post").is_some()) {
        assert!(tag.attributes().contains("novalidate"), "{}: {}", tag.path, tag.text);
    }
}

#[test]
fn no_output_is_trusted() {
    for (path, text) in super::files("templates", "html") {
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{path}: escaping is switched off");
    }
}

#[test]
fn templates_are_short() {
    for (path, text) in super::files("templates", "html") {
        let fragment = path.rsplit('/').next().unwrap().starts_with('_');
        let most = if fragment { 30 } else { 100 };
        assert!(text.lines().count() <= most, "{path} has more than {most} lines");
    }
}
