//! Places in an answer: a JSON Pointer that may have `*` for every entry of a list, `-1` for the last, and `name=Date` for the first
//! whose member has this value.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A place in an answer, or several with `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(Vec<String>);

impl Place {
    /// Returns the value at the place. With `*` the values are a list, without those entries that have none.
    #[must_use]
    pub fn find(&self, value: &Value) -> Option<Value> {
        find(&self.0, value)
    }

    /// Returns the value at a place without `*`, to change it.
    pub(super) fn find_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(value, |value, segment| match value {
            Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
            Value::Object(members) => members.get_mut(segment),
            _ => None,
        })
    }

    /// Removes the value at the place.
    pub(super) fn remove(&self, value: &mut Value) {
        remove(&self.0, value);
    }
}

fn find(segments: &[String], value: &Value) -> Option<Value> {
    let Some((first, rest)) = segments.split_first() else { return Some(value.clone()) };
    match (value, first.as_str()) {
        (Value::Array(items), "*") => Some(find_in_each(rest, items.iter())),
        (Value::Object(members), "*") => Some(find_in_each(rest, members.values())),
        (Value::Array(items), "-1") => find(rest, items.last()?),
        (Value::Array(items), place) => match place.split_once('=') {
            Some((name, text)) => find(rest, items.iter().find(|item| has_member(item, name, text))?),
            None => find(rest, items.get(place.parse::<usize>().ok()?)?),
        },
        (Value::Object(members), name) => find(rest, members.get(name)?),
        _ => None,
    }
}

fn has_member(item: &Value, name: &str, text: &str) -> bool {
    item.get(name).and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(text))
}

fn find_in_each<'a>(rest: &[String], items: impl Iterator<Item = &'a Value>) -> Value {
    // a place with several `*` gives one list
    let is_nested = rest.iter().any(|segment| segment == "*");
    let found = items.filter_map(|item| find(rest, item)).flat_map(|found| match found {
        Value::Array(inner) if is_nested => inner,
        other => vec![other],
    });
    Value::Array(found.collect())
}

fn remove(segments: &[String], value: &mut Value) {
    let Some((first, rest)) = segments.split_first() else { return };
    match value {
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| remove(rest, item)),
        Value::Object(members) if rest.is_empty() => drop(members.remove(first)),
        Value::Object(members) => {
            if let Some(member) = members.get_mut(first) {
                remove(rest, member);
            }
        }
        _ => {}
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Self(Vec::new()))
            } else {
                Err(format!("“{text}” is not a place in an answer. Write / before each name"))
            };
        };
        Ok(Self(path.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|segment| write!(f, "/{}", segment.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use serde_json::{Value, json};

    fn find_at(text: &str) -> Option<Value> {
        let answer = json!({
            "data": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": ["c"]}, {}],
            "errors": {"name": "is taken"},
            "a/b": true,
            "headers": [{"name": "From", "value": "ada"}, {"name": "date", "value": "today"}],
        });
        Place::try_from(text.to_owned()).unwrap().find(&answer)
    }

    #[test]
    fn a_place_finds_one_value_or_all() {
        assert_eq!(find_at("/data/0/id"), Some(json!(1)));
        assert_eq!(find_at("/data/-1"), Some(json!({})));
        assert_eq!(find_at("/data/*/id"), Some(json!([1, 2])));
        assert_eq!(find_at("/data/*/tags/*"), Some(json!(["a", "b", "c"])));
        assert_eq!(find_at("/errors/*"), Some(json!(["is taken"])));
        assert_eq!(find_at("/a~1b"), Some(json!(true)));
        assert_eq!(find_at("/headers/name=Date/value"), Some(json!("today")));
        assert_eq!((find_at("/data/9"), find_at("/none"), find_at("/data/0/id/x")), (None, None, None));
    }

    #[test]
    fn a_place_begins_with_a_slash_and_is_written_as_it_was_read() {
        assert!(Place::try_from("data".to_owned()).is_err());
        for text in ["", "/data/*/id", "/a~1b/~0"] {
            assert_eq!(Place::try_from(text.to_owned()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_removed_value_is_gone_from_each_entry() {
        let mut answer = json!({"data": [{"a": 1, "b": 2}, {"a": 3}]});
        Place::try_from("/data/*/a".to_owned()).unwrap().remove(&mut answer);
        assert_eq!(answer, json!({"data": [{"b": 2}, {}]}));
    }
}
