//! The rule of plain names: no name of our own in Rust says nothing, or says it in private words.

use super::sentences::rust_sources;

/// Types, traits and variants that are a participle, an adjective, a metaphor or a verb.
const TYPES: &[&str] = &[
    "Again",
    "Anyone",
    "Asked",
    "Away",
    "Bar",
    "Begun",
    "Brought",
    "Came",
    "Chart",
    "Doctor",
    "Entered",
    "Errands",
    "Fix",
    "Follow",
    "Former",
    "Given",
    "Going",
    "Greeted",
    "Halt",
    "Held",
    "InTheWay",
    "Kept",
    "Known",
    "Later",
    "Look",
    "Looked",
    "Made",
    "Mark",
    "Means",
    "Need",
    "News",
    "OfConnector",
    "Opened",
    "Over",
    "Parts",
    "Presented",
    "Ran",
    "Reader",
    "Returned",
    "Said",
    "Seat",
    "Seats",
    "Seen",
    "Signed",
    "Stage",
    "Standing",
    "Through",
    "Ticks",
    "Told",
    "Typed",
    "Unfound",
    "Unready",
    "Unsaid",
    "Unsent",
    "Untold",
    "Unwelcome",
    "Verdict",
    "Wake",
    "Way",
];

/// Functions that do not say what they do to what.
const FUNCTIONS: &[&str] = &[
    "about",
    "apart",
    "ask",
    "at",
    "begins",
    "carry",
    "doubt",
    "flight",
    "give_up",
    "going",
    "gone",
    "greet",
    "hand_back",
    "hear",
    "hold",
    "insist",
    "judge",
    "keep",
    "learn",
    "leave",
    "lent",
    "look",
    "lose",
    "meet",
    "meets",
    "nowhere",
    "note",
    "of",
    "prefer",
    "put_off",
    "raise",
    "said",
    "say",
    "standing",
    "stands",
    "take",
    "taken",
    "tell",
    "tidy",
    "told",
    "under",
    "understood",
    "want",
    "words",
];

/// Modules that are not a noun of the domain.
const MODULES: &[&str] = &[
    "asked",
    "asking",
    "carried",
    "chosen",
    "demands",
    "errands",
    "flight",
    "held",
    "insistence",
    "keeping",
    "kept",
    "known",
    "look",
    "looks",
    "news",
    "place",
    "quirks",
    "renewal",
    "seats",
    "tides",
    "troubled",
    "twin",
    "unsaid",
    "whole",
];

/// Constants that name no unit, limit or purpose.
const CONSTANTS: &[&str] = &[
    "AGAIN",
    "AWAY",
    "COME_BACK",
    "EVERY",
    "FAR",
    "FEW",
    "LARGEST",
    "LATER",
    "LIFE",
    "LONGEST",
    "LOOK",
    "MOST",
    "PATIENCE",
    "REST",
    "SOON",
];

/// Beginnings of constants for which the word is `MAX_`.
const CONSTANT_PREFIXES: [&str; 3] = ["MOST_", "LONGEST_", "LARGEST_"];

/// Names of these lists that stay, each with its reason.
const EXEMPT: &[(&str, &str)] = &[("Chart", "the bar chart of the dashboard")];

/// A name that a line of code defines.
struct Definition<'a> {
    line: usize,
    /// The keyword, or `variant`.
    kind: &'static str,
    name: &'a str,
}

impl Definition<'_> {
    fn is_banned(&self) -> bool {
        let list = match self.kind {
            "fn" => FUNCTIONS,
            "mod" => MODULES,
            "const" | "static" => CONSTANTS,
            _ => TYPES,
        };
        let has_banned_prefix =
            list == CONSTANTS && CONSTANT_PREFIXES.iter().any(|prefix| self.name.starts_with(prefix));
        (list.contains(&self.name) || has_banned_prefix) && EXEMPT.iter().all(|(name, _)| *name != self.name)
    }
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// The names that a source defines.
fn definitions(text: &str) -> Vec<Definition<'_>> {
    let mut found = Vec::new();
    // the indentation of the enum whose variants are being read
    let mut in_enum: Option<usize> = None;
    for (line, code) in (1..).zip(text.lines()).filter(|(_, code)| !code.trim_start().starts_with("//")) {
        let indent = code.len() - code.trim_start().len();
        match in_enum {
            Some(outer) if indent <= outer && !code.trim().is_empty() => in_enum = None,
            Some(outer) if indent == outer + 4 && code.trim_start().starts_with(|c: char| c.is_ascii_uppercase()) => {
                found.push(Definition { line, kind: "variant", name: identifier(code.trim_start()) });
            }
            _ => {}
        }
        let before_text = code.split('"').next().unwrap_or_default();
        for kind in ["fn", "mod", "const", "static", "struct", "enum", "trait", "type"] {
            let keyword = format!("{kind} ");
            let Some(start) = before_text.find(&keyword) else { continue };
            let is_word = start == 0 || !before_text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let name = identifier(&before_text[start + keyword.len()..]);
            if is_word && !name.is_empty() && name != "fn" {
                found.push(Definition { line, kind, name });
            }
        }
        let opens_enum = before_text.contains("enum ") && code.trim_end().ends_with('{');
        in_enum = if opens_enum { Some(indent) } else { in_enum };
    }
    found
}

#[test]
fn names_say_what_they_name() {
    let mut faults = Vec::new();
    for (path, text) in rust_sources() {
        for found in definitions(&text).iter().filter(|found| found.is_banned()) {
            faults.push(format!("{path}:{}: {} {}", found.line, found.kind, found.name));
        }
    }
    assert!(faults.is_empty(), "{} names say nothing:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_planted_name_is_found() {
    for planted in [
        "struct Held;",
        "pub(crate) enum Verdict {",
        "trait Follow {",
        "type Came = u8;",
        "    pub(super) async fn hold(&self) {}",
        "const fn of(id: u8) {}",
        "mod keeping;",
        "const MOST: usize = 1;",
        "const LONGEST_NAME: usize = 1;",
        "static LOOK: u8 = 1;",
        "enum State {\n    Kept(u8),\n}",
    ] {
        assert!(definitions(planted).iter().any(Definition::is_banned), "{planted}");
    }
    for plain in [
        "struct HeldLease;",
        "fn hold_lease() {}",
        "const MAX_NAME: usize = 1;",
        "// struct Held;",
        "let text = \"fn hold\";",
        "match state {\n    Kept(it) => it,\n}",
    ] {
        assert!(!definitions(plain).iter().any(Definition::is_banned), "{plain}");
    }
}
