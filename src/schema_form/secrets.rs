//! Secrets of a form between two of its pages: no page shows them, and nobody has to type them twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::entries::Entries;
use super::field::Field;
use super::plan::Plan;
use super::upload::Upload;

/// Prefixes of the pairs that hold a value, the source of its bytes, and the item of a list that it belongs to.
const VALUE_PREFIXES: [&str; 5] = ["v", "j", "u", "e", "f"];

/// Prefix of the pair that marks a secret which the page kept. It stays one, whatever its field is called now.
const OPENED: &str = "o";

impl Entries {
    /// Replaces the secrets by sealed ones, for a page. `seal` gets the JSON Pointer of the secret and its text.
    #[must_use]
    pub fn with_sealed_secrets(&self, plan: &Plan, seal: impl Fn(&str, &str) -> Option<String>) -> Self {
        // a branch that somebody left may have had secrets, too
        let roots = [plan.root(self), plan.root(&self.with_shown_branches())];
        let pointers = self.secret_pointers(&roots);
        let mut found: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for (name, text) in self.pairs().iter().filter(|(_, text)| !text.is_empty()) {
            let held = VALUE_PREFIXES.iter().find_map(|prefix| Some((*prefix, name.strip_prefix(prefix)?)));
            let is_kept = |(prefix, pointer): &(&str, &str)| {
                pointers.contains(pointer) && !(*prefix == "u" && Upload::is_dropped(text))
            };
            if let Some((prefix, pointer)) = held.filter(is_kept) {
                found.entry(pointer).or_default().push((prefix, text));
            }
        }
        // the source of bytes alone is no secret
        found.retain(|_, contents| contents.iter().any(|(prefix, _)| *prefix != "e"));
        let mut sealed = self.clone();
        sealed.retain(|(name, _)| {
            let is_value =
                VALUE_PREFIXES.iter().any(|it| name.strip_prefix(it).is_some_and(|at| pointers.contains(at)));
            !is_value && !name.strip_prefix('s').is_some_and(|at| found.contains_key(at))
        });
        for (pointer, contents) in found {
            if let Some(text) = seal(pointer, &json!(contents).to_string()) {
                sealed.push("s", pointer, text);
            }
        }
        sealed
    }

    /// Returns the places of the secrets.
    fn secret_pointers(&self, roots: &[Field]) -> HashSet<&str> {
        let fields = roots.iter().flat_map(Field::all).filter(|field| field.is_secret);
        let secret: HashSet<&str> = fields.map(|field| field.pointer.as_str()).collect();
        // beside a JSON text there are only the secrets that its masks stand for
        let is_secret = |name: &str, pointer: &str| {
            let is_known = secret.contains(pointer) || self.has_at(OPENED, pointer);
            pointer.starts_with('/') && self.is_json() || self.is_beside_json(name) || is_known
        };
        let names = self.pairs().iter().map(|(name, _)| name.as_str());
        let found = names.filter_map(|name| Some((name, name.strip_prefix(['v', 'j', 'u', 'f'])?)));
        found.filter(|(name, pointer)| is_secret(name, pointer)).map(|(_, pointer)| pointer).collect()
    }

    /// Returns the form with the branches whose fields its page had.
    fn with_shown_branches(&self) -> Self {
        let states = self.pairs().iter().filter_map(|(name, text)| Some((name.strip_prefix('w')?, text)));
        let shown: BTreeMap<_, _> = states.map(|(state, text)| (format!("b{state}"), text.clone())).collect();
        let mut entries = self.clone();
        entries.retain(|(name, _)| !shown.contains_key(name));
        for (name, text) in shown {
            entries.push(&name, "", text);
        }
        entries
    }

    /// Puts sealed secrets back into their fields, unless somebody typed others. `open` gets the JSON Pointer of the secret and
    /// its sealed text. What cannot be opened has to be typed again.
    #[must_use]
    pub fn with_opened_secrets(&self, open: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut replaced = HashSet::new();
        let mut found = BTreeMap::new();
        for (name, text) in self.pairs() {
            let Some(pointer) = name.strip_prefix('s').filter(|pointer| pointer.starts_with('/')) else { continue };
            if self.has_typed(pointer) {
                // what is typed is no untouched default, even if it is the same text
                replaced.extend([name.clone(), format!("d{pointer}")]);
            } else if let Some(contents) = open(pointer, text).and_then(|text| read_contents(&text)) {
                // a file that was dropped has a fault
                let others = VALUE_PREFIXES.iter().filter(|prefix| **prefix != "u" || !self.has_at(prefix, pointer));
                replaced.extend(others.map(|prefix| format!("{prefix}{pointer}")));
                replaced.insert(name.clone());
                found.insert(pointer, contents);
            }
        }
        let mut opened = self.clone();
        opened.retain(|(name, _)| !replaced.contains(name));
        for (pointer, contents) in found {
            for (prefix, text) in contents {
                opened.push(prefix, pointer, text);
            }
            opened.push(OPENED, pointer, "on");
        }
        opened
    }

    /// Reports whether a value was typed at a place, or inside of it.
    fn has_typed(&self, pointer: &str) -> bool {
        let is_dropped = |name: &str, text: &str| name.starts_with("u/") && Upload::is_dropped(text);
        let mut held = self.pairs().iter().filter(|(name, _)| holds_value_in(name, pointer));
        held.any(|(name, typed)| !typed.trim().is_empty() && !is_dropped(name, typed))
    }
}

/// Reports whether a pair holds a value at a place, or inside of it.
pub(super) fn holds_value_in(name: &str, pointer: &str) -> bool {
    let place = name.strip_prefix(['v', 'j', 'u']).and_then(|place| place.strip_prefix(pointer));
    place.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads the prefixes and texts of a secret that was sealed.
fn read_contents(text: &str) -> Option<Vec<(&'static str, String)>> {
    let contents: Vec<(String, String)> = serde_json::from_str(text).ok()?;
    let known = |(prefix, text)| Some((VALUE_PREFIXES.into_iter().find(|known| *known == prefix)?, text));
    contents.into_iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Entries, FormView, Plan, parse};
    use crate::error::{Error, FieldFaults};
    use serde_json::{Value, json};

    fn plan() -> Plan {
        Plan::compile(&json!({ "properties": {
            "user": { "type": "string" }, "api_key": { "type": "string" },
            "login": { "type": "array", "items": { "type": "object", "properties": { "pin": { "writeOnly": true } } } } } }))
    }

    fn entries(pairs: &[(&str, &str)]) -> Entries {
        Entries::from_pairs(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    fn sealed(entries: &Entries) -> Entries {
        entries.with_sealed_secrets(&plan(), |pointer, text| Some(format!("{pointer} {text}").to_uppercase()))
    }

    fn opened(entries: &Entries) -> Entries {
        entries.with_opened_secrets(|pointer, text| {
            Some(text.strip_prefix(&pointer.to_uppercase())?.trim().to_lowercase())
        })
    }

    #[test]
    fn a_secret_that_is_typed_is_sent_although_it_is_the_default() {
        let key = json!({ "type": "string", "writeOnly": true, "default": "guest" });
        let plan =
            Plan::compile(&json!({ "properties": { "login": { "type": "object", "properties": { "key": key } } } }));
        let page = Entries::blank(&plan).with_sealed_secrets(&plan, |_, text| Some(text.to_owned()));
        let open = |entries: &Entries| entries.with_opened_secrets(|_, text| Some(text.to_owned()));
        assert_eq!(parse(&plan, &open(&page)).unwrap(), json!({}), "a default alone makes no object");
        let typed = [page.pairs(), &[("v/login/key".to_owned(), "guest".to_owned())]].concat();
        assert_eq!(parse(&plan, &open(&Entries::from_pairs(typed))).unwrap(), json!({ "login": { "key": "guest" } }));
    }

    #[test]
    fn a_typed_secret_comes_back_from_a_page_that_does_not_show_it() {
        let typed = entries(&[("v/user", "al"), ("v/api_key", "hunter2")]);
        let page = sealed(&typed);
        assert!(!format!("{page:?}").contains("hunter2"), "{page:?}");
        let expected = json!({ "user": "al", "api_key": "hunter2" });
        assert_eq!(parse(&plan(), &opened(&page)).unwrap(), expected);
        let mut again = page.pairs().to_vec();
        again.push(("v/api_key".to_owned(), "other".to_owned()));
        let again = parse(&plan(), &opened(&Entries::from_pairs(again))).unwrap();
        assert_eq!(again["api_key"], "other", "a new one is not taken");
    }

    #[test]
    fn a_secret_that_cannot_be_opened_is_asked_for_and_not_left_out() {
        let page = entries(&[("v/user", "al"), ("v/api_key", ""), ("s/api_key", "of another hub")]);
        let fault = parse(&plan(), &opened(&page)).unwrap_err().to_string();
        assert!(fault.contains("Enter API key again") || fault.contains("Enter api key again"), "{fault}");
    }

    #[test]
    fn a_secret_survives_the_way_to_json_and_back() {
        let value = json!({ "user": "al", "api_key": "hunter2", "login": [{ "pin": "1234" }] });
        let text = Entries::as_json(&plan(), &value);
        assert!(!text.get("j").unwrap().contains("hunter2") && !text.get("j").unwrap().contains("1234"));
        assert_eq!(parse(&plan(), &opened(&sealed(&text))).unwrap(), value);
        let fields = Entries::from_value(&plan(), &value);
        assert_eq!(parse(&plan(), &opened(&sealed(&fields))).unwrap(), value);
    }

    #[test]
    fn a_secret_of_any_type_keeps_its_type_from_page_to_page() {
        let secret = |schema: &Value| {
            let mut schema = schema.clone();
            schema["writeOnly"] = json!(true);
            schema
        };
        let group = secret(
            &json!({ "type": "object", "properties": { "user": { "type": "string" }, "n": { "type": "integer" } } }),
        );
        let rows =
            json!({ "items": { "type": "object", "properties": { "pin": secret(&json!({ "type": "integer" })) } } });
        let plan = Plan::compile(&json!({ "properties": {
            "number": secret(&json!({ "type": "number" })), "yes": secret(&json!({ "type": "boolean" })),
            "choice": secret(&json!({ "enum": ["wide", 77] })), "any": secret(&json!({})), "group": group,
            "lines": { "type": "array", "items": secret(&json!({ "type": "string" })) },
            "set": secret(&json!({ "type": "array", "uniqueItems": true, "items": { "enum": ["dry", "wide"] } })),
            "rows": rows } }));
        let number: Value = serde_json::from_str("1234.50").unwrap();
        let all = json!({ "number": number, "yes": true, "choice": 77, "any": { "deep": [1234] },
            "group": { "user": "deep", "n": 1234 }, "lines": ["deep", "sea"], "set": ["dry", "wide"], "rows": [{ "pin": 1234 }, { "pin": null }] });
        // the control of an object cannot show every value
        let mut odd = all.clone();
        odd["group"] = json!({ "deep": 1234 });
        odd["number"] = json!("deep");
        for value in [all, odd] {
            for shown in [Entries::from_value(&plan, &value), Entries::as_json(&plan, &value)] {
                let page = shown.with_masked_text(&plan).with_sealed_secrets(&plan, |_, text| {
                    Some(text.chars().rev().map(|c| char::from_u32(u32::from(c) + 1).unwrap()).collect())
                });
                let text = format!("{page:?}");
                assert!(!text.contains("deep") && !text.contains("1234"), "{text}");
                let html = FormView::new(&plan, &page, &FieldFaults::default()).to_string();
                assert!(!html.contains("1234") && !html.contains("checked>Yes"), "{html}");
                let opened = page.with_opened_secrets(|_, text| {
                    Some(text.chars().rev().map(|c| char::from_u32(u32::from(c) - 1).unwrap()).collect())
                });
                assert_eq!(parse(&plan, &opened).unwrap().to_string(), value.to_string(), "{opened:?}");
            }
        }
    }

    #[test]
    fn a_masked_secret_of_any_type_is_asked_for_and_is_no_value() {
        let plan = Plan::compile(&json!({ "required": ["n", "yes", "one", "g"], "properties": {
            "n": { "type": "integer", "writeOnly": true, "default": 3 }, "yes": { "type": "boolean", "format": "password" },
            "one": { "enum": [1, 2], "writeOnly": true },
            "g": { "type": "object", "writeOnly": true, "required": ["a"], "properties": { "a": { "type": "integer", "default": 1 } } } } }));
        let shown = Entries::from_value(&plan, &json!({ "n": "••••", "yes": "••••", "one": "••••", "g": "••••" }));
        let sent = shown.pairs().iter().filter(|(name, _)| !name.starts_with("before")).cloned().collect();
        let Error::Invalid(faults) = parse(&plan, &Entries::from_pairs(sent)).unwrap_err() else { panic!("no faults") };
        let faults: Vec<_> =
            faults.faults().iter().map(|fault| (fault.field.as_str(), fault.message.as_str())).collect();
        let asked = [
            ("/n", "Enter a whole number for n"),
            ("/yes", "Choose yes or no for yes"),
            ("/one", "Choose one"),
            ("/g/a", "Enter a whole number for a"),
        ];
        assert_eq!(
            faults.iter().map(|(field, text)| (*field, text.to_lowercase())).collect::<Vec<_>>(),
            asked.map(|(field, text)| (field, text.to_lowercase())),
            "{faults:?}"
        );
        let html = FormView::new(&plan, &shown, &FieldFaults::default()).to_string();
        assert!(html.matches("Enter it again").count() >= 3 && html.matches("Choose it again").count() == 2, "{html}");
        assert!(!html.contains("checked"), "{html}");
    }

    #[test]
    fn a_fault_does_not_repeat_a_secret() {
        let plan = Plan::compile(&json!({ "properties": { "n": { "type": "integer", "writeOnly": true } } }));
        let fault = parse(&plan, &entries(&[("v/n", "12,34")])).unwrap_err().to_string();
        assert!(!fault.contains("34"), "{fault}");
    }

    #[test]
    fn a_secret_in_typed_json_is_masked_and_other_text_stays_as_it_was() {
        let plain = entries(&[("j", "{ \"user\":\n\"al\" }")]);
        assert_eq!(plain.clone().with_masked_text(&plan()), plain);
        let broken = entries(&[("j", "{ \"user\": ")]);
        assert_eq!(broken.clone().with_masked_text(&plan()), broken);
        let page = sealed(&entries(&[("j", "{ \"api_key\": \"hunter2\" }")]).with_masked_text(&plan()));
        assert!(!format!("{page:?}").contains("hunter2"), "{page:?}");
        assert_eq!(parse(&plan(), &opened(&page)).unwrap(), json!({ "api_key": "hunter2" }));
    }
}
