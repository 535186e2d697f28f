//! The preview of a run: what would be sent, with the choice to run the tool or to change the input.

use askama::Template;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{FilledForm, Tool, secrets};
use crate::app::App;
use crate::connections::RestService;
use crate::connectors::{Effect, Transport};
use crate::db::Tx;
use crate::error::{Error, FieldFaults};
use crate::ids::ConnectionId;
use crate::schema_form::mask;
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::connectors::below;
use crate::web::connectors::connection_picker::ConnectionPicker;
use crate::web::connectors::views::effect_badge;
use crate::web::respond::page;
use crate::web::shell::Shell;

#[derive(Template)]
#[template(path = "connectors/preview.html")]
struct PreviewPage {
    shell: Shell,
    label: String,
    name: String,
    effect: Option<Badge>,
    is_destructive: bool,
    /// The request to a REST service.
    request: Option<String>,
    /// The hub itself runs the tool, so no server says what the tool does.
    is_of_server: bool,
    /// The label of the connection; `None` if the first run creates one.
    connection: Option<String>,
    input: String,
    action: String,
    /// The form may carry files.
    takes_files: bool,
    /// The digest of what is shown.
    digest: String,
    /// Names and texts of the form.
    fields: Vec<(String, String)>,
}

/// Returns the digest of a preview. A run of a tool that may destroy needs the digest of what it sends: somebody has seen it.
pub(super) fn digest(tool: &Tool, input: &Value, chosen: Option<&str>) -> String {
    let shown = mask(&tool.version.schema, input);
    let text = format!("{} {} {shown}", tool.version.id, chosen.unwrap_or_default());
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// Shows what would be sent.
pub(super) async fn show(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    sent: FilledForm<'_>,
    input: &Value,
) -> Result<Response, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    let picker = ConnectionPicker::load(&mut tx, me, &tool.connector, sent.chosen, &FieldFaults::default()).await?;
    let shown = mask(&tool.version.schema, input);
    let request = describe_request(&mut tx, me, tool, picker.chosen_id(), &shown).await?;
    drop(tx);
    let shell = below(me, tool.version.label(), &tool.connector).await.title_prefix("Preview");
    let effect = tool.version.effect();
    Ok(page(&PreviewPage {
        shell,
        label: tool.version.label().to_owned(),
        name: tool.version.name.clone(),
        effect: effect_badge(effect),
        is_destructive: effect == Effect::Destructive,
        request,
        is_of_server: tool.connector.transport == Transport::Mcp,
        connection: picker.chosen_label(),
        input: serde_json::to_string_pretty(&shown).unwrap_or_default(),
        action: tool.href(me.here()),
        takes_files: tool.form.plan.takes_files(),
        digest: digest(tool, input, sent.chosen),
        fields: carried_fields(app, me, tool, sent),
    }))
}

/// Checks that the request to a REST service can be made of the input. Without a connection there is nothing to check.
///
/// # Errors
/// [`Error::Invalid`] with the field that the request cannot express.
pub(super) async fn check_request(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    chosen: Option<&str>,
    input: &Value,
) -> Result<(), Error> {
    if tool.connector.transport != Transport::Rest {
        return Ok(());
    }
    let mut tx = app.db.enter(&me.actor).await?;
    let picker = ConnectionPicker::load(&mut tx, me, &tool.connector, chosen, &FieldFaults::default()).await?;
    let shown = mask(&tool.version.schema, input);
    describe_request(&mut tx, me, tool, picker.chosen_id(), &shown).await?;
    Ok(())
}

/// Describes the request that a run would send to a REST service; `None` for other tools, and without a connection.
///
/// # Errors
/// [`Error::Invalid`] with the field that the request cannot express.
async fn describe_request(
    tx: &mut Tx,
    me: &SignedIn,
    tool: &Tool,
    connection: Option<ConnectionId>,
    input: &Value,
) -> Result<Option<String>, Error> {
    let (Some(rest), Some(connection), Value::Object(arguments)) = (tool.version.rest_tool()?, connection, input)
    else {
        return Ok(None);
    };
    let service = RestService::find(tx, &me.actor, connection, &tool.connector).await?;
    service.describe_request(rest, arguments).map(Some)
}

/// Returns the fields that carry the form through another page.
pub(super) fn carried_fields(app: &App, me: &SignedIn, tool: &Tool, sent: FilledForm<'_>) -> Vec<(String, String)> {
    let entries = secrets::seal(app, me, tool, &sent.entries.clone().with_masked_text(&tool.form.plan));
    let idem = [("idem", sent.idem.to_owned())];
    let connection = sent.chosen.map(|chosen| ("connection", chosen.to_owned()));
    let own = idem.into_iter().chain(connection).map(|(name, text)| (name.to_owned(), text));
    let typed = entries.pairs().iter().filter(|(name, _)| !["op", "idem", "seen"].contains(&name.as_str()));
    own.chain(typed.cloned()).collect()
}
