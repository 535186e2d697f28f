//! The page with the form of a tool.

use http::StatusCode;
use serde_json::Value;

use super::{FilledForm, Tool, choices, secrets};
use crate::app::App;
use crate::assistants;
use crate::connectors::Effect;
use crate::error::{Error as DomainError, FieldFaults};
use crate::foreign_text::clean_text;
use crate::jobs::{self, ToolRun};
use crate::saved_inputs::{self, ListedInput};
use crate::schema_form::{Entries, FormView, Offer, has_stale_fields, parse_as_shown};
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::connectors::connect_method::form_status;
use crate::web::connectors::connection_picker::ConnectionPicker;
use crate::web::connectors::views::{AssistantNames, HeldNote, RunView, SavedView, SchemaText, ToolPage, effect_badge};
use crate::web::connectors::{below, href, tile};
use crate::web::error::Result;
use crate::web::here::Here;
use crate::web::respond::page_with;
use crate::web::when::{Calendar, duration};

/// The runs that the page lists; a link leads to the others.
const MAX_SHOWN_RUNS: i64 = 5;

/// The length in characters at which the page cuts the schema of the tool.
const MAX_SCHEMA_LENGTH: usize = 20_000;

/// Shows the form again with its values and faults. Fields that the tool does not have are shown as JSON.
pub(super) async fn show_error(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    sent: FilledForm<'_>,
    error: DomainError,
) -> Result {
    let faults = match error {
        DomainError::Invalid(faults) => faults,
        DomainError::ToolChanged(_) => return show(app, me, tool, FilledForm { is_refused: true, ..sent }).await,
        other => return Err(other.into()),
    };
    let filled = FilledForm { faults: &faults, ..sent };
    if has_stale_fields(&tool.form.plan, sent.entries) {
        let entries = Entries::as_json(&tool.form.plan, &parse_as_shown(&tool.form.plan, sent.entries)?);
        return show(app, me, tool, FilledForm { entries: &entries, ..filled }).await;
    }
    show(app, me, tool, filled).await
}

fn schema_text(schema: &Value) -> SchemaText {
    let text = serde_json::to_string_pretty(schema).unwrap_or_default();
    match text.char_indices().nth(MAX_SCHEMA_LENGTH) {
        Some((at, _)) => SchemaText { text: clean_text(&text[..at]).into_owned(), is_cut: true },
        None => SchemaText { text: clean_text(&text).into_owned(), is_cut: false },
    }
}

impl RunView {
    fn new(run: &ToolRun, tool: &Tool, here: &Here, calendar: &Calendar) -> Self {
        let length = run.started_at.zip(run.finished_at).map(|(start, end)| (end - start).unsigned_abs());
        Self {
            href: here.path(&format!("/jobs/{}", run.id)),
            again: format!("{}?from={}", tool.href(here), run.id),
            status: Badge::job(run.status),
            at: calendar.when(run.created_at),
            took: length.map(duration).unwrap_or_default(),
        }
    }
}

impl SavedView {
    pub(super) fn new(saved: &ListedInput, tool: &Tool, here: &Here) -> Self {
        Self {
            name: saved.name.clone(),
            href: format!("{}?saved={}", tool.href(here), saved.id),
            details: tool.saved_href(saved.id, here),
            is_shown: tool.source.saved.as_ref().is_some_and(|(id, _)| *id == saved.id),
        }
    }
}

/// Adds the buttons that ask for choices, and the choices that were asked for. They come through a connection.
fn with_offers(
    mut form: FormView,
    tool: &Tool,
    picker: &ConnectionPicker,
    offer: Option<(&str, &Offer)>,
) -> Result<FormView, DomainError> {
    if picker.chosen_id().is_some() {
        for (pointer, button) in choices::buttons(tool)? {
            form = form.with_offer(&pointer, button);
        }
    }
    Ok(match offer {
        Some((pointer, offer)) => form.with_offer(pointer, offer.clone()),
        None => form,
    })
}

/// Shows the form.
pub(super) async fn show(app: &App, me: &SignedIn, tool: &Tool, filled: FilledForm<'_>) -> Result {
    let faults = filled.faults;
    let label = tool.version.label().to_owned();
    let mut tx = app.db.enter(&me.actor).await?;
    let picker = ConnectionPicker::load(&mut tx, me, &tool.connector, filled.chosen, faults).await?;
    let runs = jobs::list_tool_runs(&mut tx, &me.actor, tool.connector.id, &tool.version.name, MAX_SHOWN_RUNS).await?;
    let saved = saved_inputs::list(&mut tx, &me.actor, tool.saved_ref()).await?;
    let offers = assistants::list_offers(&mut tx, &me.actor, tool.connector.id, &tool.version.name).await?;
    drop(tx);
    let calendar = me.calendar(app.clock.now());
    let shell = below(me, label.clone(), &tool.connector).await;
    let shell = if filled.is_refused { shell.title_prefix("Error") } else { shell.with_faults(faults) };
    // the connection is not a field of the tool, and is validated after them
    let none = FieldFaults::default();
    let entries = secrets::seal(app, me, tool, &filled.entries.clone().with_masked_text(&tool.form.plan));
    let form = {
        let faults = if picker.faults.is_empty() { faults } else { &none };
        let zone = calendar.zone().iana_name().unwrap_or("UTC");
        FormView::with_focus(&tool.form.plan, &entries, faults, filled.focus, zone)
    };
    let form = with_offers(form, tool, &picker, filled.offer)?;
    let page = ToolPage {
        tile: tile(&tool.connector, me.here()),
        shell,
        name: tool.version.name.clone(),
        description: tool.version.description.clone(),
        effect: effect_badge(tool.version.effect()),
        is_destructive: tool.version.effect() == Effect::Destructive,
        held: tool.version.is_held.then(|| HeldNote {
            connector: tool.connector.name.clone(),
            href: format!("{}/discovery", href(&tool.connector, me.here())),
            is_refusal: filled.is_refused,
        }),
        transport: tool.connector.transport,
        unusable_reason: tool.form.plan.unusable_reason.clone(),
        action: tool.href(me.here()),
        takes_files: tool.form.plan.takes_files(),
        idem: filled.idem.to_owned(),
        summary: form.summary(),
        form,
        picker,
        other_view: match tool.form.plan.why_json {
            None if entries.is_json() => Some(("form", "Edit as a form")),
            None => Some(("json", "Edit as JSON")),
            Some(_) => None,
        },
        changed_since: tool.source.changed_since,
        filled_with: tool.source.saved.as_ref().map(|(_, name)| name.clone()),
        saved: saved.iter().map(|it| SavedView::new(it, tool, me.here())).collect(),
        lacks_example: filled.entries.lacks_example(&tool.form.plan),
        runs: runs.iter().map(|run| RunView::new(run, tool, me.here(), &calendar)).collect(),
        all_runs: tool.jobs_href(me.here()),
        schema: schema_text(&tool.version.schema),
        assistants: AssistantNames::new(&offers, &tool.version.schema),
        label,
    };
    let status = if filled.is_refused { StatusCode::CONFLICT } else { form_status(faults) };
    Ok(page_with(status, &page))
}
