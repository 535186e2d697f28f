//! Saving of an input under a name: a page asks for the name, and carries the form.

use askama::Template;
use axum::response::Response;

use super::{FilledForm, Tool, preview};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::ids::SavedInputId;
use crate::saved_inputs::{self, NewInput};
use crate::schema_form::{has_stale_fields, mask, parse_as_shown};
use crate::web::actor::SignedIn;
use crate::web::connectors::below;
use crate::web::connectors::connect_method::form_status;
use crate::web::extract::FORM_CONTENT_TYPE;
use crate::web::flash::Flash;
use crate::web::respond::page_with;
use crate::web::shell::Shell;

/// Name of the field with the name.
const NAME: &str = "name";

/// Name of the box that replaces the saved input of the same name.
const REPLACES: &str = "replaces";

/// The name as typed, and the choice to replace.
#[derive(Debug)]
pub(super) struct TypedName {
    name: String,
    replaces: bool,
}

/// The next step of a person who saves an input.
pub(super) enum Step {
    /// They enter a name, or another.
    Ask(Response),
    /// The input is saved.
    Saved((SavedInputId, String)),
}

#[derive(Template)]
#[template(path = "connectors/save_input.html")]
struct NamingPage {
    shell: Shell,
    tool: String,
    faults: FieldFaults,
    name: String,
    /// Another saved input has the name.
    is_taken: bool,
    replaces: bool,
    /// Secrets are part of the input.
    has_secrets: bool,
    input: String,
    action: String,
    /// The encoding of the form, which may carry files.
    enctype: &'static str,
    /// Names and texts of the form.
    fields: Vec<(String, String)>,
}

/// Splits a submitted form into the name for its input, and the rest. Only the page that asks for the name has one.
pub(super) fn split_form(pairs: Vec<(String, String)>) -> (Option<TypedName>, Vec<(String, String)>) {
    let (own, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == NAME || name == REPLACES);
    let replaces = own.iter().any(|(name, _)| name == REPLACES);
    let name = own.into_iter().find(|(name, _)| name == NAME);
    (name.map(|(_, name)| TypedName { name, replaces }), pairs)
}

/// Saves the input of the form, or asks for its name. The input may be incomplete.
///
/// # Errors
/// Returns [`Error::Invalid`] if the form has text that is not JSON, or what JSON has no place for, or fields that the tool does
/// not have.
pub(super) async fn save(
    app: &App,
    me: &SignedIn,
    tool: &Tool,
    sent: FilledForm<'_>,
    typed: Option<&TypedName>,
) -> Result<Step, Error> {
    tool.form.plan.check_before_json(sent.entries, "")?;
    if has_stale_fields(&tool.form.plan, sent.entries) {
        // a field that the tool has no longer may be a secret, which nothing marks now
        return Err(Error::field("", "The tool has changed since you opened the form. Check the input, then save it"));
    }
    let input = parse_as_shown(&tool.form.plan, sent.entries)?;
    let masked = mask(&tool.version.schema, &input);
    let text = masked.to_string();
    let (typed_name, replaces) = typed.map_or(("", false), |typed| (typed.name.as_str(), typed.replaces));
    let mut faults = FieldFaults::default();
    if typed.is_some() {
        let new = NewInput { name: typed_name, tool_version_id: tool.version.id, input: &text, replaces };
        match saved_inputs::save(&app.db, &me.actor, tool.saved_ref(), new, app.clock.now()).await {
            Ok((id, name)) => {
                me.flash(Flash::success(format!("The input is saved as “{name}”."))).await?;
                return Ok(Step::Saved((id, name)));
            }
            Err(Error::Invalid(found)) => faults = found,
            Err(other) => return Err(other),
        }
    }
    let mut tx = app.db.enter(&me.actor).await?;
    let others = saved_inputs::list(&mut tx, &me.actor, tool.saved_ref()).await?;
    drop(tx);
    let folded = typed_name.trim().to_lowercase();
    let page = NamingPage {
        shell: below(me, "Save this input", &tool.connector)
            .await
            .breadcrumb(tool.version.label().to_owned(), tool.href(me.here()))
            .with_faults(&faults),
        tool: tool.version.label().to_owned(),
        name: typed_name.to_owned(),
        is_taken: others.iter().any(|other| other.name.to_lowercase() == folded),
        replaces,
        has_secrets: masked != input,
        input: serde_json::to_string_pretty(&masked).unwrap_or_default(),
        action: tool.href(me.here()),
        enctype: if tool.form.plan.takes_files() { "multipart/form-data" } else { FORM_CONTENT_TYPE },
        fields: preview::carried_fields(app, me, tool, sent),
        faults,
    };
    Ok(Step::Ask(page_with(form_status(&page.faults), &page)))
}
