//! Changes the name and the address of a server that the user has added.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::connect_method::form_status;
use super::discovery::{describe_dropped, describe_held};
use super::{below, find_own, href};
use crate::app::App;
use crate::connections::{self, EditedServer, ServerEdit};
use crate::connectors::Connector;
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EditForm {
    name: String,
    url: String,
}

#[derive(Template)]
#[template(path = "connectors/edit.html")]
struct EditPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    href: String,
    typed: &'a EditForm,
}

pub(super) async fn edit(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    pending_form: PendingForm,
) -> Result {
    let connector = find_own(&app, &me, &slug).await?;
    let stored =
        || EditForm { name: connector.name.clone(), url: connector.mcp_server_url.clone().unwrap_or_default() };
    let typed = pending_form.take_form(&app, &me).await?.map_or_else(stored, |Form(typed)| typed);
    Ok(form(&me, &connector, &typed, &FieldFaults::default()).await)
}

pub(super) async fn update(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    Form(typed): Form<EditForm>,
) -> Result {
    let connector = find_own(&app, &me, &slug).await?;
    let edited = EditedServer { name: typed.name.trim().to_owned(), url: typed.url.trim().to_owned() };
    let name = edited.name.clone();
    let now = app.clock.now();
    let stored =
        connections::edit_server(&app.db, &app.egress, &app.refresher, &me.actor, &connector, edited, now).await;
    match stored {
        Ok(edit) => {
            me.flash(Flash::success(describe(&name, &edit))).await?;
            Ok(see_other(&href(&connector, me.here())))
        }
        Err(Error::Invalid(faults)) => Ok(form(&me, &connector, &typed, &faults).await),
        Err(other) => Err(other.into()),
    }
}

fn describe(name: &str, edit: &ServerEdit) -> String {
    match edit {
        ServerEdit::SameUrl => format!("{name} is saved."),
        ServerEdit::SignInNeeded => {
            format!("{name} is saved. The new address lists its tools after a sign-in: connect it again.")
        }
        ServerEdit::Found(found, changes) => {
            let tools = count(found.tools.len() as u64, "tool");
            let (held, dropped) = (describe_held(changes.changed), describe_dropped(found));
            format!("{name} is saved. The new address lists {tools}.{held}{dropped}")
        }
    }
}

async fn form(me: &SignedIn, connector: &Connector, typed: &EditForm, faults: &FieldFaults) -> Response {
    let shell = below(me, "Edit", connector).await.with_faults(faults);
    page_with(form_status(faults), &EditPage { shell, faults, href: href(connector, me.here()), typed })
}
