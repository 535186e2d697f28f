//! Requests after a sign-in. A grant of some providers covers several sites or organisations, of which a connection uses one:
//! the answer of such a request lists them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use super::{FileFault, Source};
use crate::oauth::TemplateValues;

/// Most requests after a sign-in.
const MAX_REQUESTS: usize = 3;

/// A request after a sign-in. Pointers are JSON Pointers into an entry of its answer, unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterToken {
    /// URL: a template.
    pub url: String,
    /// GET or POST.
    #[serde(default = "get")]
    pub method: String,
    /// Request body.
    pub body: Option<String>,
    /// Pointer into the answer to the list of entries; `None` if the answer is the only entry.
    pub list: Option<String>,
    /// Noun of the entries, singular and plural: `["site", "sites"]`.
    pub noun: [String; 2],
    /// The permanent id of an entry.
    pub id: String,
    /// The name that people recognise.
    pub label: String,
    /// A further text that tells entries of one name apart, such as an address.
    pub detail: Option<String>,
    /// Values that the connection keeps of the entry: name and pointer.
    pub keep: TemplateValues,
    /// Condition that an entry must meet.
    pub only: Option<EntryCondition>,
}

/// A condition that an entry must meet: a list in it contains a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryCondition {
    /// Pointer to the list.
    pub pointer: String,
    /// The text.
    pub contains: String,
}

impl EntryCondition {
    /// Returns `true` if the entry meets the condition.
    #[must_use]
    pub fn holds(&self, entry: &Value) -> bool {
        let list = entry.pointer(&self.pointer).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|it| it.as_str() == Some(&self.contains)))
    }
}

fn get() -> String {
    "GET".to_owned()
}

impl Source<'_> {
    /// Checks the requests after a sign-in. `known` are the names that their addresses may use.
    pub(super) fn check_after_token(
        self,
        written: &[Spanned<AfterToken>],
        has_sign_in: bool,
        known: &BTreeSet<String>,
    ) -> Result<(), FileFault> {
        for (index, request) in written.iter().enumerate() {
            let (at, request) = (request.span().start, request.as_ref());
            if !has_sign_in {
                return Err(self.fault(at, "[[after_token]] is for a service with [oauth]. Remove it".to_owned()));
            }
            if index >= MAX_REQUESTS {
                return Err(
                    self.fault(at, format!("There are at most {MAX_REQUESTS} [[after_token]]. Remove this one"))
                );
            }
            self.check_call(at, "after_token", &request.url, &request.method, known)?;
            if request.keep.is_empty() {
                return Err(
                    self.fault(at, "“keep” of [[after_token]] names nothing, so the request is of no use".into())
                );
            }
            if request.noun.iter().any(|noun| noun.trim().is_empty()) {
                return Err(
                    self.fault(at, "“noun” of [[after_token]] is empty. Write such as [\"site\", \"sites\"]".into())
                );
            }
            let list = request.list.iter().filter(|list| !list.is_empty());
            let optional = list.chain(&request.detail).chain(request.only.as_ref().map(|it| &it.pointer));
            let pointers = [&request.id, &request.label].into_iter().chain(request.keep.values()).chain(optional);
            self.check_pointers(at, "after_token", pointers)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shipped;

    const FILE: &str = r#"
        slug = "tides"
        name = "Tides"
        description = "High and low water."
        category = "productivity"
        auth = "oauth"
        transport = "rest"
        base_url = "https://tides.example/{station}"
        docs = "https://tides.example/apps"
        [oauth]
        authorize_url = "https://tides.example/authorize"
        token_url = "https://tides.example/token"
        [[after_token]]
        url = "https://tides.example/stations"
        list = ""
        noun = ["station", "stations"]
        id = "/id"
        label = "/name"
        keep = { station = "/id" }
        only = { pointer = "/scopes", contains = "water:read" }
        [check]
        url = "https://tides.example/{station}/me"
    "#;

    fn fault(good: &str, bad: &str) -> String {
        assert!(FILE.contains(good), "{good}");
        Shipped::parse("connectors/tides.toml", &FILE.replace(good, bad)).unwrap_err().to_string()
    }

    #[test]
    fn templates_may_use_what_a_request_after_the_sign_in_keeps() {
        let shipped = Shipped::parse("connectors/tides.toml", FILE).unwrap();
        let descriptor = shipped.descriptor.unwrap();
        assert_eq!(descriptor.captured_names().collect::<Vec<_>>(), ["station"]);
        let condition = descriptor.after_token[0].only.as_ref().unwrap();
        assert!(condition.holds(&serde_json::json!({ "scopes": ["water:read"] })));
        assert!(!condition.holds(&serde_json::json!({ "scopes": "water:read" })));
    }

    #[test]
    fn each_contradiction_is_refused_with_its_line() {
        let unknown = fault("keep = { station", "keep = { harbour");
        assert!(unknown.contains("“station” in “base_url” is not a [[field]]"), "{unknown}");
        let pointer = fault("\"/name\"", "\"name\"");
        assert!(
            pointer.contains("line 13, ") && pointer.contains("“name” in [after_token] is not a JSON Pointer"),
            "{pointer}"
        );
        let unused = FILE.replace("/{station}", "").replace("keep = { station = \"/id\" }", "keep = {}");
        let unused = Shipped::parse("connectors/tides.toml", &unused).unwrap_err().to_string();
        assert!(unused.contains("“keep” of [[after_token]] names nothing"), "{unused}");
        assert!(fault("[\"station\", \"stations\"]", "[\"\", \"\"]").contains("“noun” of [[after_token]] is empty"));
        assert!(fault("https://tides.example/stations", "http://tides.example/stations").contains("after_token.url"));
        let host = fault("https://tides.example/stations", "https://{port}.tides.example/stations");
        assert!(host.contains("“port” in “after_token.url” is not a [[field]]"), "{host}");
        assert!(fault("only =", "if =").contains("“if” is not a field here"));
        let key = "auth = \"token\"\n[[field]]\nname = \"api_key\"\nlabel = \"Key\"\nkind = \"secret\"\n[key]\nstyle = \"bearer\"\nfield = \"api_key\"\n";
        let before = FILE.split("[oauth]").next().unwrap().replace("auth = \"oauth\"\n", "");
        let after = &FILE[FILE.find("[[after_token]]").unwrap()..];
        let file = format!("{}\n{before}{}{after}", "auth = \"token\"", key.replacen("auth = \"token\"\n", "", 1));
        let fault = Shipped::parse("connectors/tides.toml", &file).unwrap_err().to_string();
        assert!(fault.contains("[[after_token]] is for a service with [oauth]"), "{fault}");
    }
}
