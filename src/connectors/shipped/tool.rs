//! A tool in the file of a REST service: its inputs become the JSON Schema of its arguments.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toml::Spanned;

use super::FileFault;
use super::Source;
use super::choices::{ChoicesTable, WrittenChoices};
use crate::rest::{CURSOR, CURSOR_TITLE, KnownNames, RestTool};
use crate::upstream::ToolDefinition;

/// Maximum number of inputs of a tool.
const MAX_INPUTS: usize = 40;

/// A tool of a REST service.
#[derive(Clone, Debug, PartialEq)]
pub struct ShippedTool {
    /// Definition that callers see.
    pub definition: ToolDefinition,
    /// Description of its request and its answer.
    pub rest: RestTool,
}

impl Eq for ShippedTool {}

impl ShippedTool {
    /// Returns arguments made of the examples and defaults of the inputs.
    #[must_use]
    pub fn example(&self) -> Map<String, Value> {
        let properties = self.definition.input_schema.get("properties").and_then(Value::as_object);
        let example = |schema: &Value| schema.pointer("/examples/0").or_else(|| schema.get("default")).cloned();
        let given =
            properties.into_iter().flatten().filter_map(|(name, schema)| Some((name.clone(), example(schema)?)));
        given.collect()
    }
}

/// The table `[[tool]]` of a file.
#[derive(Debug, Deserialize)]
pub(super) struct ToolTable {
    name: String,
    title: String,
    description: String,
    #[serde(default)]
    input: Vec<Spanned<InputTable>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The table `[[tool.input]]` of a file: a property of the arguments.
#[derive(Debug, Deserialize)]
struct InputTable {
    name: String,
    #[serde(default)]
    required: bool,
    /// Choices that another tool lists.
    choices: Option<Spanned<ChoicesTable>>,
    /// Members of its JSON Schema, such as `type` and `title`.
    #[serde(flatten)]
    schema: Map<String, Value>,
}

impl ToolTable {
    fn take_choices(&mut self) -> Vec<WrittenChoices> {
        let inputs = self.input.iter_mut().map(Spanned::as_mut);
        let written = inputs.filter_map(|input| Some((input.name.clone(), input.choices.take()?)));
        written.map(|(input, table)| WrittenChoices::new(&self.name, &input, table)).collect()
    }
}

impl Source<'_> {
    /// Validates a tool, and returns the choices of its inputs unchecked. `known` are the names of the connection.
    pub(super) fn tool(
        self,
        written: Spanned<ToolTable>,
        known: &KnownNames,
    ) -> Result<(ShippedTool, Vec<WrittenChoices>), FileFault> {
        let at = written.span().start;
        let mut table = written.into_inner();
        let choices = table.take_choices();
        let name = table.name;
        let fault = |at, why: String| self.fault(at, format!("The tool “{name}”: {why}"));
        let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
        if name.is_empty() || name.len() > 48 || !name.bytes().all(fits) {
            return Err(fault(at, "“name” does not fit. Write lower-case letters, digits and _".to_owned()));
        }
        for (field, text, max) in [("title", &table.title, 60), ("description", &table.description, 1_000)] {
            if text.trim().is_empty() || text.chars().count() > max {
                return Err(fault(at, format!("“{field}” does not fit. Write 1 to {max} characters")));
            }
        }
        if table.rest.contains_key("choices") {
            return Err(fault(at, "“choices” is a member of an input. Write it there".to_owned()));
        }
        let rest: RestTool =
            serde_json::from_value(Value::Object(table.rest)).map_err(|error| fault(at, error.to_string()))?;
        let mut known = known.clone();
        let schema = self.input_schema(&name, table.input, &rest, &mut known)?;
        if let Some(why) = rest.faults(&known).into_iter().next() {
            return Err(fault(at, why));
        }
        let definition = ToolDefinition {
            title: Some(table.title),
            description: Some(table.description),
            input_schema: schema,
            output_schema: None,
            annotations: Some(rest.effect.annotations()),
            name,
        };
        Ok((ShippedTool { definition, rest }, choices))
    }

    /// Builds the JSON Schema of the arguments, and adds their names to `known`.
    fn input_schema(
        self,
        tool: &str,
        inputs: Vec<Spanned<InputTable>>,
        rest: &RestTool,
        known: &mut KnownNames,
    ) -> Result<Value, FileFault> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        if inputs.len() > MAX_INPUTS {
            let at = inputs[0].span().start;
            return Err(self.fault(at, format!("The tool “{tool}” has more than {MAX_INPUTS} inputs")));
        }
        for written in inputs {
            let at = written.span().start;
            let input = written.into_inner();
            let fault = |why: &str| self.fault(at, format!("The input “{}” of the tool “{tool}” {why}", input.name));
            if !input.schema.contains_key("title") {
                return Err(fault("has no “title”, which is its label"));
            }
            if let Some(why) = unbounded(&input.schema) {
                return Err(fault(why));
            }
            if input.name == CURSOR || properties.contains_key(&input.name) {
                return Err(fault("is there already. Choose another name"));
            }
            if let Some(why) = default_fault(&input.schema) {
                return Err(fault(&why));
            }
            known.inputs.insert(input.name.clone());
            if input.required {
                known.required.insert(input.name.clone());
                required.push(Value::String(input.name.clone()));
            }
            properties.insert(input.name, Value::Object(input.schema));
        }
        if rest.paging.is_some() {
            properties.insert(CURSOR.to_owned(), cursor_schema());
        }
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        schema.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        Ok(Value::Object(schema))
    }
}

/// Explains a schema without the bound that its type needs: a larger value would be refused by the service only.
fn unbounded(schema: &Map<String, Value>) -> Option<&'static str> {
    let has = |name: &str| schema.contains_key(name);
    match schema.get("type").and_then(Value::as_str) {
        Some("string") if !["maxLength", "enum", "format", "pattern"].into_iter().any(has) => {
            Some("is a text without “maxLength”")
        }
        Some("integer" | "number") if !["minimum", "maximum"].into_iter().all(has) && !has("enum") => {
            Some("is a number without “minimum” and “maximum”")
        }
        Some("array") if !["items", "maxItems"].into_iter().all(has) => {
            Some("is a list without “items” and “maxItems”")
        }
        Some("string" | "integer" | "number" | "array" | "boolean" | "object") => None,
        _ => Some("has no “type”"),
    }
}

/// Explains a default or an example that the schema itself refuses.
fn default_fault(schema: &Map<String, Value>) -> Option<String> {
    let validator = match jsonschema::options().should_validate_formats(true).build(&Value::Object(schema.clone())) {
        Ok(validator) => validator,
        Err(error) => return Some(format!("is not a JSON Schema: {error}")),
    };
    let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
    let given = schema.get("default").into_iter().chain(examples);
    given
        .filter_map(|value| validator.validate(value).err())
        .map(|error| format!("has a value that does not fit: {error}"))
        .next()
}

fn cursor_schema() -> Value {
    json!({
        "type": "string",
        "title": CURSOR_TITLE,
        "description": "Empty for the first page. The result says what to enter for the next.",
        "maxLength": 4_096,
    })
}
