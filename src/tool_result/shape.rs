//! The output schema of a tool, read for the titles of its values.

use serde_json::Value;

/// Most steps from a schema through its references and branches.
const MAX_STEPS: usize = 8;

/// The description of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    root: Option<&'a Value>,
    schema: Option<&'a Value>,
}

impl<'a> Shape<'a> {
    pub(super) const fn new(root: Option<&'a Value>) -> Self {
        Self { root, schema: root }
    }

    /// Returns the description of a member or of an item.
    pub(super) fn below(self, key: &str) -> Self {
        let found = self.schema.and_then(|schema| self.find(schema, key, 0));
        Self { schema: found, ..self }
    }

    /// Returns the title of the value.
    pub(super) fn title(self) -> Option<&'a str> {
        self.schema?.get("title")?.as_str().filter(|title| !title.trim().is_empty())
    }

    fn find(self, schema: &'a Value, key: &str, steps: usize) -> Option<&'a Value> {
        if steps > MAX_STEPS {
            return None;
        }
        if let Some(member) = schema.get("properties").and_then(|members| members.get(key)) {
            return Some(member);
        }
        if let Ok(index) = key.parse::<usize>() {
            let prefix = schema.get("prefixItems").and_then(|items| items.get(index));
            if let Some(item) = prefix.or_else(|| schema.get("items").filter(|items| items.is_object())) {
                return Some(item);
            }
        }
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        let target = target.and_then(|pointer| self.root?.pointer(pointer));
        let branches =
            ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
        let below = target.into_iter().chain(branches).find_map(|branch| self.find(branch, key, steps + 1));
        below.or_else(|| schema.get("additionalProperties").filter(|it| it.is_object()))
    }
}
