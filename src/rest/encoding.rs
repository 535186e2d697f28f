//! Values in queries and forms.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::values::scalar_text;

/// The style of a list in a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `a=1&a=2`.
    #[default]
    Repeat,
    /// `a=1,2`.
    Comma,
    /// `a=1 2`.
    Space,
    /// `a=1|2`.
    Pipe,
    /// `a[]=1&a[]=2`.
    Brackets,
    /// `a=[1,2]`.
    Json,
}

/// Returns the pairs of a query parameter. A null has none.
pub(super) fn query_pairs(name: &str, value: &Value, style: Style) -> Vec<(String, String)> {
    if style == Style::Json {
        return vec![(name.to_owned(), value.to_string())];
    }
    let Value::Array(items) = value else {
        // an object in a query is JSON, as no other style is agreed upon
        let text = scalar_text(value).or_else(|| value.is_object().then(|| value.to_string()));
        return text.map(|text| (name.to_owned(), text)).into_iter().collect();
    };
    let texts: Vec<_> = items.iter().filter_map(scalar_text).collect();
    let joined = |separator: &str| vec![(name.to_owned(), texts.join(separator))];
    match style {
        Style::Comma => joined(","),
        Style::Space => joined(" "),
        Style::Pipe => joined("|"),
        Style::Brackets => texts.into_iter().map(|text| (format!("{name}[]"), text)).collect(),
        Style::Repeat | Style::Json => texts.into_iter().map(|text| (name.to_owned(), text)).collect(),
    }
}

/// Encodes an object as a form.
pub(super) fn encode_form(value: &Value) -> String {
    Serializer::new(String::new()).extend_pairs(form_pairs(value)).finish()
}

/// Returns the pairs of a form: `a[b][0]` and 1. A null is an empty text, which clears a value.
pub(super) fn form_pairs(value: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, member) in value.as_object().into_iter().flatten() {
        append(&mut pairs, name, member);
    }
    pairs
}

fn append(pairs: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| append(pairs, &format!("{name}[{key}]"), value));
        }
        Value::Array(items) => {
            items.iter().zip(0..).for_each(|(value, n)| append(pairs, &format!("{name}[{n}]"), value));
        }
        scalar => pairs.push((name.to_owned(), scalar_text(scalar).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, encode_form, query_pairs};
    use serde_json::json;

    #[test]
    fn each_style_writes_a_list() {
        let query = |style| {
            let pairs = query_pairs("a", &json!(["x", 2]), style);
            pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        let all = [Style::Repeat, Style::Comma, Style::Space, Style::Pipe, Style::Brackets, Style::Json];
        assert_eq!(all.map(query), ["a=x&a=2", "a=x,2", "a=x 2", "a=x|2", "a[]=x&a[]=2", "a=[\"x\",2]"]);
        assert_eq!(query_pairs("a", &json!(null), Style::Repeat), []);
    }

    #[test]
    fn members_of_a_form_have_names_in_brackets() {
        let form = json!({"a": {"b": [true, {"c": "d&e"}]}, "f": null});
        assert_eq!(encode_form(&form), "a%5Bb%5D%5B0%5D=true&a%5Bb%5D%5B1%5D%5Bc%5D=d%26e&f=");
    }
}
