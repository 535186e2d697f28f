//! A saved input: its values, and its end.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::Tool;
use crate::app::App;
use crate::ids::SavedInputId;
use crate::saved_inputs;
use crate::web::actor::SignedIn;
use crate::web::connectors::below;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::flash::Flash;
use crate::web::respond::{page_unstored, see_other};
use crate::web::shell::Shell;
use crate::web::when::When;

/// The parameters of the path of a saved input.
#[derive(Deserialize)]
pub(in crate::web::connectors) struct SavedPath {
    slug: String,
    tool: String,
    id: SavedInputId,
}

#[derive(Template)]
#[template(path = "connectors/saved_input.html")]
struct SavedInputPage {
    shell: Shell,
    name: String,
    tool: String,
    saved_at: When,
    input: String,
    action: String,
    /// Address of the form with the values; `None` if the tool was removed.
    form: Option<String>,
}

pub(in crate::web::connectors) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(SavedPath { slug, tool, id }): Path<SavedPath>,
) -> Result<Response> {
    let tool = Tool::find(&app, &me, &slug, &tool).await?;
    let saved = saved_inputs::find(&app.db, &me.actor, tool.saved_ref(), id).await?;
    let shell = below(&me, saved.name.clone(), &tool.connector).await;
    Ok(page_unstored(&SavedInputPage {
        shell: shell.breadcrumb(tool.version.label().to_owned(), tool.href(me.here())),
        tool: tool.version.label().to_owned(),
        saved_at: me.calendar(app.clock.now()).when(saved.saved_at),
        input: pretty(&saved.input),
        action: tool.saved_href(id, me.here()),
        form: tool.version.is_listed.then(|| format!("{}?saved={id}", tool.href(me.here()))),
        name: saved.name,
    }))
}

/// Returns JSON text in lines.
fn pretty(text: &str) -> String {
    let value: serde_json::Result<Value> = serde_json::from_str(text);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| text.to_owned())
}

pub(in crate::web::connectors) async fn delete(
    State(app): State<App>,
    me: SignedIn,
    Path(SavedPath { slug, tool, id }): Path<SavedPath>,
) -> Result<Response> {
    let tool = Tool::find(&app, &me, &slug, &tool).await?;
    let name = saved_inputs::delete(&app.db, &me.actor, tool.saved_ref(), id).await?;
    me.flash(Flash::success(format!("The saved input “{name}” is deleted."))).await?;
    Ok(see_other(&tool.href(me.here())))
}
