//! The choices for a field of a tool of a REST service. Another tool of the service lists them, as a job like any other.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{FilledForm, Tool, idempotency_key};
use crate::app::App;
use crate::connectors;
use crate::error::{Error, Message, Result};
use crate::foreign_text::clean_name;
use crate::ids::JobId;
use crate::jobs::{self, Job, JobStatus, NewJob};
use crate::rest::{InputChoices, ListedChoice};
use crate::schema_form::{Offer, OfferedChoice, parse_as_shown};
use crate::web::actor::SignedIn;
use crate::web::connectors::connection_picker;

/// The longest time for which a form waits for its choices. Afterwards they are one more press away.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Returns the offer of each input that has choices, by the pointer of its field.
pub(super) fn buttons(tool: &Tool) -> Result<Vec<(String, Offer)>> {
    let choices = tool.version.rest_tool()?.map(|rest| rest.choices).unwrap_or_default();
    let button = |(input, choices): (String, InputChoices)| (format!("/{input}"), Offer::Button { noun: choices.noun });
    Ok(choices.into_iter().map(button).collect())
}

/// Runs the tool that lists the choices for a field, and returns them, or the reason why they are not here. `None` if the field
/// has no choices.
pub(super) async fn list(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    sent: FilledForm<'_>,
    pointer: &str,
) -> Result<Option<Offer>> {
    let rest = tool.version.rest_tool()?;
    let Some(choices) = rest.and_then(|mut rest| rest.choices.remove(pointer.strip_prefix('/')?)) else {
        return Ok(None);
    };
    let inputs = match parse_as_shown(&tool.form.plan, sent.entries)? {
        Value::Object(inputs) => inputs,
        _ => Map::new(),
    };
    if let Some(missing) = choices.needs.iter().find(|name| !inputs.contains_key(*name)) {
        let label = tool.version.schema["properties"][missing]["title"].as_str().unwrap_or(missing).to_owned();
        let message = Message::from(format!("The {} depend on “{label}”", choices.noun));
        return Ok(Some(missing_list(choices, message.with_advice("Fill it in, then ask for the list"), None)));
    }
    let job = match run(app, me, tool, sent, &choices, &inputs).await {
        Ok(job) => job,
        Err(error @ (Error::Conflict(_) | Error::Stale(_) | Error::ToolChanged(_) | Error::Limited { .. })) => {
            return Ok(Some(missing_list(choices, error.to_message(), None)));
        }
        Err(Error::Invalid(faults)) => {
            let reason = faults.faults().first().map(|fault| fault.message.clone()).unwrap_or_default();
            return Ok(Some(missing_list(choices, Message::from(reason), None)));
        }
        Err(other) => return Err(other),
    };
    Ok(Some(offer(me, choices, &job)))
}

/// Runs the listing tool. A press that finds the job of an earlier one unfinished waits for that one.
async fn run(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    sent: FilledForm<'_>,
    choices: &InputChoices,
    inputs: &Map<String, Value>,
) -> Result<Job> {
    let arguments = Value::Object(choices.make_arguments(inputs)?);
    let connection = connection_picker::parse(sent.chosen)?;
    let (connector, lister) = connectors::find_tool(&app.db, &me.actor, &tool.connector.slug, &choices.tool).await?;
    let pressed_at = app.clock.now();
    let start = async |idem_key: Option<String>| -> Result<Job> {
        let form = app.forms.get(lister.id, &lister.schema);
        let new = NewJob {
            connector: &connector,
            tool: &lister,
            validator: &form.validator,
            input: &arguments,
            connection,
            idem_key,
        };
        let id: JobId = jobs::start(&app.db, &app.vault, &app.queue, &me.actor, new, app.clock.now()).await?;
        jobs::find(&app.db, &me.actor, id).await
    };
    let key = idempotency_key(&app.vault, &format!("{} {}", choices.tool, sent.idem), &arguments, connection);
    let mut job = start(Some(key)).await?;
    if job.created_at < pressed_at && job.status.is_final() {
        job = start(None).await?;
    }
    jobs::wait_for_end(&app.db, &app.live, &me.actor, job.id, MAX_WAIT).await
}

/// Returns what the form offers after the job.
fn offer(me: &SignedIn, choices: InputChoices, job: &Job) -> Offer {
    let noun = &choices.noun;
    let link = |label| Some((me.here().path(&format!("/jobs/{}", job.id)), label));
    match job.status {
        JobStatus::Succeeded => {
            let result: Value =
                job.output.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let listed = choices.read(&result);
            if listed.choices.is_empty() {
                let message = Message::from(format!("The list of {noun} is empty")).with_advice("You can type a value");
                return missing_list(choices, message, link("See the answer"));
            }
            let choices = listed.choices.into_iter().map(OfferedChoice::from).collect();
            Offer::List { noun: noun.clone(), choices, is_cut: listed.is_cut }
        }
        JobStatus::Queued | JobStatus::Running => {
            let message = Message::from(format!("The list of {noun} is still being read"));
            missing_list(
                choices,
                message.with_advice("Ask for it again in a moment, or type a value"),
                link("Watch it"),
            )
        }
        JobStatus::WaitingInput => {
            let message = Message::from(format!("The list of {noun} waits until the connection is renewed"));
            missing_list(choices, message.with_advice("You can type a value meanwhile"), link("See what to do"))
        }
        JobStatus::Failed | JobStatus::Canceled | JobStatus::Unknown => {
            let message = Message::from(format!("The list of {noun} could not be read"));
            missing_list(choices, message.with_advice("You can type a value"), link("See why"))
        }
    }
}

fn missing_list(choices: InputChoices, message: Message, link: Option<(String, &'static str)>) -> Offer {
    Offer::Missing { noun: choices.noun, message, link }
}

impl From<ListedChoice> for OfferedChoice {
    fn from(ListedChoice { value, label }: ListedChoice) -> Self {
        Self { value, label: clean_name(&label).into_owned() }
    }
}
