//! Faults of a kind that people make in the description of a request.

use craft::connectors::ShippedTool;
use serde_json::{Map, Value, json};
use url::Url;

const FORM: &str = "application/x-www-form-urlencoded";
const FILE: &str = "application/octet-stream";

/// Misspells the last part of the path that is the same in each request.
pub(super) fn misspelt(sent: &Value, tool: &ShippedTool) -> Option<Value> {
    let template = tool.rest.request.path.to_string();
    let mut url = Url::parse(sent["url"].as_str()?).unwrap();
    let segment = template.rsplit('/').find(|it| !it.is_empty() && !it.contains('{'));
    let path = match segment {
        Some(segment) if url.path().contains(segment) => {
            url.path().replace(&format!("/{segment}"), &format!("/{segment}x"))
        }
        Some(_) => format!("{}x", url.path()),
        None => format!("/nowhere{}", url.path()),
    };
    url.set_path(&path);
    Some(with(sent, "url", url.as_str().into()))
}

/// Renames the first member of the body or, without one, the first query parameter.
pub(super) fn renamed(sent: &Value, _: &ShippedTool) -> Option<Value> {
    if let Some(members) = members(sent) {
        let (name, value) = members.iter().next()?;
        let mut others = members.clone();
        others.shift_remove(name);
        others.insert(format!("{name}_renamed"), value.clone());
        return Some(with_members(sent, others));
    }
    if let Some(form) = form(sent) {
        let body = form.replacen('=', "_renamed=", 1);
        return body.contains('=').then(|| with(sent, "body", body.into()));
    }
    let url = sent["url"].as_str()?;
    let (before, query) = url.split_once('?')?;
    Some(with(sent, "url", format!("{before}?{}", query.replacen('=', "_renamed=", 1)).into()))
}

/// Gives a member of the body a value of no type that services have.
pub(super) fn retyped(sent: &Value, _: &ShippedTool) -> Option<Value> {
    let mut members = members(sent)?.clone();
    let (_, value) = members.iter_mut().next()?;
    *value = json!([[[{"wrong": [true]}]]]);
    Some(with_members(sent, members))
}

/// The members of a JSON body, the variables of a GraphQL body or, beside a file, the members of a header in JSON.
fn members(sent: &Value) -> Option<Map<String, Value>> {
    if form(sent).is_some() {
        return None;
    }
    if let Some((_, members)) = header(sent) {
        return Some(members);
    }
    let body: Value = serde_json::from_str(sent["body"].as_str()?).unwrap();
    body.get("query").and(body.get("variables")).unwrap_or(&body).as_object().cloned()
}

fn with_members(sent: &Value, members: Map<String, Value>) -> Value {
    if let Some((name, _)) = header(sent) {
        let mut spoilt = sent.clone();
        spoilt["headers"][name] = Value::Object(members).to_string().into();
        return spoilt;
    }
    let mut body: Value = serde_json::from_str(sent["body"].as_str().unwrap()).unwrap();
    match body.get("query").and(body.get("variables")) {
        Some(_) => body["variables"] = Value::Object(members),
        None => body = Value::Object(members),
    }
    with(sent, "body", body.to_string().into())
}

/// The header beside a file that holds a JSON object, and the members of the object.
fn header(sent: &Value) -> Option<(String, Map<String, Value>)> {
    if sent["headers"]["content-type"] != FILE {
        return None;
    }
    sent["headers"].as_object()?.iter().find_map(|(name, value)| {
        let value: Value = serde_json::from_str(value.as_str()?).ok()?;
        Some((name.clone(), value.as_object()?.clone()))
    })
}

fn form(sent: &Value) -> Option<&str> {
    (sent["headers"]["content-type"] == FORM).then(|| sent["body"].as_str())?
}

fn with(sent: &Value, member: &str, value: Value) -> Value {
    let mut spoilt = sent.clone();
    spoilt[member] = value;
    spoilt
}
