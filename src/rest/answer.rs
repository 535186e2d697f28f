//! The answer of a service as a tool's result: a sentence, the values that people look for, and the whole answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::converters::Converter;
use super::paging::CURSOR_TITLE;
use super::pointer::Place;
use super::template::Template;
use super::values::scalar_text;

/// The part of an answer that people want to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerTemplate {
    /// Place of the list, if the answer is one.
    pub list: Option<Place>,
    /// Noun of the entries: singular and plural.
    pub noun: Option<[String; 2]>,
    /// Sentence about the answer. `{/id}` is the value at a place.
    pub sentence: Option<String>,
    /// Values of the answer, or of each entry of the list.
    pub show: Vec<Shown>,
    /// Name of the file that the answer is: a template of inputs. `None` if the answer is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Template>,
    /// Places whose values are secret or useless, and are not kept.
    pub drop: Vec<Place>,
}

/// A value that people look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Name for people.
    pub label: String,
    /// Place, in the answer or in an entry of the list.
    pub at: Place,
    /// Conversion of the value.
    #[serde(rename = "as")]
    pub converter: Option<Converter>,
}

impl AnswerTemplate {
    /// Builds the result of the tool in the shape of MCP. `next` is the cursor of the next page.
    pub(super) fn result(&self, mut answer: Value, next: Option<&str>) -> Value {
        self.drop.iter().for_each(|place| place.remove(&mut answer));
        let mut content = vec![text_block(&self.text(&answer, next))];
        let structured = self.structured(&answer);
        if let Some(structured) = &structured
            && *structured != answer
        {
            content.push(whole_answer(&answer));
        }
        let structured = structured.or_else(|| answer.is_object().then(|| answer.clone()));
        let mut result = Map::from_iter([("content".to_owned(), Value::Array(content))]);
        match (structured, answer) {
            (Some(structured), _) => drop(result.insert("structuredContent".to_owned(), structured)),
            (None, Value::Null) => {}
            (None, answer) => drop(result.insert("structuredContent".to_owned(), json!({ "answer": answer }))),
        }
        if let Some(next) = next {
            result.insert("_meta".to_owned(), json!({ NEXT_CURSOR: next }));
        }
        Value::Object(result)
    }

    /// Returns the number of entries, if the answer is a list.
    pub(super) fn count(&self, answer: &Value) -> Option<usize> {
        self.list.as_ref().map(|list| entries(list, answer).len())
    }

    fn text(&self, answer: &Value, next: Option<&str>) -> String {
        let more = next.map(|next| {
            format!(" There are more. To see them, run the tool again and enter {next} as “{CURSOR_TITLE}”.")
        });
        let more = more.unwrap_or_default();
        if let Some(sentence) = self.sentence.as_deref().and_then(|sentence| fill(sentence, answer)) {
            return format!("{sentence}{more}");
        }
        let [one, many] = self.noun.as_ref().map_or(["entry", "entries"], |[one, many]| [one.as_str(), many.as_str()]);
        match self.count(answer) {
            Some(0) => format!("No {many}."),
            Some(1) => format!("1 {one}.{more}"),
            Some(count) => format!("{count} {many}.{more}"),
            None => "Done.".to_owned(),
        }
    }

    fn structured(&self, answer: &Value) -> Option<Value> {
        if self.show.is_empty() {
            return None;
        }
        let Some(list) = &self.list else { return Some(self.shown(answer)) };
        let entries = entries(list, answer);
        let name = self.noun.as_ref().map_or("entries", |[_, many]| many.as_str());
        Some(json!({ name: entries.iter().map(|entry| self.shown(entry)).collect::<Vec<_>>() }))
    }

    fn shown(&self, entry: &Value) -> Value {
        let values = self.show.iter().map(|shown| (shown.label.clone(), shown.value(entry)));
        Value::Object(values.collect())
    }
}

/// Name of the whole answer among the files of a result.
pub const WHOLE_ANSWER: &str = "answer.json";

/// Name of the member of `_meta` with the cursor of the next page.
pub const NEXT_CURSOR: &str = "nextCursor";

impl Shown {
    fn value(&self, entry: &Value) -> Value {
        let value = self.at.find(entry).unwrap_or_default();
        let value = self.converter.map_or(value.clone(), |converter| converter.invert(value));
        match value {
            // a list of texts reads better in one line
            Value::Array(items) if items.iter().all(|item| scalar_text(item).is_some()) => {
                items.iter().filter_map(scalar_text).collect::<Vec<_>>().join(", ").into()
            }
            other => other,
        }
    }
}

/// Returns the entries of a list. Some services leave an empty list out.
fn entries(list: &Place, answer: &Value) -> Vec<Value> {
    match list.find(answer) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    }
}

/// Builds a text block of MCP.
pub(super) fn text_block(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// Builds a block with the whole answer.
pub(super) fn whole_answer(answer: &Value) -> Value {
    json!({
        "type": "resource",
        "resource": {"uri": WHOLE_ANSWER, "mimeType": "application/json", "text": answer.to_string()},
    })
}

/// Fills `{/id}` in a sentence. Returns `None` if a value is not there.
fn fill(sentence: &str, answer: &Value) -> Option<String> {
    let (mut text, mut rest) = (String::new(), sentence);
    while let Some((before, tail)) = rest.split_once('{') {
        let (place, after) = tail.split_once('}')?;
        text.push_str(before);
        text.push_str(&scalar_text(&Place::try_from(place.to_owned()).ok()?.find(answer)?)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::AnswerTemplate;
    use serde_json::json;

    fn template(toml: &str) -> AnswerTemplate {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_list_is_a_table_of_what_people_look_for() {
        let template = template(
            "list = '/data'\nnoun = ['customer', 'customers']\nshow = [{ label = 'ID', at = '/id' }, { label = 'Tags', at = '/tags/*/name' }]",
        );
        let answer = json!({"data": [{"id": 1, "tags": [{"name": "a"}, {"name": "b"}], "other": {}}, {"id": 2}]});
        let result = template.result(answer.clone(), Some("2"));
        assert_eq!(
            result["structuredContent"],
            json!({"customers": [{"ID": 1, "Tags": "a, b"}, {"ID": 2, "Tags": null}]})
        );
        assert_eq!(
            result["content"][0]["text"],
            "2 customers. There are more. To see them, run the tool again and enter 2 as “Continue at”."
        );
        assert_eq!(result["content"][1]["resource"]["text"], json!(answer.to_string()));
        assert_eq!(result["_meta"], json!({"nextCursor": "2"}));
        for empty in [json!({"data": []}), json!({})] {
            assert_eq!(template.result(empty, None)["content"][0]["text"], "No customers.");
        }
    }

    #[test]
    fn a_sentence_names_what_was_made_and_secrets_are_dropped() {
        let template = template("sentence = 'Created {/id}.'\ndrop = ['/client_secret']");
        let result = template.result(json!({"id": "pi_1", "client_secret": "s"}), None);
        assert_eq!(result["content"], json!([{"type": "text", "text": "Created pi_1."}]));
        assert_eq!(result["structuredContent"], json!({"id": "pi_1"}));
        assert_eq!(template.result(json!({}), None)["content"][0]["text"], "Done.");
    }

    #[test]
    fn an_answer_that_is_no_object_is_kept() {
        let result = AnswerTemplate::default().result(json!([1, 2]), None);
        assert_eq!(result["structuredContent"], json!({"answer": [1, 2]}));
        assert_eq!(AnswerTemplate::default().result(json!(null), None).get("structuredContent"), None);
    }
}
