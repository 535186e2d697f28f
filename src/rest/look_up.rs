//! A look-up before the request of a tool: finds the id of what people know by its name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pointer::Place;
use super::request::RequestTemplate;
use super::values::scalar_text;
use crate::egress::Failure;

/// Maximum number of names that a message lists.
const MAX_LISTED: usize = 20;

/// A look-up: a request that changes nothing, and the choice of one of the entries in its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// Request.
    pub request: RequestTemplate,
    /// Input without which nothing is looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Place of the list.
    pub list: Place,
    /// Place of the name, in an entry.
    pub name: Place,
    /// Input that holds the name. Without it, or if it is absent, there must be one entry only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<String>,
    /// Place of the value to keep, in the entry.
    pub value: Place,
    /// Name under which the request uses the value.
    pub keep: String,
}

impl LookUp {
    /// Reports whether these arguments need the look-up.
    pub(super) fn is_needed(&self, arguments: &Map<String, Value>) -> bool {
        self.when.as_ref().is_none_or(|input| arguments.get(input).is_some_and(|value| !value.is_null()))
    }

    /// Chooses the entry. Case does not matter.
    ///
    /// # Errors
    /// A sentence that lists what there is.
    pub(super) fn choose(&self, answer: &Value, arguments: &Map<String, Value>) -> Result<String, Failure> {
        let Some(Value::Array(entries)) = self.list.find(answer) else { return Err(not_found("Nothing was found")) };
        let name = |entry: &Value| self.name.find(entry).as_ref().and_then(scalar_text).unwrap_or_default();
        let names = || entries.iter().take(MAX_LISTED).map(name).collect::<Vec<_>>().join(", ");
        let wanted = self.equals.as_ref().and_then(|input| scalar_text(arguments.get(input)?));
        let mut fitting = entries.iter().filter(|entry| {
            wanted.as_ref().is_none_or(|wanted| name(entry).to_lowercase() == wanted.trim().to_lowercase())
        });
        let found = match (fitting.next(), fitting.next(), &wanted) {
            (Some(entry), None, _) => entry,
            (Some(_), Some(_), None) => {
                let input = self.equals.as_deref().unwrap_or("name");
                return Err(not_found(format!("There are several: {}", names()))
                    .with_advice(format!("Enter one of them as “{input}”")));
            }
            (Some(_), Some(_), Some(wanted)) => return Err(not_found(format!("There are several called “{wanted}”"))),
            (None, _, Some(wanted)) if !entries.is_empty() => {
                return Err(not_found(format!("There is no “{wanted}”. There are: {}", names())));
            }
            (None, ..) => return Err(not_found("Nothing was found")),
        };
        self.value.find(found).as_ref().and_then(scalar_text).ok_or_else(|| not_found("What was found has no id"))
    }
}

fn not_found(message: impl Into<crate::error::Message>) -> Failure {
    Failure::permanent("not_found", message).with_advice("Change the input, and run the tool again")
}

#[cfg(test)]
mod tests {
    use super::LookUp;
    use serde_json::{Value, json};

    fn chosen(answer: &Value, arguments: &Value) -> Result<String, String> {
        let look_up: LookUp = toml::from_str(
            "request = { method = 'GET', path = '/states' }\nlist = '/states'\nname = '/name'\nequals = 'status'\nvalue = '/id'\nkeep = 'state_id'",
        )
        .unwrap();
        look_up.choose(answer, arguments.as_object().unwrap()).map_err(|failure| failure.message.text)
    }

    #[test]
    fn a_name_is_found_whatever_its_case() {
        let answer = json!({"states": [{"id": 1, "name": "To do"}, {"id": "s2", "name": "Done"}]});
        assert_eq!(chosen(&answer, &json!({"status": " done "})).unwrap(), "s2");
        assert_eq!(
            chosen(&answer, &json!({"status": "open"})).unwrap_err(),
            "There is no “open”. There are: To do, Done"
        );
        assert_eq!(chosen(&answer, &json!({})).unwrap_err(), "There are several: To do, Done");
        assert_eq!(chosen(&json!({"states": [{"id": 1, "name": "To do"}]}), &json!({})).unwrap(), "1");
        assert_eq!(chosen(&json!({"states": []}), &json!({"status": "done"})).unwrap_err(), "Nothing was found");
    }
}
