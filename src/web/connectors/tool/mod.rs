//! The form of a tool, which validates the input and starts a job.
//!
//! - `form` shows the form, `preview` what would be sent, `choices` what a field may hold, and `secrets` carries typed secrets
//!   from page to page.

mod choices;
mod form;
mod preview;
mod secrets;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{connection_picker, href};
use crate::app::App;
use crate::connections;
use crate::connectors::{self, Connector, Effect, ToolVersion};
use crate::error::{Error as DomainError, FieldFaults};
use crate::ids::{ConnectionId, JobId};
use crate::jobs::{self, NewJob};
use crate::rest::CURSOR;
use crate::schema_form::{Entries, Offer, Op, Plan, Validator, mask, parse_as_shown};
use crate::vault::Vault;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{FormPairs, Path, Query};
use crate::web::filtering::url_with_params;
use crate::web::form_restore::PendingForm;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::request_summary::wants_json;
use crate::web::respond::see_other;

#[derive(Default, Deserialize)]
pub(super) struct ToolQuery {
    /// The job whose input fills the form.
    from: Option<JobId>,
    /// `next` continues where the result of that job ends.
    page: Option<String>,
    /// `json` shows the whole input as one text field.
    #[serde(rename = "as")]
    shape: Option<String>,
}

/// Content of the form.
#[derive(Clone, Copy)]
struct FilledForm<'a> {
    entries: &'a Entries,
    idem: &'a str,
    /// The chosen connection.
    chosen: Option<&'a str>,
    faults: &'a FieldFaults,
    /// The run was refused because the tool has changed.
    is_refused: bool,
    /// The id of the element that gets the focus; empty for none.
    focus: &'a str,
    /// The choices that the person asked for, with the pointer of their field.
    offer: Option<(&'a str, &'a Offer)>,
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
        let plan = Plan::compile(&version.schema);
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
        return Ok(form::removed(&app, &me, &tool, StatusCode::OK).await);
    }
    let as_json = query.shape.as_deref() == Some("json");
    let mut chosen = None;
    let entries = match (pending_form.take_form(&app, &me).await?, query.from) {
        (Some(FormPairs(pairs)), _) => {
            let (connection, pairs) = connection_picker::split_form(pairs);
            chosen = connection;
            secrets::open(&app, &me, &tool, &Entries::from_pairs(pairs))
        }
        (None, Some(job)) => {
            let is_next = query.page.as_deref() == Some("next");
            entries_of_job(&app, &me, &mut tool, (job, is_next), as_json).await?
        }
        (None, None) if as_json => {
            Entries::as_json(&tool.plan, &parse_as_shown(&tool.plan, &Entries::blank(&tool.plan))?)
        }
        (None, None) => Entries::blank(&tool.plan),
    };
    let idem = entries.get("idem").map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned);
    let ran_through = tool.ran_through.map(|id| id.to_string());
    let chosen = chosen.as_deref().or(ran_through.as_deref());
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

/// Fills the form with the input of a former job, or with that of the page after its result; secrets are masked and must be
/// entered again.
async fn entries_of_job(
    app: &App,
    me: &SignedIn,
    tool: &mut Tool,
    (job, is_next): (JobId, bool),
    as_json: bool,
) -> Result<Entries> {
    let job = jobs::find(&app.db, &me.actor, job).await?;
    let mut input: Value = serde_json::from_str(&job.input).unwrap_or_default();
    if let Some(cursor) = job.next_cursor().filter(|_| is_next && tool.version.schema["properties"][CURSOR].is_object())
    {
        input[CURSOR] = cursor.into();
    }
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
    let input = mask(&tool.version.schema, &input);
    Ok(if as_json { Entries::as_json(&tool.plan, &input) } else { Entries::from_value(&tool.plan, &input) })
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(ToolPath { slug, tool }): Path<ToolPath>,
    headers: HeaderMap,
    FormPairs(pairs): FormPairs,
) -> Result {
    let tool = Tool::find(&app, &me, &slug, &tool).await?;
    if !tool.version.is_listed {
        return Ok(form::removed(&app, &me, &tool, StatusCode::CONFLICT).await);
    }
    let (chosen, pairs) = connection_picker::split_form(pairs);
    let entries = secrets::open(&app, &me, &tool, &Entries::from_pairs(pairs));
    let idem = entries.get("idem").unwrap_or_default().to_owned();
    let no_faults = FieldFaults::default();
    let sent = FilledForm {
        entries: &entries,
        idem: &idem,
        chosen: chosen.as_deref(),
        faults: &no_faults,
        is_refused: false,
        focus: "",
        offer: None,
    };
    let op = Op::from_entries(&entries);
    let shown = match op {
        Op::Run | Op::Preview => submit(&app, &me, &tool, sent, op).await,
        Op::Json | Op::Form => match other_view(&tool.plan, &entries, op) {
            Ok(entries) => return form::show(&app, &me, &tool, FilledForm { entries: &entries, ..sent }).await,
            Err(error) => Err(error),
        },
        Op::Example => {
            let entries = entries.with_example(&tool.plan);
            return form::show(&app, &me, &tool, FilledForm { entries: &entries, ..sent }).await;
        }
        Op::Choices => {
            let pointer = entries.field_to_choose().unwrap_or_default();
            match choices::list(&app, &me, &tool, sent, pointer).await {
                Ok(offer) => {
                    let offer = offer.as_ref().map(|offer| (pointer, offer));
                    return form::show(&app, &me, &tool, FilledForm { offer, ..sent }).await;
                }
                Err(error) => Err(error),
            }
        }
        Op::Edit => match entries.edited(&tool.plan) {
            Ok(edited) => {
                let filled = FilledForm { entries: &edited.entries, focus: &edited.focus, ..sent };
                return form::show(&app, &me, &tool, filled).await;
            }
            Err(error) => Err(error),
        },
        Op::Change => return form::show(&app, &me, &tool, sent).await,
    };
    match shown {
        Ok(response) => Ok(response),
        // a program has nobody who looks at the difference
        Err(error @ DomainError::ToolChanged(_)) if wants_json("", &headers) => Err(error.into()),
        Err(error) => form::show_error(&app, &me, &tool, sent, error).await,
    }
}

/// Returns the form as JSON, or as fields. Text that is not JSON has no other view, and stays.
fn other_view(plan: &Plan, entries: &Entries, op: Op) -> Result<Entries, DomainError> {
    if op == Op::Form {
        return Ok(Entries::from_value(plan, &parse_as_shown(plan, entries)?));
    }
    plan.check_names(entries, "")?;
    Ok(parse_as_shown(plan, entries).map_or_else(|_| entries.clone(), |value| Entries::as_json(plan, &value)))
}

/// Runs the tool, or shows what would be sent: if the person asks for it, and before each run of a tool that may destroy.
async fn submit(app: &App, me: &SignedIn, tool: &Tool, sent: FilledForm<'_>, op: Op) -> Result<Response, DomainError> {
    jobs::check_tool(&tool.connector, &tool.version)?;
    let input = tool.plan.read(sent.entries, &Validator::compile(&tool.version.schema))?;
    let connection = connection_picker::parse(sent.chosen)?;
    jobs::validate_input(&tool.version, &input)?;
    let is_seen = sent.entries.get("seen").is_some_and(|seen| seen == preview::digest(tool, &input, sent.chosen));
    if op == Op::Preview || (tool.version.effect() == Effect::Destructive && !is_seen) {
        connections::check_for_call(&app.db, &me.actor, &tool.connector, connection).await?;
        return preview::show(app, me, tool, sent, &input).await;
    }
    preview::check_request(app, me, tool, sent.chosen, &input).await?;
    let idem_key = (!sent.idem.is_empty()).then(|| idempotency_key(&app.vault, sent.idem, &input, connection));
    let new = NewJob { connector: &tool.connector, tool: &tool.version, input: &input, connection, idem_key };
    let job = jobs::start(&app.db, &app.vault, &app.queue, &me.actor, new, app.clock.now()).await?;
    Ok(see_other(&me.here().path(&format!("/jobs/{job}"))))
}

/// Returns the key under which the same form, sent twice, is one job. A changed form has another key. The key is stored, and
/// the input may hold a secret, so the hash is keyed.
fn idempotency_key(vault: &Vault, idem: &str, input: &Value, connection: Option<ConnectionId>) -> String {
    let form: String = idem.chars().take(100).collect();
    let through = connection.map(|id| id.to_string()).unwrap_or_default();
    format!("{form} {}", vault.keyed_hash(&format!("{through}{input}")))
}
