//! The form of a tool, which validates the input and starts a job.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::connect_method::form_status;
use super::connection_picker::{self, ConnectionPicker};
use super::views::{RemovedPage, ToolPage, effect_badge};
use super::{below, href};
use crate::app::App;
use crate::connectors::{self, Connector, ToolVersion};
use crate::error::{Error as DomainError, FieldFaults};
use crate::ids::{ConnectionId, JobId};
use crate::jobs::{self, NewJob};
use crate::schema_form::{Entries, FormView, Op, Plan, mask, parse};
use crate::vault::Vault;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{FormPairs, Path, Query};
use crate::web::filtering::url_with_params;
use crate::web::form_restore::PendingForm;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Section;

#[derive(Default, Deserialize)]
pub(super) struct ToolQuery {
    /// The job whose input fills the form.
    from: Option<JobId>,
    /// `json` shows the whole input as one text field.
    #[serde(rename = "as")]
    shape: Option<String>,
}

/// The tool of the request.
struct Tool {
    connector: Connector,
    version: ToolVersion,
    plan: Plan,
    /// The tool has changed since the job whose input fills the form.
    is_newer: bool,
    /// The connection of the job whose input fills the form.
    ran_through: Option<ConnectionId>,
}

impl Tool {
    async fn find(app: &App, me: &SignedIn, slug: &str, name: &str) -> Result<Self> {
        let (connector, version) = connectors::find_tool(&app.db, &me.actor, slug, name).await?;
        let plan = Plan::compile(&version.schema)?;
        Ok(Self { connector, version, plan, is_newer: false, ran_through: None })
    }

    fn href(&self, here: &Here) -> String {
        format!("{}/tools/{}", href(&self.connector, here), segment(&self.version.name))
    }

    fn jobs_href(&self, here: &Here) -> String {
        let params = [("connector", self.connector.slug.as_str()), ("tool", self.version.name.as_str())];
        url_with_params(&here.path("/jobs"), &params)
    }
}

/// The parameters of the path of a tool.
#[derive(Deserialize)]
pub(super) struct ToolPath {
    slug: String,
    tool: String,
}

pub(super) async fn new(
    State(app): State<App>,
    me: SignedIn,
    Path(ToolPath { slug, tool }): Path<ToolPath>,
    Query(query): Query<ToolQuery>,
    pending_form: PendingForm,
) -> Result {
    let mut tool = Tool::find(&app, &me, &slug, &tool).await?;
    if !tool.version.is_listed {
        return Ok(removed(&app, &me, &tool, StatusCode::OK).await);
    }
    let as_json = query.shape.as_deref() == Some("json");
    let mut chosen = None;
    let entries = match (pending_form.take_form(&app, &me).await?, query.from) {
        (Some(FormPairs(pairs)), _) => {
            let (connection, pairs) = connection_picker::split_form(pairs);
            chosen = connection;
            Entries::from_pairs(pairs)
        }
        (None, Some(job)) => entries_of_job(&app, &me, &mut tool, job, as_json).await?,
        (None, None) if as_json => Entries::as_json(&blank_value(&tool.plan)),
        (None, None) => Entries::blank(&tool.plan),
    };
    let idem = entries.get("idem").map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned);
    let ran_through = tool.ran_through.map(|id| id.to_string());
    let chosen = chosen.as_deref().or(ran_through.as_deref());
    let filled = FilledForm { entries: &entries, idem: &idem, chosen, faults: &FieldFaults::default(), preview: None };
    show(&app, &me, &tool, filled).await
}

/// Fills the form with the input of a former job; secrets are masked and must be entered again.
async fn entries_of_job(app: &App, me: &SignedIn, tool: &mut Tool, job: JobId, as_json: bool) -> Result<Entries> {
    let job = jobs::find(&app.db, &me.actor, job).await?;
    let mut input: Value = serde_json::from_str(&job.input).unwrap_or_default();
    let ran_this = job.connector_id == tool.connector.id && job.tool_name == tool.version.name;
    tool.ran_through = ran_this.then_some(job.connection_id);
    let version = job.tool_version_id.filter(|version| ran_this && *version != tool.version.id);
    tool.is_newer = version.is_some();
    if let Some(version) = version {
        // masked by the version that ran: removed fields are shown as JSON and may hold secrets
        let mut tx = app.db.enter(&me.actor).await?;
        let ran = connectors::version(&mut tx, &me.actor, version).await?;
        input = mask(&ran.schema, &input);
    }
    Ok(if as_json {
        Entries::as_json(&mask(&tool.version.schema, &input))
    } else {
        Entries::from_value(&tool.plan, &input)
    })
}

/// Returns the value of a blank form; an empty object if that is not valid.
fn blank_value(plan: &Plan) -> Value {
    parse(plan, &Entries::blank(plan)).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(ToolPath { slug, tool }): Path<ToolPath>,
    FormPairs(pairs): FormPairs,
) -> Result {
    let tool = Tool::find(&app, &me, &slug, &tool).await?;
    if !tool.version.is_listed {
        return Ok(removed(&app, &me, &tool, StatusCode::CONFLICT).await);
    }
    let (chosen, pairs) = connection_picker::split_form(pairs);
    let mut entries = Entries::from_pairs(pairs);
    let idem = entries.get("idem").unwrap_or_default().to_owned();
    let no_faults = FieldFaults::default();
    let chosen = chosen.as_deref();
    let sent = FilledForm { entries: &entries, idem: &idem, chosen, faults: &no_faults, preview: None };
    let mut preview = None;
    let changed = match (Op::from_entries(&entries), parse(&tool.plan, &entries)) {
        (Op::Run, Ok(input)) => return run(&app, &me, &tool, sent, &input).await,
        (_, Err(error)) => return show_error(&app, &me, &tool, sent, error).await,
        (Op::Preview, Ok(input)) => {
            let shown = mask(&tool.version.schema, &input);
            preview = Some(serde_json::to_string_pretty(&shown).unwrap_or_default());
            None
        }
        (Op::Json, Ok(input)) => Some(Entries::as_json(&input)),
        (Op::Form, Ok(input)) => Some(Entries::from_value(&tool.plan, &input)),
    };
    if let Some(changed) = changed {
        entries = changed;
    }
    let preview = preview.as_deref();
    let filled = FilledForm { entries: &entries, idem: &idem, chosen, faults: &no_faults, preview };
    show(&app, &me, &tool, filled).await
}

async fn run(app: &App, me: &SignedIn, tool: &Tool, sent: FilledForm<'_>, input: &Value) -> Result {
    let connection = match connection_picker::parse(sent.chosen) {
        Ok(connection) => connection,
        Err(error) => return show_error(app, me, tool, sent, error).await,
    };
    let idem_key = (!sent.idem.is_empty()).then(|| idempotency_key(&app.vault, sent.idem, input, connection));
    let new = NewJob { connector: &tool.connector, tool: &tool.version, input, connection, idem_key };
    match jobs::start(&app.db, &app.vault, &app.queue, &me.actor, new, app.clock.now()).await {
        Ok(job) => Ok(see_other(&me.here().path(&format!("/jobs/{job}")))),
        Err(error) => show_error(app, me, tool, sent, error).await,
    }
}

/// Returns the key under which the same form, sent twice, is one job. A changed form has another key. The key is stored, and
/// the input may hold a secret, so the hash is keyed.
fn idempotency_key(vault: &Vault, idem: &str, input: &Value, connection: Option<ConnectionId>) -> String {
    let form: String = idem.chars().take(100).collect();
    let through = connection.map(|id| id.to_string()).unwrap_or_default();
    format!("{form} {}", vault.keyed_hash(&format!("{through}{input}")))
}

/// Shows the form again with its values and faults.
async fn show_error(app: &App, me: &SignedIn, tool: &Tool, sent: FilledForm<'_>, error: DomainError) -> Result {
    match error {
        DomainError::Invalid(faults) => show(app, me, tool, FilledForm { faults: &faults, ..sent }).await,
        other => Err(other.into()),
    }
}

/// Content of the form.
#[derive(Clone, Copy)]
struct FilledForm<'a> {
    entries: &'a Entries,
    idem: &'a str,
    /// The chosen connection.
    chosen: Option<&'a str>,
    faults: &'a FieldFaults,
    /// The input as JSON, if the user asked to see it.
    preview: Option<&'a str>,
}

/// Shows that the tool was removed and cannot run.
async fn removed(app: &App, me: &SignedIn, tool: &Tool, status: StatusCode) -> Response {
    let service = href(&tool.connector, me.here());
    let shell = me
        .shell(tool.version.label())
        .await
        .section(Section::Connectors)
        .breadcrumb("Connectors", me.here().path("/connectors"))
        .breadcrumb(tool.connector.name.clone(), service.clone())
        .title_prefix("Removed");
    let page = RemovedPage {
        shell,
        label: tool.version.label().to_owned(),
        name: tool.version.name.clone(),
        description: tool.version.description.clone(),
        connector: tool.connector.name.clone(),
        at: me.calendar(app.clock.now()).when_any(tool.version.removed_at),
        jobs: tool.jobs_href(me.here()),
        tools: service,
    };
    page_with(status, &page)
}

async fn show(app: &App, me: &SignedIn, tool: &Tool, filled: FilledForm<'_>) -> Result {
    let faults = filled.faults;
    let label = tool.version.label().to_owned();
    let picker = ConnectionPicker::load(app, me, &tool.connector, filled.chosen, faults).await?;
    let shell = below(me, label.clone(), &tool.connector).await;
    let shell = shell.with_faults(faults);
    // the connection is not a field of the tool, and is validated after them
    let none = FieldFaults::default();
    let form = FormView::new(&tool.plan, filled.entries, if picker.faults.is_empty() { faults } else { &none });
    let page = ToolPage {
        shell,
        name: tool.version.name.clone(),
        description: tool.version.description.clone(),
        effect: effect_badge(tool.version.effect()),
        action: tool.href(me.here()),
        idem: filled.idem.to_owned(),
        summary: form.summary(),
        form,
        picker,
        preview: filled.preview.map(ToOwned::to_owned),
        as_json: filled.entries.is_json(),
        is_newer: tool.is_newer,
        label,
    };
    Ok(page_with(form_status(faults), &page))
}
