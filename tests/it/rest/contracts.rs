//! The requests of all shipped tools, judged by the descriptions that the providers publish of their own APIs.
//!
//! Each tool is asked for with all its inputs, with the required ones only and, if that is another request, for the next
//! page. Then each of these requests is spoilt: a member renamed, a value of another type, a misspelt path. A judge that
//! accepts a spoilt request would prove nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use craft::connections::RestService;
use craft::connectors::{Descriptor, Shipped, ShippedTool, shipped};
use craft::rest::{CURSOR, Paging};
use serde_json::{Map, Value, json};

use super::spoiling::{misspelt, renamed, retyped};

#[test]
fn each_tool_sends_what_its_service_describes() {
    let shipped = shipped().unwrap();
    let requests = Request::plan_all(&shipped);
    let refused: Vec<_> = collect_verdicts(&requests)
        .into_iter()
        .zip(&requests)
        .filter_map(|(verdict, it)| Some((it.name(), verdict?)))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(requests.len() >= 20, "{} requests", requests.len());
}

#[test]
fn a_spoilt_request_is_refused() {
    let shipped = shipped().unwrap();
    let requests = Request::plan_all(&shipped);
    let kinds = [("path", misspelt as Spoil), ("name", renamed), ("type", retyped)];
    let spoilt = kinds.iter().flat_map(|(kind, spoil)| {
        let spoilt = requests.iter().filter_map(|it| it.spoilt(*spoil));
        spoilt.map(|it| (*kind, it)).collect::<Vec<_>>()
    });
    let (kinds, spoilt): (Vec<_>, Vec<_>) = spoilt.unzip();
    let accepted =
        collect_verdicts(&spoilt).into_iter().zip(kinds).zip(&spoilt).filter(|((verdict, _), _)| verdict.is_none());
    let accepted: Vec<_> = accepted.map(|((_, kind), it)| (kind, it.name(), it.sent.to_string())).collect();
    assert!(accepted.is_empty(), "the judge accepts another path, name or type: {accepted:#?}");
}

type Spoil = fn(&Value, &ShippedTool) -> Option<Value>;

/// A request of a tool as the dry run shows it.
struct Request<'a> {
    service: &'a str,
    tool: &'a ShippedTool,
    inputs: Inputs,
    sent: Value,
}

/// The inputs of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Inputs {
    All,
    Required,
    /// All of them, with a cursor that leads to another request than the first page.
    NextPage,
}

impl<'a> Request<'a> {
    /// Makes two requests for each tool, and a third if the next page has a request of its own.
    fn plan_all(shipped: &'a [Shipped]) -> Vec<Self> {
        let described = shipped.iter().filter_map(|it| Some((it.slug.as_str(), it.descriptor.as_deref()?)));
        let tools = described.flat_map(|(service, it)| it.tools.iter().map(move |tool| (service, it, tool)));
        let requests = tools.flat_map(|(service, descriptor, tool)| {
            let has_next = matches!(tool.rest.paging, Some(Paging::Cursor { request: Some(_), .. }));
            let kinds = [Inputs::All, Inputs::Required].into_iter().chain(has_next.then_some(Inputs::NextPage));
            kinds.map(move |inputs| Self {
                service,
                tool,
                inputs,
                sent: dry_run(descriptor, tool, &arguments(tool, inputs)),
            })
        });
        requests.collect()
    }

    fn spoilt(&self, spoil: Spoil) -> Option<Self> {
        Some(Self { sent: spoil(&self.sent, self.tool)?, ..*self })
    }

    fn name(&self) -> String {
        format!("{} {} with inputs: {:?}", self.service, self.tool.definition.name, self.inputs)
    }
}

fn dry_run(descriptor: &Descriptor, tool: &ShippedTool, arguments: &Map<String, Value>) -> Value {
    RestService::with_placeholders(descriptor.clone()).dry_run(tool.rest.clone(), arguments).unwrap()
}

/// Makes arguments of the examples, defaults and bounds in the schema.
fn arguments(tool: &ShippedTool, inputs: Inputs) -> Map<String, Value> {
    let schema = &tool.definition.input_schema;
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name)))
    };
    let mut arguments: Map<_, _> = schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.as_str() != CURSOR && (inputs != Inputs::Required || is_required(name)))
        .map(|(name, schema)| (name.clone(), value_of(schema)))
        .collect();
    let cursor = match tool.rest.paging {
        Some(Paging::Cursor { request: Some(_), .. }) if inputs != Inputs::NextPage => None,
        Some(Paging::Cursor { .. }) => Some("1795971600000"),
        Some(Paging::Page { .. }) => Some("2"),
        // an address that the answer of a page brings
        Some(Paging::NextUrl { .. } | Paging::Link) | None => None,
    };
    if let Some(cursor) = cursor.filter(|_| inputs != Inputs::Required) {
        arguments.insert(CURSOR.to_owned(), json!(cursor));
    }
    assert!(jsonschema::is_valid(schema, &Value::Object(arguments.clone())), "{} {arguments:?}", tool.definition.name);
    arguments
}

fn value_of(schema: &Value) -> Value {
    let given = ["/examples/0", "/default", "/enum/0"].into_iter().find_map(|place| schema.pointer(place));
    given.cloned().unwrap_or_else(|| match schema["type"].as_str().unwrap() {
        "string" => json!("text"),
        "boolean" => json!(true),
        "array" => json!([value_of(&schema["items"])]),
        "object" => panic!("an object needs an example: {schema}"),
        _ => schema["minimum"].clone(),
    })
}

/// Returns a verdict for each request: the reason of a refusal.
fn collect_verdicts(requests: &[Request<'_>]) -> Vec<Option<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (python, judge) = (folder.join("upstreams/venv/bin/python"), folder.join("contracts/judge.py"));
    assert!(folder.join("contracts/descriptions").exists(), "the descriptions are missing: run scripts/setup test");
    let mut program = Command::new(python)
        .args(["-B".as_ref(), judge.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = |it: &Request<'_>| format!("{}\n", json!({"service": it.service, "request": it.sent}));
    let lines = requests.iter().map(line).collect::<Vec<_>>().concat();
    let mut stdin = program.stdin.take().unwrap();
    // verdicts come while requests are still written, so a full pipe on either side would stop both
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = program.wait_with_output().unwrap();
    let _ = writing.join();
    assert!(output.status.success(), "the judge failed");
    let verdicts: Vec<Option<String>> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), requests.len());
    verdicts
}
