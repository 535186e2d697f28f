//! JSON texts in a form: secrets are masked in the text, and their values are pairs beside the text.

use serde_json::Value;

use super::entries::{Entries, pretty};
use super::mask::{MASK, contains_mask, each_masked, mask};
use super::names::unescaped;
use super::parse::Parser;
use super::plan::Plan;
use super::secrets::holds_value_in;

/// Maximum depth of JSON, as the parser reads it.
const MAX_JSON_DEPTH: usize = 128;

/// Longest pointer of a secret, in bytes.
const MAX_POINTER_BYTES: usize = 4096;

impl Entries {
    /// Masks the secrets in JSON texts, and puts them beside the texts: in that of the whole input, or those of fields.
    #[must_use]
    pub fn with_masked_text(self, plan: &Plan) -> Self {
        let Ok(value) = super::parse_as_shown(plan, &self) else { return self };
        if self.is_json() || plan.why_json.is_some() {
            let masked = Self::as_json(plan, &value);
            // the text stays as it was typed if it shows no secret
            let shown = self.get("j").and_then(|text| serde_json::from_str::<Value>(text).ok());
            let shows_no_secret = shown == masked.get("j").and_then(|text| serde_json::from_str(text).ok());
            return if shows_no_secret { self } else { masked };
        }
        self.with_masked_fields(plan, &value)
    }

    fn with_masked_fields(mut self, plan: &Plan, value: &Value) -> Self {
        let masked = mask(&plan.schema, value);
        let root = plan.root(&self);
        let places: Vec<(String, String)> = {
            let mut parser = Parser::new(&self);
            parser.whole(&root);
            let open = parser.places.into_iter().filter(|(_, field)| !field.is_secret);
            open.map(|(place, field)| (place, field.pointer.clone())).collect()
        };
        for (place, pointer) in places {
            let (Some(value), Some(masked)) = (value.pointer(&place), masked.pointer(&place)) else { continue };
            // a value of any kind may be JSON, too
            let text = self
                .text_at("j", &pointer)
                .or_else(|| self.text_at("v", &pointer).filter(|_| self.has_at("t", &pointer)));
            let shown = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
            if shown.is_none_or(|shown| shown == *masked) {
                continue;
            }
            self.retain(|(name, _)| !holds_value_in(name, &pointer));
            self.push("j", &pointer, pretty(masked));
            self.push_masked(value, masked, &pointer);
        }
        self
    }

    /// Puts the secrets that are masked in a text beside that text: strings as `v`, other values as JSON.
    pub(super) fn push_masked(&mut self, value: &Value, masked: &Value, pointer: &str) {
        each_masked(value, masked, pointer, &mut |place, secret| {
            match secret {
                Value::String(text) if text == MASK => return,
                Value::String(text) => self.push("v", place, text.as_str()),
                other => self.push("j", place, other.to_string()),
            }
            if let Some(item) = item_around(masked, &place[pointer.len()..]) {
                self.push("f", place, item);
            }
        });
    }

    /// Puts the secrets beside a text into the places of their masks.
    pub(super) fn unmask(&self, value: &mut Value, pointer: &str) {
        if !contains_mask(value) {
            return;
        }
        let shown = value.clone();
        for (name, text) in self.pairs() {
            let place =
                name.get(1..).and_then(|place| place.strip_prefix(pointer)).filter(|place| place.starts_with('/'));
            // in a list, the secret belongs to the item that had it
            let is_moved = |place: &str| {
                let item = item_around(&shown, place);
                item.is_some() && item.as_deref() != self.text_at("f", &name[1..])
            };
            let place = place.filter(|place| !is_moved(place));
            let Some(masked) = place.and_then(|place| value.pointer_mut(place)).filter(|value| **value == MASK) else {
                continue;
            };
            let secret = match name.as_bytes()[0] {
                b'v' => Some(text.as_str().into()),
                b'j' => serde_json::from_str(text).ok(),
                _ => None,
            };
            if let Some(secret) = secret {
                *masked = secret;
            }
        }
    }

    /// Reports whether a pair is a secret that is masked in the JSON text of a field.
    pub(super) fn is_beside_json(&self, name: &str) -> bool {
        let Some(pointer) = name.strip_prefix(['v', 'j', 'e', 'u', 's', 'f', 'o']) else { return false };
        let mut parents = pointer.match_indices('/').skip(1).take(MAX_JSON_DEPTH).map(|(end, _)| &pointer[..end]);
        pointer.len() <= MAX_POINTER_BYTES && parents.any(|parent| self.has_at("j", parent))
    }
}

/// Returns the item of the outermost list around a place, and how often the list has it. `None` outside of lists.
fn item_around(masked: &Value, place: &str) -> Option<String> {
    let mut at = masked;
    for step in place.split('/').skip(1) {
        match at {
            Value::Array(items) => {
                let item = items.get(step.parse::<usize>().ok()?)?;
                let count = items.iter().filter(|other| *other == item).count();
                return Some(format!("{count} {item}"));
            }
            Value::Object(members) => at = members.get(&unescaped(step))?,
            _ => return None,
        }
    }
    None
}
