//! The form of a tool, which validates the input and starts a job.
//!
//! - `opening` fills the form when its page is opened, and `form` shows it. `preview` shows what would be sent, `choices` what
//!   a field may hold. `naming` saves the input under a name, `saved` shows a saved input. `secrets` carries typed secrets from
//!   page to page. `assistant_names` are those that assistants call it by. `removed` is the page of a tool that its server no longer lists.

mod assistant_names;
mod choices;
mod form;
mod naming;
mod opening;
mod preview;
mod removed;
pub(super) mod saved;
mod secrets;

pub(super) use self::opening::new;

use std::sync::Arc;

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
use crate::ids::{ConnectionId, SavedInputId};
use crate::jobs::{self, NewJob};
use crate::saved_inputs::ToolRef;
use crate::schema_form::{CompiledForm, Entries, Offer, Op, Plan, parse_as_shown};
use crate::vault::Vault;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{FormWithFiles, Path};
use crate::web::filtering::url_with_params;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::request_summary::wants_json;
use crate::web::respond::see_other;

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
    form: Arc<CompiledForm>,
    /// The source of the input that fills the form.
    source: Source,
}

/// The source of the input that fills a form when its page is opened.
#[derive(Default)]
struct Source {
    /// The saved input.
    saved: Option<(SavedInputId, String)>,
    /// The moment since which the tool has changed, as the end of a sentence.
    changed_since: Option<&'static str>,
    /// The connection of the job.
    connection: Option<ConnectionId>,
}

impl Tool {
    async fn find(app: &App, me: &SignedIn, slug: &str, name: &str) -> Result<Self> {
        let (connector, version) = connectors::find_tool(&app.db, &me.actor, slug, name).await?;
        let form = app.forms.get(version.id, &version.schema);
        Ok(Self { connector, version, form, source: Source::default() })
    }

    fn href(&self, here: &Here) -> String {
        format!("{}/tools/{}", href(&self.connector, here), segment(&self.version.name))
    }

    /// Returns the tool as saved inputs name it.
    fn saved_ref(&self) -> ToolRef<'_> {
        ToolRef { connector: self.connector.id, name: &self.version.name }
    }

    /// Returns the address of a saved input.
    fn saved_href(&self, id: SavedInputId, here: &Here) -> String {
        format!("{}/inputs/{id}", self.href(here))
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

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(ToolPath { slug, tool }): Path<ToolPath>,
    headers: HeaderMap,
    FormWithFiles(pairs): FormWithFiles,
) -> Result {
    let mut tool = Tool::find(&app, &me, &slug, &tool).await?;
    let (chosen, pairs) = connection_picker::split_form(pairs);
    let (name, pairs) = naming::split_form(pairs);
    let entries = secrets::open(&app, &me, &tool, &Entries::from_pairs(pairs));
    if !tool.version.is_listed {
        return removed::show(&app, &me, &tool, StatusCode::CONFLICT, Some(&entries)).await;
    }
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
        Op::Save => match naming::save(&app, &me, &tool, sent, name.as_ref()).await {
            Ok(naming::Step::Ask(page)) => return Ok(page),
            Ok(naming::Step::Saved(source)) => {
                tool.source.saved = Some(source);
                return form::show(&app, &me, &tool, sent).await;
            }
            Err(error) => Err(error),
        },
        Op::Json | Op::Form => match other_view(&tool.form.plan, &entries, op) {
            Ok(entries) => return form::show(&app, &me, &tool, FilledForm { entries: &entries, ..sent }).await,
            Err(error) => Err(error),
        },
        Op::Example => {
            let entries = entries.with_example(&tool.form.plan);
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
        Op::Edit => match entries.edited(&tool.form.plan) {
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
    plan.check_before_json(entries, "")?;
    Ok(parse_as_shown(plan, entries).map_or_else(|_| entries.clone(), |value| Entries::as_json(plan, &value)))
}

/// Runs the tool, or shows what would be sent: if the person asks for it, and before each run of a tool that may destroy.
async fn submit(app: &App, me: &SignedIn, tool: &Tool, sent: FilledForm<'_>, op: Op) -> Result<Response, DomainError> {
    jobs::check_tool(&tool.connector, &tool.version)?;
    let input = tool.form.plan.read(sent.entries, &tool.form.validator)?;
    let connection = connection_picker::parse(sent.chosen)?;
    jobs::validate_input(&tool.form.validator, &input)?;
    let is_seen = sent.entries.get("seen").is_some_and(|seen| seen == preview::digest(tool, &input, sent.chosen));
    if op == Op::Preview || (tool.version.effect() == Effect::Destructive && !is_seen) {
        connections::check_for_call(&app.db, &me.actor, &tool.connector, connection).await?;
        return preview::show(app, me, tool, sent, &input).await;
    }
    preview::check_request(app, me, tool, sent.chosen, &input).await?;
    let idem_key = (!sent.idem.is_empty()).then(|| idempotency_key(&app.vault, sent.idem, &input, connection));
    let new = NewJob {
        connector: &tool.connector,
        tool: &tool.version,
        validator: &tool.form.validator,
        input: &input,
        connection,
        idem_key,
    };
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
