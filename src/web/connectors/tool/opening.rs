//! The page of a tool as it is opened: a blank form, or one that is filled with the input of a job, with a saved input, or with
//! what a person typed before they had to sign in.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{FilledForm, Tool, ToolPath, form, naming, removed, secrets};
use crate::app::App;
use crate::connectors;
use crate::error::FieldFaults;
use crate::ids::{JobId, SavedInputId, ToolVersionId};
use crate::jobs;
use crate::rest::CURSOR;
use crate::saved_inputs;
use crate::schema_form::{Entries, mask, parse_as_shown};
use crate::web::actor::SignedIn;
use crate::web::connectors::connection_picker;
use crate::web::error::Result;
use crate::web::extract::{FormPairs, Path, Query};
use crate::web::form_restore::PendingForm;

#[derive(Default, Deserialize)]
pub(in crate::web::connectors) struct ToolQuery {
    /// The job whose input fills the form.
    from: Option<JobId>,
    /// `next` continues where the result of that job ends.
    page: Option<String>,
    /// The saved input that fills the form.
    saved: Option<SavedInputId>,
    /// `json` shows the whole input as one text field.
    #[serde(rename = "as")]
    shape: Option<String>,
}

pub(in crate::web::connectors) async fn new(
    State(app): State<App>,
    me: SignedIn,
    Path(ToolPath { slug, tool }): Path<ToolPath>,
    Query(query): Query<ToolQuery>,
    pending_form: PendingForm,
) -> Result<Response> {
    let mut tool = Tool::find(&app, &me, &slug, &tool).await?;
    let mut chosen = None;
    let restored = pending_form.take_form(&app, &me).await?.map(|FormPairs(pairs)| {
        let (connection, pairs) = connection_picker::split_form(pairs);
        let (_, pairs) = naming::split_form(pairs);
        chosen = connection;
        secrets::open(&app, &me, &tool, &Entries::from_pairs(pairs))
    });
    if !tool.version.is_listed {
        return removed::show(&app, &me, &tool, StatusCode::OK, restored.as_ref()).await;
    }
    let entries = if let Some(entries) = restored {
        entries
    } else {
        let as_json = query.shape.as_deref() == Some("json");
        match find_input(&app, &me, &mut tool, &query).await? {
            Some(input) if as_json => Entries::as_json(&tool.form.plan, &input),
            Some(input) => Entries::from_value(&tool.form.plan, &input),
            None if as_json => {
                Entries::as_json(&tool.form.plan, &parse_as_shown(&tool.form.plan, &Entries::blank(&tool.form.plan))?)
            }
            None => Entries::blank(&tool.form.plan),
        }
    };
    let idem = entries.get("idem").map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned);
    let through = tool.source.connection.map(|id| id.to_string());
    let chosen = chosen.as_deref().or(through.as_deref());
    let faults = FieldFaults::default();
    let filled = FilledForm {
        entries: &entries,
        idem: &idem,
        chosen,
        faults: &faults,
        is_refused: false,
        focus: "",
        offer: None,
    };
    form::show(&app, &me, &tool, filled).await
}

/// Returns the input that fills the form. Its secrets are masked, and must be entered again.
async fn find_input(app: &App, me: &SignedIn, tool: &mut Tool, query: &ToolQuery) -> Result<Option<Value>> {
    match (query.from, query.saved) {
        (Some(job), _) => input_of_job(app, me, tool, job, query.page.as_deref() == Some("next")).await.map(Some),
        (None, Some(saved)) => saved_input(app, me, tool, saved).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// Returns the input of a former job, or that of the page after its result.
async fn input_of_job(app: &App, me: &SignedIn, tool: &mut Tool, job: JobId, is_next: bool) -> Result<Value> {
    let job = jobs::find(&app.db, &me.actor, job).await?;
    let mut input: Value = serde_json::from_str(&job.input).unwrap_or_default();
    if let Some(cursor) = job.next_cursor().filter(|_| is_next && tool.version.schema["properties"][CURSOR].is_object())
    {
        input[CURSOR] = cursor.into();
    }
    let ran_this = job.connector_id == tool.connector.id && job.tool_name == tool.version.name;
    tool.source.connection = ran_this.then_some(job.connection_id);
    let version = job.tool_version_id.filter(|version| ran_this && *version != tool.version.id);
    tool.source.changed_since = version.is_some().then_some("since that job ran");
    masked_by_both(app, me, tool, version, input).await
}

/// Returns a saved input.
async fn saved_input(app: &App, me: &SignedIn, tool: &mut Tool, id: SavedInputId) -> Result<Value> {
    let saved = saved_inputs::find(&app.db, &me.actor, tool.saved_ref(), id).await?;
    let version = Some(saved.tool_version_id).filter(|version| *version != tool.version.id);
    tool.source.changed_since = version.is_some().then_some("since this input was saved");
    tool.source.saved = Some((saved.id, saved.name));
    let input = serde_json::from_str(&saved.input).unwrap_or_default();
    masked_by_both(app, me, tool, version, input).await
}

/// Masks the secrets of an input. That of an earlier version of the tool is masked by its schema too: removed fields are shown
/// as JSON, and may hold secrets.
async fn masked_by_both(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    earlier: Option<ToolVersionId>,
    mut input: Value,
) -> Result<Value> {
    if let Some(version) = earlier {
        let mut tx = app.db.enter(&me.actor).await?;
        let ran = connectors::version(&mut tx, &me.actor, version).await?;
        input = mask(&ran.schema, &input);
    }
    Ok(mask(&tool.version.schema, &input))
}
