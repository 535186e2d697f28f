//! The page of a tool that its server no longer lists. What somebody entered, and what they saved, stays readable.

use askama::Template;
use http::StatusCode;

use super::Tool;
use crate::app::App;
use crate::saved_inputs;
use crate::schema_form::{Entries, mask, parse_as_shown};
use crate::web::actor::SignedIn;
use crate::web::connectors::href;
use crate::web::connectors::views::SavedView;
use crate::web::error::Result;
use crate::web::respond::{forbid_storing, page_with};
use crate::web::shell::{Section, Shell};
use crate::web::when::When;

#[derive(Template)]
#[template(path = "connectors/removed.html")]
struct RemovedPage {
    shell: Shell,
    label: String,
    name: String,
    description: String,
    connector: String,
    at: Option<When>,
    /// Input that somebody entered before they knew, as JSON without its secrets.
    entered: Option<String>,
    saved: Vec<SavedView>,
    jobs: String,
    tools: String,
}

/// Shows that the tool was removed and cannot run.
pub(super) async fn show(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    status: StatusCode,
    entered: Option<&Entries>,
) -> Result {
    let service = href(&tool.connector, me.here());
    let mut tx = app.db.enter(&me.actor).await?;
    let saved = saved_inputs::list(&mut tx, &me.actor, tool.saved_ref()).await?;
    drop(tx);
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
        entered: entered.map(|entries| entered_text(tool, entries)).filter(|text| text != "{}"),
        // there is no form that they could fill
        saved: saved
            .iter()
            .map(|it| SavedView { href: tool.saved_href(it.id, me.here()), ..SavedView::new(it, tool, me.here()) })
            .collect(),
        jobs: tool.jobs_href(me.here()),
        tools: service,
    };
    Ok(forbid_storing(page_with(status, &page)))
}

/// Returns what a form contains as JSON, or as it was typed if that is none.
fn entered_text(tool: &Tool, entries: &Entries) -> String {
    match parse_as_shown(&tool.form.plan, entries) {
        Ok(value) => serde_json::to_string_pretty(&mask(&tool.version.schema, &value)).unwrap_or_default(),
        Err(_) => entries.get("j").unwrap_or_default().to_owned(),
    }
}
