//! The sites or organisations that a grant covers, of which a connection uses one. Asks the service with the new token, as the
//! connector's file says. Called by `grant`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connections::rest_service::RestService;
use crate::connectors::AfterToken;
use crate::egress::Egress;
use crate::error::{Error, Message, Result};
use crate::foreign_text::clean_name;
use crate::oauth::TemplateValues;

/// Name of the value that holds what people call the entry that a connection uses. No file can use it in a template.
pub(super) const ENTRY_LABEL: &str = "entry.label";

/// Characters of a name that the page shows.
const MAX_NAME_CHARS: usize = 120;

/// Bytes of a value that the connection keeps.
const MAX_VALUE_BYTES: usize = 2_000;

/// An entry that a grant covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredEntry {
    /// The entry's permanent id.
    pub id: String,
    /// The name that people recognise.
    pub label: String,
    /// A further text, such as an address.
    pub detail: Option<String>,
    /// The values that the connection keeps.
    pub(super) values: TemplateValues,
}

/// Several entries, of which the user chooses one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Choices {
    /// Noun of the entries, singular and plural.
    pub(super) noun: [String; 2],
    pub(super) entries: Vec<CoveredEntry>,
}

/// Asks each of the service's questions whose values are not known yet, and adds the answers to `captured`. Returns the entries
/// to choose from if one has several.
///
/// # Errors
/// A sentence, if the service does not answer, or covers nothing.
pub(super) async fn resolve(
    service: &mut RestService,
    captured: &mut TemplateValues,
    egress: &Egress,
) -> Result<Option<Choices>> {
    for request in service.descriptor.after_token.clone() {
        if request.keep.keys().all(|name| captured.contains_key(name)) {
            continue;
        }
        let (host, answer) = service.send_after_token(&request, egress).await?;
        let mut entries = read_entries(&request, answer.as_ref()).ok_or_else(|| unreadable(&host, &request))?;
        match entries.len() {
            0 => return Err(nothing_covered(&request)),
            1 => {
                let values = entries.remove(0).values;
                service.values.extend(values.clone());
                captured.extend(values);
            }
            _ => return Ok(Some(Choices { noun: request.noun, entries })),
        }
    }
    Ok(None)
}

/// Reads the entries of an answer. An entry without an id or one of its values is left out; `None` if the answer has no list.
fn read_entries(request: &AfterToken, answer: Option<&Value>) -> Option<Vec<CoveredEntry>> {
    let entries = match &request.list {
        Some(list) => answer?.pointer(list)?.as_array()?.as_slice(),
        None => std::slice::from_ref(answer?),
    };
    let fits = |entry: &&Value| request.only.as_ref().is_none_or(|only| only.holds(entry));
    let read = entries.iter().filter(fits).filter_map(|entry| read_entry(request, entry));
    // the size of the answer bounds their number
    Some(read.collect())
}

fn read_entry(request: &AfterToken, entry: &Value) -> Option<CoveredEntry> {
    let name = |pointer: &str| {
        let text = text_in(entry, pointer)?;
        Some(clean_name(&text).chars().take(MAX_NAME_CHARS).collect::<String>())
    };
    let id = text_in(entry, &request.id)?;
    let label = name(&request.label).unwrap_or_else(|| id.clone());
    let keep = |(name, pointer): (&String, &String)| Some((name.clone(), text_in(entry, pointer)?));
    let mut values = request.keep.iter().map(keep).collect::<Option<TemplateValues>>()?;
    values.insert(ENTRY_LABEL.to_owned(), label.clone());
    Some(CoveredEntry { label, detail: request.detail.as_deref().and_then(name), values, id })
}

fn text_in(entry: &Value, pointer: &str) -> Option<String> {
    let text = match entry.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= MAX_VALUE_BYTES).then_some(text)
}

fn unreadable(host: &str, request: &AfterToken) -> Error {
    let message =
        format!("{host} accepted the sign-in, and did not list your {} in a form that the hub reads", request.noun[1]);
    Error::upstream("unreadable_choice", Message::from(message).with_advice("Try again later"), None)
}

fn nothing_covered(request: &AfterToken) -> Error {
    let message = format!("The account that signed in has no {} that the hub may use", request.noun[0]);
    let advice = "Sign in with another account, or get access to one there first";
    Error::upstream("nothing_covered", Message::from(message).with_advice(advice), None)
}

#[cfg(test)]
mod tests {
    use super::{AfterToken, read_entries};
    use serde_json::json;

    fn sites() -> AfterToken {
        toml::from_str(
            "
            url = 'https://tides.example/sites'
            list = '/sites'
            noun = ['site', 'sites']
            id = '/id'
            label = '/name'
            detail = '/url'
            keep = { site_id = '/id', site_url = '/url' }
            only = { pointer = '/scopes', contains = 'read' }
            ",
        )
        .unwrap()
    }

    #[test]
    fn an_odd_entry_costs_itself_alone() {
        let good = json!({ "id": 7, "name": " Dover\u{202e} ", "url": "https://dover.example", "scopes": ["read"] });
        let answer = json!({ "sites": [
            { "id": "1", "name": "No scope", "url": "https://a.example", "scopes": ["write"] },
            { "id": "2", "name": "No address", "scopes": ["read"] },
            { "name": "No id", "url": "https://a.example", "scopes": ["read"] },
            "a text",
            good,
        ] });
        let entries = read_entries(&sites(), Some(&answer)).unwrap();
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((entry.id.as_str(), entry.label.as_str()), ("7", "Dover"));
        assert_eq!(entry.detail.as_deref(), Some("https://dover.example"));
        assert_eq!(entry.values["site_id"], "7");
        assert_eq!(read_entries(&sites(), Some(&json!([]))), None);
        assert_eq!(read_entries(&sites(), None), None);
    }

    #[test]
    fn an_answer_without_a_list_is_the_only_entry() {
        let request = AfterToken { list: None, only: None, ..sites() };
        let answer = json!({ "id": "us6", "url": "https://us6.api.example" });
        let entries = read_entries(&request, Some(&answer)).unwrap();
        assert_eq!((entries.len(), entries[0].label.as_str()), (1, "us6"));
    }
}
