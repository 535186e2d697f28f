//! Choices for an input that another tool of the service lists, such as channels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::{NEXT_CURSOR, WHOLE_ANSWER};
use super::input_fault::InputFault;
use super::node::Node;
use super::pointer::Place;
use super::values::{Values, scalar_text};

/// Most choices that a form offers.
const MAX_CHOICES: usize = 200;

/// Characters of the name of a choice.
const MAX_LABEL_CHARS: usize = 100;

/// The choices for an input, as another tool of the service lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputChoices {
    /// Name of the tool that lists them. It only reads.
    pub tool: String,
    /// Arguments of that tool. They may use the other inputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Node>,
    /// Inputs that the list depends on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Place of the list, in the answer.
    pub list: Place,
    /// Noun of the entries, in the plural.
    pub noun: String,
    /// Place of the value, in an entry.
    pub value: Place,
    /// Places of the names that people know, in an entry. Those that are there are shown.
    pub label: Vec<Place>,
}

/// Choices that a tool has listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedChoices {
    /// Values and names.
    pub choices: Vec<ListedChoice>,
    /// There are more.
    pub is_cut: bool,
}

/// A choice that a tool has listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedChoice {
    /// Value of the input.
    pub value: String,
    /// Name for people.
    pub label: String,
}

impl InputChoices {
    /// Makes the arguments of the listing tool. `inputs` are those that the person has entered so far.
    ///
    /// # Errors
    /// An input that cannot be expressed.
    pub fn make_arguments(&self, inputs: &Map<String, Value>) -> Result<Map<String, Value>, InputFault> {
        let values = Values::new(inputs);
        let mut arguments = Map::new();
        for (name, node) in &self.arguments {
            if let Some(value) = node.make(&values)? {
                arguments.insert(name.clone(), value);
            }
        }
        Ok(arguments)
    }

    /// Reads the choices in a result of the listing tool. An entry without a value is left out.
    #[must_use]
    pub fn read(&self, result: &Value) -> ListedChoices {
        let answer = whole_answer(result).or_else(|| result.get("structuredContent").cloned());
        let Some(Value::Array(entries)) = answer.and_then(|answer| self.list.find(&answer)) else {
            return ListedChoices::default();
        };
        let has_next_page = result.pointer(&format!("/_meta/{NEXT_CURSOR}")).is_some();
        let mut choices: Vec<_> = entries.iter().filter_map(|entry| self.read_entry(entry)).collect();
        let is_cut = has_next_page || choices.len() > MAX_CHOICES;
        choices.truncate(MAX_CHOICES);
        tell_apart(&mut choices);
        ListedChoices { choices, is_cut }
    }

    fn read_entry(&self, entry: &Value) -> Option<ListedChoice> {
        let value = scalar_text(&self.value.find(entry)?).filter(|text| !text.is_empty())?;
        let names: Vec<_> = self.label.iter().filter_map(|place| name(&place.find(entry)?)).collect();
        let label = if names.is_empty() { value.clone() } else { names.join(" · ") };
        Some(ListedChoice { value, label: label.chars().take(MAX_LABEL_CHARS).collect() })
    }
}

/// Returns a name, or the names in a list. An empty one says nothing.
fn name(value: &Value) -> Option<String> {
    let name = match value {
        Value::Array(names) => names.iter().filter_map(scalar_text).collect::<Vec<_>>().join(", "),
        other => scalar_text(other)?,
    };
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Adds the value to names that several choices have.
fn tell_apart(choices: &mut [ListedChoice]) {
    let mut counts = BTreeMap::<_, usize>::new();
    for choice in choices.iter() {
        *counts.entry(choice.label.clone()).or_default() += 1;
    }
    for choice in choices.iter_mut().filter(|choice| counts[&choice.label] > 1 && choice.label != choice.value) {
        choice.label = format!("{} ({})", choice.label, choice.value);
    }
}

/// Returns the whole answer, if the result has it beside what people look for.
fn whole_answer(result: &Value) -> Option<Value> {
    let mut resources = result.get("content")?.as_array()?.iter().filter_map(|block| block.get("resource"));
    let whole = resources.find(|resource| resource["uri"] == WHOLE_ANSWER)?;
    serde_json::from_str(whole["text"].as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{InputChoices, ListedChoice};
    use crate::rest::AnswerTemplate;
    use serde_json::json;

    fn choices() -> InputChoices {
        let written = json!({
            "tool": "list_rooms", "arguments": { "house": { "input": "house" } }, "needs": ["house"],
            "list": "/rooms", "noun": "rooms", "value": "/id", "label": ["/name", "/floor"],
        });
        serde_json::from_value(written).unwrap()
    }

    fn pair(value: &str, label: &str) -> ListedChoice {
        ListedChoice { value: value.into(), label: label.into() }
    }

    #[test]
    fn choices_have_the_names_that_are_there_and_the_same_name_has_its_value_beside_it() {
        let template: AnswerTemplate =
            toml::from_str("list = '/rooms'\nnoun = ['room', 'rooms']\nshow = [{ label = 'Name', at = '/name' }]")
                .unwrap();
        let answer = json!({ "rooms": [
            { "id": 1, "name": "Hall", "floor": "ground" }, { "id": 2, "name": "Study" }, { "id": 3, "name": "Study" },
            { "name": "No id" }, { "id": 4, "name": "" },
        ] });
        let listed = choices().read(&template.result(answer.clone(), None));
        let expected = [pair("1", "Hall · ground"), pair("2", "Study (2)"), pair("3", "Study (3)"), pair("4", "4")];
        assert_eq!((listed.choices, listed.is_cut), (expected.to_vec(), false));
        assert!(choices().read(&template.result(answer, Some("next"))).is_cut);
    }

    #[test]
    fn a_long_list_is_cut_and_another_answer_has_no_choices() {
        let rooms: Vec<_> = (0..300).map(|id| json!({ "id": id })).collect();
        let listed = choices().read(&json!({ "structuredContent": { "rooms": rooms } }));
        assert_eq!((listed.choices.len(), listed.is_cut), (200, true));
        for other in [json!({}), json!({ "structuredContent": { "rooms": "none" } }), json!([])] {
            assert_eq!(choices().read(&other), super::ListedChoices::default());
        }
    }

    #[test]
    fn the_arguments_are_made_of_what_is_entered() {
        let inputs = json!({ "house": "h1", "other": 2 });
        let made = choices().make_arguments(inputs.as_object().unwrap()).unwrap();
        assert_eq!(json!(made), json!({ "house": "h1" }));
    }
}
