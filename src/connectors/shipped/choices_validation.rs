//! Checks of the choices for inputs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::choices::{ChoicesTable, WrittenChoices};
use super::{FileFault, ShippedTool, Source};
use crate::rest::{InputChoices, Node, ToolEffect};
use crate::schema_form::Validator;

impl Source<'_> {
    /// Gives each tool the choices of its inputs.
    pub(super) fn resolve_choices(
        self,
        tools: &mut [ShippedTool],
        written: Vec<WrittenChoices>,
    ) -> Result<(), FileFault> {
        for WrittenChoices { at, tool: name, input, table } in written {
            let Some(index) = tools.iter().position(|tool| tool.definition.name == name) else { continue };
            let choices = resolve(tools, &tools[index], &input, table).map_err(|why| {
                self.fault(at, format!("The choices for the input “{input}” of the tool “{name}”: {why}"))
            })?;
            tools[index].rest.choices.insert(input, choices);
        }
        Ok(())
    }
}

/// Checks choices, and adds what the listing tool says of its list.
fn resolve(
    tools: &[ShippedTool],
    tool: &ShippedTool,
    input: &str,
    ChoicesTable { tool: lister, value, label, arguments }: ChoicesTable,
) -> Result<InputChoices, String> {
    let schema = &tool.definition.input_schema["properties"][input];
    if !["string", "integer"].iter().any(|kind| schema["type"] == *kind) || schema.get("enum").is_some() {
        return Err("only a text or a whole number may have them".to_owned());
    }
    if label.is_empty() || label.len() > 3 {
        return Err("“label” does not fit. Write one to three places".to_owned());
    }
    let lister =
        tools.iter().find(|it| it.definition.name == lister).ok_or_else(|| format!("there is no tool “{lister}”"))?;
    let answer = &lister.rest.answer;
    let (Some(list), Some([_, noun]), false) = (&answer.list, &answer.noun, answer.show.is_empty()) else {
        return Err(format!("“{}” shows no list with a noun", lister.definition.name));
    };
    if lister.rest.effect != ToolEffect::Reads {
        return Err(format!("“{}” does more than read", lister.definition.name));
    }
    check_names(tool, input, &arguments)?;
    let is_required = |name: &str| {
        let required = lister.definition.input_schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let mut needs: Vec<_> =
        arguments.iter().filter(|(name, _)| is_required(name)).flat_map(|(_, node)| node.names()).collect();
    needs.dedup();
    let choices = InputChoices {
        tool: lister.definition.name.clone(),
        list: list.clone(),
        noun: noun.clone(),
        needs: needs.into_iter().map(ToOwned::to_owned).collect(),
        value,
        label,
        arguments,
    };
    check_arguments(tool, lister, &choices)?;
    Ok(choices)
}

/// Checks that the arguments use inputs of the tool only, and not the one that is chosen.
fn check_names(tool: &ShippedTool, input: &str, arguments: &BTreeMap<String, Node>) -> Result<(), String> {
    let properties = &tool.definition.input_schema["properties"];
    let used = arguments.values().flat_map(Node::names);
    match used.into_iter().find(|name| *name == input || properties.get(*name).is_none()) {
        Some(name) => Err(format!("“{name}” is no other input of the tool")),
        None => Ok(()),
    }
}

/// Checks the arguments by an example: each input is given.
fn check_arguments(tool: &ShippedTool, lister: &ShippedTool, choices: &InputChoices) -> Result<(), String> {
    let inputs = tool.example();
    if let Some(name) = choices.needs.iter().find(|name| !inputs.contains_key(*name)) {
        return Err(format!("“{name}” has no example, so its arguments cannot be checked. Add one"));
    }
    let arguments = choices.make_arguments(&inputs).map_err(|fault| fault.message.to_string())?;
    let schema = &lister.definition.input_schema;
    Validator::compile(schema)
        .check(&Value::Object(arguments))
        .map_err(|error| format!("“{}” does not take these arguments: {error}", lister.definition.name))
}

#[cfg(test)]
mod tests {
    use crate::connectors::Shipped;

    const FILE: &str = r#"
slug = "tides"
name = "Tides"
description = "High and low water."
category = "productivity"
auth = "none"
transport = "rest"
base_url = "https://tides.example"
docs = "https://tides.example/docs"
[check]
url = "https://tides.example/me"

[[tool]]
name = "read_tide"
title = "Read the tide"
description = "Reads the tide of a pier."
effect = "reads"
request = { method = "GET", path = "/{harbour}/{pier}" }
[[tool.input]]
name = "harbour"
required = true
type = "string"
title = "Harbour"
maxLength = 40
examples = ["dover"]
[[tool.input]]
name = "pier"
required = true
type = "string"
title = "Pier"
maxLength = 40
choices = { tool = "list_piers", value = "/id", label = ["/name"], arguments = { harbour = { input = "harbour" }, limit = 50 } }

[[tool]]
name = "list_piers"
title = "List piers"
description = "Lists the piers of a harbour."
effect = "reads"
request = { method = "GET", path = "/{harbour}", query = { limit = "{limit}" } }
answer = { list = "/piers", noun = ["pier", "piers"], show = [{ label = "Pier", at = "/name" }] }
[[tool.input]]
name = "harbour"
required = true
type = "string"
title = "Harbour"
maxLength = 40
[[tool.input]]
name = "limit"
type = "integer"
title = "At most"
minimum = 1
maximum = 100
"#;

    #[test]
    fn choices_know_the_list_of_their_tool_and_what_they_need() {
        let shipped = Shipped::parse("connectors/tides.toml", FILE).unwrap();
        let tools = shipped.descriptor.unwrap().tools;
        let choices = &tools[0].rest.choices["pier"];
        assert_eq!(
            (choices.tool.as_str(), choices.noun.as_str(), choices.needs.as_slice()),
            ("list_piers", "piers", &["harbour".to_owned()][..])
        );
        assert!(tools[1].rest.choices.is_empty());
        // the definition that callers see is a JSON Schema, without them
        assert!(!tools[0].definition.input_schema.to_string().contains("choices"));
    }

    #[test]
    fn each_contradiction_is_refused_at_its_place() {
        let told = |good: &str, bad: &str, why: &str| {
            assert!(FILE.contains(good), "{good}");
            let told = Shipped::parse("connectors/tides.toml", &FILE.replacen(good, bad, 1)).unwrap_err().to_string();
            assert!(told.contains(why) && told.contains("line 3"), "{told}");
        };
        told("tool = \"list_piers\"", "tool = \"list_peers\"", "there is no tool “list_peers”");
        told(
            "title = \"Pier\"\nmaxLength = 40",
            "title = \"Pier\"\nenum = [\"a\"]",
            "only a text or a whole number may have them",
        );
        told("label = [\"/name\"]", "label = []", "“label” does not fit. Write one to three places");
        told("noun = [\"pier\", \"piers\"], ", "", "“list_piers” shows no list with a noun");
        let (reads, adds) = (
            "of a harbour.\"\neffect = \"reads\"\nrequest = { method = \"GET\"",
            "of a harbour.\"\neffect = \"adds\"\nrequest = { method = \"POST\"",
        );
        told(reads, adds, "“list_piers” does more than read");
        told("{ input = \"harbour\" }", "{ input = \"pier\" }", "“pier” is no other input of the tool");
        told("{ input = \"harbour\" }", "{ input = \"port\" }", "“port” is no other input of the tool");
        told("examples = [\"dover\"]\n", "\n", "“harbour” has no example, so its arguments cannot be checked");
        told("limit = 50", "limit = 500", "“list_piers” does not take these arguments");
        told("harbour = { input = \"harbour\" }, ", "", "“list_piers” does not take these arguments");
        told("limit = 50 }", "limit = 50 }, tol = 1", "“tol” is not a field here");
    }

    #[test]
    fn choices_are_a_member_of_an_input() {
        let file = FILE.replacen("effect = \"reads\"", "effect = \"reads\"\nchoices = {}", 1);
        let told = Shipped::parse("connectors/tides.toml", &file).unwrap_err().to_string();
        assert!(told.contains("“choices” is a member of an input. Write it there"), "{told}");
    }
}
