//! Secrets of a form between two of its pages: no page shows them, and nobody has to type them twice.

use serde_json::Value;

use super::entries::Entries;
use super::plan::{Plan, Root};

impl Entries {
    /// Replaces the secrets by sealed ones, for a page. `seal` gets the JSON Pointer of the secret and its text.
    #[must_use]
    pub fn with_sealed_secrets(&self, plan: &Plan, seal: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut sealed = self.clone();
        // beside a whole input there are only the texts that its masks stand for
        let is_secret =
            |pointer: &str| self.is_json() || plan.fields().any(|field| field.is_secret() && field.pointer == pointer);
        for (name, text) in self.pairs() {
            let Some(pointer) = name.strip_prefix('v').filter(|pointer| is_secret(pointer)) else { continue };
            sealed.retain(|(other, _)| other != name && other.strip_prefix('s') != Some(pointer));
            if let Some(text) = (!text.is_empty()).then(|| seal(pointer, text)).flatten() {
                sealed.push("s", pointer, text);
            }
        }
        sealed
    }

    /// Puts sealed secrets back into their fields, unless somebody typed others. `open` gets the JSON Pointer of the secret and
    /// its sealed text. What cannot be opened has to be typed again.
    #[must_use]
    pub fn with_opened_secrets(&self, open: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut opened = self.clone();
        for (name, text) in self.pairs() {
            let Some(pointer) = name.strip_prefix('s').filter(|pointer| pointer.starts_with('/')) else { continue };
            if self.text_at("v", pointer).is_some_and(|typed| !typed.is_empty()) {
                opened.retain(|(other, _)| other != name);
            } else if let Some(secret) = open(pointer, text) {
                opened.retain(|(other, _)| other != name && other.strip_prefix('v') != Some(pointer));
                opened.push("v", pointer, secret);
            }
        }
        opened
    }

    /// Masks the secrets that somebody typed into the text of the whole input, and puts their texts beside it.
    #[must_use]
    pub fn with_masked_text(self, plan: &Plan) -> Self {
        let is_whole = self.is_json() || matches!(plan.root, Root::Json(_));
        let value = is_whole.then(|| super::parse_as_shown(plan, &self)).and_then(Result::ok);
        let Some(value) = value else { return self };
        let masked = Self::as_json(plan, &value);
        // the text stays as it was typed if it shows no secret
        let shown = self.get("j").and_then(|text| serde_json::from_str::<Value>(text).ok());
        let shows_no_secret = shown == masked.get("j").and_then(|text| serde_json::from_str(text).ok());
        if shows_no_secret { self } else { masked }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Entries, Plan, parse};
    use serde_json::json;

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
