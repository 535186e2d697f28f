//! The law of forms over schemas of the world: all operations of GitHub, a sample of 2,000 operations of other services, the
//! examples of JSON Forms, and the tools of MCP servers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use craft::error::FieldFaults;
use craft::schema_form::{Control, Entries, FormView, Plan, Validator, parse};
use serde_json::Value;

use super::samples::values;
use super::through_browser;
use crate::support::server_process::node;

/// Values that are tried for each schema.
const VALUES: usize = 4;

/// A schema with its name, and values that came with it.
type Case = (String, Value, Vec<Value>);

fn read(file: &str) -> Vec<Case> {
    let path = format!("tests/contracts/descriptions/{file}");
    cases(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}; run scripts/setup test")))
}

fn cases(lines: &str) -> Vec<Case> {
    let case = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        let own = case.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
        (case["name"].as_str().unwrap().to_owned(), case["schema"].clone(), own)
    };
    lines.lines().map(case).collect()
}

/// The findings of a corpus.
#[derive(Default)]
struct Findings {
    schemas: usize,
    unusable: usize,
    /// Schemas with a part that no fields can show, by the reason.
    raw: BTreeMap<String, Vec<String>>,
    values: usize,
    /// Values of which a control cannot show a part.
    odd: usize,
}

impl Findings {
    fn raw_schemas(&self) -> usize {
        self.raw.values().flatten().collect::<BTreeSet<_>>().len()
    }
}

/// Returns the reasons why parts of a form are JSON.
fn raw_reasons(plan: &Plan, entries: &Entries) -> Vec<String> {
    let mut reasons: Vec<_> = plan.why_json.iter().cloned().collect();
    for field in plan.root(entries).all() {
        if let Control::Json(why) = field.control {
            reasons.push(why.to_owned());
        }
    }
    reasons
}

fn examine(cases: Vec<Case>) -> Findings {
    let mut findings = Findings::default();
    for (name, schema, own) in cases {
        findings.schemas += 1;
        let plan = Plan::compile(&schema);
        if plan.unusable_reason.is_some() {
            findings.unusable += 1;
            continue;
        }
        let validator = Validator::compile(&schema);
        let blank = Entries::blank(&plan);
        assert_labelled(&name, &FormView::new(&plan, &blank, &FieldFaults::default()).to_string());
        let mut reasons = raw_reasons(&plan, &blank);
        let sampled = values(&schema, VALUES, 7);
        for value in own.iter().chain(&sampled).filter(|value| validator.check(value).is_ok()) {
            let filled = Entries::from_value(&plan, value);
            assert_labelled(&name, &FormView::new(&plan, &filled, &FieldFaults::default()).to_string());
            let shown = through_browser(&plan, &filled);
            let sent = parse(&plan, &shown).unwrap_or_else(|error| panic!("{name}: {value}: {error}\n{shown:?}"));
            assert_eq!(sent, *value, "{name}: {shown:?}");
            reasons.extend(raw_reasons(&plan, &filled));
            findings.values += 1;
            findings.odd += usize::from(filled.pairs().iter().any(|(name, _)| name.starts_with("j/") || name == "j"));
        }
        reasons.sort();
        reasons.dedup();
        for reason in reasons {
            findings.raw.entry(reason).or_default().push(name.clone());
        }
    }
    findings
}

/// Checks that each control has a label, and each element an id of its own: a quick check of text, because there are thousands
/// of forms.
fn assert_labelled(name: &str, html: &str) {
    let mut ids = BTreeSet::new();
    for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.insert(id), "{name}: two elements are #{id}");
    }
    for tag in html.split('<').filter(|tag| ["input ", "select ", "textarea "].iter().any(|kind| tag.starts_with(kind)))
    {
        let is_choice =
            tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"") || tag.contains("type=\"hidden\"");
        let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        assert!(is_choice || html.contains(&format!("<label for=\"{id}\"")), "{name}: no label for <{tag}");
    }
}

/// Examines a corpus, prints what it showed, and returns the number of schemas with a
/// part that is JSON, of ten thousand.
fn raw_of_ten_thousand(corpus: &str, cases: Vec<Case>) -> usize {
    let findings = examine(cases);
    let raw = (findings.raw_schemas() + findings.unusable) * 10_000 / findings.schemas;
    let Findings { schemas, unusable, values, odd, .. } = findings;
    let mut told = format!(
        "{schemas} schemas, {unusable} unusable, {values} values, {odd} of them with a part as JSON, {raw} of 10,000 schemas\n"
    );
    for (reason, names) in &findings.raw {
        let _ = writeln!(told, "{}: {reason}, such as {}", names.len(), names[0]);
    }
    let _ = write!(std::io::stderr(), "{corpus}: {told}");
    raw
}

#[test]
fn the_operations_of_github_are_forms() {
    assert!(raw_of_ten_thousand("GitHub", read("github.operations.jsonl")) < 200);
}

#[test]
fn the_operations_of_other_services_are_forms() {
    assert!(raw_of_ten_thousand("sample", read("sample.operations.jsonl")) < 500);
}

#[test]
fn the_examples_of_json_forms_and_the_tools_of_notion_are_forms() {
    for file in ["jsonforms.examples.jsonl", "notion.operations.jsonl"] {
        assert_eq!(raw_of_ten_thousand(file, read(file)), 0, "{file}");
    }
}

#[tokio::test]
async fn the_tools_of_published_mcp_servers_are_forms() {
    let listed = node("tools.mjs").output().await.unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let tools = cases(std::str::from_utf8(&listed.stdout).unwrap());
    assert!(tools.len() > 50, "only {} tools", tools.len());
    assert_eq!(raw_of_ten_thousand("MCP servers", tools), 0);
}
