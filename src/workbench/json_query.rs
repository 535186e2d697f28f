//! Runs a jq filter over JSON, inside the sandbox only.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, compile, data, load, unwrap_valr};
use jaq_json::Val;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema_form::explain_json_error;

/// Results of a filter; a filter that yields more is refused.
const MAX_RESULTS: usize = 10_000;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[schemars(
        title = "JSON",
        description = "The JSON to look into",
        length(max = 1_000_000),
        example = r#"{"items": [{"name": "tea", "price": 4}, {"name": "cup", "price": 12}]}"#
    )]
    pub(super) json: String,
    #[serde(default = "identity")]
    #[schemars(
        title = "Filter",
        description = "A jq filter, such as .items[] | select(.price > 10) | .name",
        length(min = 1)
    )]
    pub(super) filter: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "Results", description = "Everything that the filter yields, in order")]
    results: Vec<Value>,
    #[schemars(title = "Number of results")]
    count: usize,
}

fn identity() -> String {
    ".".to_owned()
}

pub(super) fn evaluate(input: &Input) -> Result<Output, String> {
    let json = jaq_json::read::parse_single(input.json.as_bytes()).map_err(|_| unreadable(&input.json))?;
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(defs)
        .load(&arena, File { code: input.filter.as_str(), path: () })
        .map_err(|errors| explain_load(&errors))?;
    let filter = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| explain_compile(&errors))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut results = Vec::new();
    for result in filter.id.run((context, json)).map(unwrap_valr) {
        if results.len() == MAX_RESULTS {
            return Err(format!("The filter yields more than {MAX_RESULTS} results: narrow it down"));
        }
        let value = result.map_err(|error| format!("The filter failed: {error}"))?.to_string();
        let value = serde_json::from_str(&value)
            .map_err(|_| format!("The filter yields {value:.40}, which JSON cannot represent"))?;
        results.push(value);
    }
    Ok(Output { count: results.len(), results })
}

fn unreadable(json: &str) -> String {
    let fault = serde_json::from_str::<serde::de::IgnoredAny>(json).err();
    let place = fault.map(|fault| format!(". {}", explain_json_error(&fault)));
    format!("The JSON cannot be read{}", place.unwrap_or_default())
}

fn explain_load(errors: &load::Errors<&str, ()>) -> String {
    let cause = errors.first().and_then(|(_, error)| match error {
        load::Error::Io(faults) => faults.first().map(|(module, _)| format!("it cannot load {module}")),
        load::Error::Lex(faults) => faults.first().map(|(expected, rest)| explain_syntax(expected.as_str(), rest)),
        load::Error::Parse(faults) => faults.first().map(|(expected, rest)| explain_syntax(expected.as_str(), rest)),
    });
    format!("The filter is invalid: {}", cause.unwrap_or_else(|| "it cannot be read".to_owned()))
}

fn explain_syntax(expected: &str, rest: &str) -> String {
    if rest.is_empty() {
        format!("it ends where {expected} was expected")
    } else {
        format!("{expected} was expected before {rest:.40}")
    }
}

fn explain_compile(errors: &compile::Errors<&str, ()>) -> String {
    let unknown = errors.first().and_then(|(_, faults)| faults.first());
    unknown.map_or_else(
        || "The filter is invalid".to_owned(),
        |(name, kind)| format!("The filter is invalid: there is no {} {name}", kind.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::{Input, evaluate};

    fn query(json: &str, filter: &str) -> Result<String, String> {
        let output = evaluate(&Input { json: json.to_owned(), filter: filter.to_owned() })?;
        Ok(output.results.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_filter_yields_its_results_in_order_with_exact_numbers() {
        assert_eq!(
            query(r#"{"a":[1,2.50,12345678901234567890123]}"#, ".a[]").unwrap(),
            "1 2.50 12345678901234567890123"
        );
        assert_eq!(query(r#"{"b":1,"a":"é"}"#, ".").unwrap(), r#"{"b":1,"a":"é"}"#);
        assert_eq!(query("null", "empty").unwrap(), "");
    }

    #[test]
    fn a_mistake_is_named() {
        assert!(query("{", ".").unwrap_err().starts_with("The JSON cannot be read"));
        assert_eq!(query("1", "frobnicate").unwrap_err(), "The filter is invalid: there is no filter frobnicate");
        assert!(query("1", ".[").unwrap_err().contains("closing bracket was expected"));
        assert!(query("1", "if . then").unwrap_err().contains("term was expected"));
        assert!(query("1", ".a").unwrap_err().starts_with("The filter failed"));
        assert!(query("1", "nan").unwrap_err().contains("JSON cannot represent"));
        assert!(query("1", "range(100000)").unwrap_err().contains("more than 10000 results"));
        assert!(query("1", "import \"a\" as a; .").unwrap_err().contains("cannot load"));
    }
}
