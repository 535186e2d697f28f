//! Two jobs side by side: what was sent, what came back, and what differs.

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::compared_values;
use super::selection::{nothing_chosen, shell};
use super::{load_masked_input, parse_id};
use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, Job, JobRow};
use crate::web::actor::SignedIn;
use crate::web::cause_words::sentence_case;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::filtering::url_with_params;
use crate::web::job_row::JobRowView;
use crate::web::respond::{page_unstored, see_other};
use crate::web::row_ids;
use crate::web::shell::Shell;

/// The page.
#[derive(Template)]
#[template(path = "jobs/comparison.html")]
struct ComparisonPage {
    shell: Shell,
    jobs: [JobRowView; 2],
    bodies: [Comparison; 2],
}

/// The values of two bodies.
struct Comparison {
    id: &'static str,
    heading: &'static str,
    different: Vec<ValueRow>,
    same: Vec<ValueRow>,
    /// Further values are not compared.
    is_cut: bool,
}

/// A value at the same place of both bodies.
struct ValueRow {
    place: String,
    values: [String; 2],
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, Query(pairs): Query<Vec<(String, String)>>) -> Result {
    let get = |name: &str| pairs.iter().find(|(field, _)| field == name).map(|(_, id)| id.as_str());
    let (Some(first), Some(second)) = (get("a"), get("b")) else { return lead_to_both(&me, &pairs).await };
    let ids = [parse_id(first)?, parse_id(second)?];
    let mut rows = jobs::find_rows(&app.db, &me.actor, &distinct(ids)).await?;
    // in the order of the address
    rows.sort_by_key(|row| row.id != ids[0]);
    let [Some(first), Some(second)] = [rows.first(), rows.last()] else { return lead_to_both(&me, &pairs).await };
    let calendar = me.calendar(app.clock.now());
    let view = |row: &JobRow| JobRowView::new(row, me.here(), &calendar);
    let (a, b) = (load(&app, &me, first.id).await?, load(&app, &me, second.id).await?);
    Ok(page_unstored(&ComparisonPage {
        shell: shell(&me, "Compare two jobs").await,
        jobs: [view(first), view(second)],
        bodies: [
            Comparison::new("input", "Input", &a.input, &b.input),
            Comparison::new("result", "Result", &a.result, &b.result),
        ],
    }))
}

fn distinct([a, b]: [JobId; 2]) -> Vec<JobId> {
    if a == b { vec![a] } else { vec![a, b] }
}

/// Leads from the check boxes of the list to the address of the comparison.
async fn lead_to_both(me: &SignedIn, pairs: &[(String, String)]) -> Result {
    let ids: Vec<JobId> = row_ids::selected(pairs)?;
    let [a, b] = ids[..] else { return nothing_chosen(me, "Select exactly two jobs to compare.").await };
    let params = [("a", &*a.to_string()), ("b", &*b.to_string())];
    Ok(see_other(&url_with_params(&me.here().path("/jobs/comparison"), &params)))
}

/// The bodies of a job, without secrets.
struct Bodies {
    input: Value,
    result: Value,
}

async fn load(app: &App, me: &SignedIn, id: JobId) -> crate::error::Result<Bodies> {
    let job = jobs::find(&app.db, &me.actor, id).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(Bodies { input: load_masked_input(&mut tx, me, &job).await?, result: result_of(&job) })
}

/// Returns the structured result, or the parts of a result without one, or the error. Parts have names for people.
fn result_of(job: &Job) -> Value {
    let output = job.output.as_deref().map(|text| serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into()));
    let Some(output) = output else {
        return job.error.as_deref().map_or(Value::Null, |error| serde_json::json!({ "Error": error }));
    };
    let part = |name: &str| output.get(name).filter(|value| !value.is_null()).cloned();
    part("structuredContent").or_else(|| part("content").map(named_parts)).unwrap_or(output)
}

/// Names the parts of a result by their kind, with a number if there are several: "Text", "Part 2: image".
fn named_parts(content: Value) -> Value {
    let Value::Array(parts) = content else { return content };
    let is_one = parts.len() == 1;
    let named = parts.into_iter().zip(1..).map(|(part, n)| {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("part").to_owned();
        let name = if is_one { sentence_case(&kind) } else { format!("Part {n}: {kind}") };
        (name, body_of(part))
    });
    Value::Object(named.collect())
}

/// Returns the text of a part, or its other fields, without the kind.
fn body_of(mut part: Value) -> Value {
    if let Some(fields) = part.as_object_mut() {
        let kind = fields.remove("type");
        if kind == Some("text".into())
            && let Some(text) = fields.remove("text")
        {
            return text;
        }
    }
    part
}

impl ValueRow {
    /// Returns the place; a value that is all of the body has none.
    fn name(&self) -> &str {
        if self.place.is_empty() { "All of it" } else { &self.place }
    }
}

impl Comparison {
    fn new(id: &'static str, heading: &'static str, a: &Value, b: &Value) -> Self {
        let (compared, is_cut) = compared_values::compare(a, b);
        let rows =
            compared.into_iter().map(|value| (value.is_same, ValueRow { place: value.place, values: value.shown }));
        let (same, different): (Vec<_>, Vec<_>) = rows.partition(|(is_same, _)| *is_same);
        let strip = |rows: Vec<(bool, ValueRow)>| rows.into_iter().map(|(_, row)| row).collect();
        Self { id, heading, different: strip(different), same: strip(same), is_cut }
    }

    /// Returns the groups of rows that are not empty, each with its title.
    fn groups(&self) -> Vec<(&'static str, &[ValueRow])> {
        let all = [("Different", &self.different[..]), ("The same", &self.same[..])];
        all.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// Returns "2 values differ, 3 the same".
    fn summary(&self) -> String {
        match (self.different.len(), self.same.len()) {
            (0, 0) => "Both are empty".to_owned(),
            (0, _) => "Nothing differs".to_owned(),
            (1, same) => format!("1 value differs, {same} the same"),
            (n, same) => format!("{n} values differ, {same} the same"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compared_values::MAX_VALUES;
    use super::{Comparison, named_parts};
    use serde_json::json;

    #[test]
    fn values_are_compared_by_their_place() {
        let (a, b) = (json!({"a": {"b": [1, 2]}, "c": "x"}), json!({"a": {"b": [1, 3]}, "d": null}));
        let compared = Comparison::new("input", "Input", &a, &b);
        let different: Vec<_> =
            compared.different.iter().map(|row| (&*row.place, &*row.values[0], &*row.values[1])).collect();
        assert_eq!(different, [("a › b › item 2", "2", "3"), ("c", "x", "–"), ("d", "–", "none")]);
        assert_eq!((compared.same.len(), compared.summary().as_str()), (1, "3 values differ, 1 the same"));
        assert_eq!(Comparison::new("", "", &json!(null), &json!(null)).summary(), "Both are empty");
    }

    #[test]
    fn the_parts_of_a_result_are_named_by_their_kind() {
        let text = json!({ "type": "text", "text": "hello" });
        let image = json!({ "type": "image", "mimeType": "image/png" });
        assert_eq!(named_parts(json!([text])), json!({ "Text": "hello" }));
        let both = json!({ "Part 1: text": "hello", "Part 2: image": { "mimeType": "image/png" } });
        assert_eq!(named_parts(json!([text, image])), both);
        assert_eq!(named_parts(json!(["odd"])), json!({ "Part": "odd" }));
    }

    #[test]
    fn a_large_body_is_cut_and_a_late_difference_in_a_long_text_is_found() {
        let many = json!(vec![0; 10 * MAX_VALUES]);
        let compared = Comparison::new("", "", &many, &many);
        assert!(compared.is_cut && compared.same.len() <= MAX_VALUES);
        let long = |end: &str| json!(format!("{}{end}", "x".repeat(9_000)));
        let compared = Comparison::new("", "", &long("1"), &long("2"));
        assert_eq!(compared.different.len(), 1);
        assert!(compared.different[0].values[0].len() < 400);
    }
}
