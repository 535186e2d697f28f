//! JSON Pointers into a result. A text that is a JSON object or list is entered like the value that it spells.

use std::borrow::Cow;

use serde_json::Value;

/// Returns the pointer of a member of the value at `pointer`.
pub(super) fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Returns the name that a step of a pointer spells.
pub(super) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Returns the value at a pointer.
pub(super) fn resolve<'a>(root: &'a Value, pointer: &str) -> Option<Cow<'a, Value>> {
    let (mut value, mut rest) = (root, pointer);
    while !rest.is_empty() {
        if let Some(parsed) = value.as_str().and_then(parse_json) {
            return resolve(&parsed, rest).map(|found| Cow::Owned(found.into_owned()));
        }
        let step = rest.strip_prefix('/')?;
        let end = step.find('/').unwrap_or(step.len());
        let key = unescape(&step[..end]);
        value = match value {
            Value::Object(members) => members.get(&key)?,
            Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
        rest = &step[end..];
    }
    Some(Cow::Borrowed(value))
}

/// Parses a text that is a JSON object or list.
pub(super) fn parse_json(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Reports whether a pointer leads to a part of the protocol's frame, which says nothing to people.
pub(super) fn is_frame(pointer: &str) -> bool {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    matches!(
        steps[..],
        ["structuredContent" | "content"]
            | ["content", _]
            | ["content", _, "text" | "resource"]
            | ["content", _, "resource", "text"]
    )
}
