//! Adds an MCP server by its URL.

use axum::extract::State;
use serde::Deserialize;

use super::connect_method::form_status;
use super::discovery::describe_dropped;
use super::views::{NewPage, RadioOption};
use super::{href, sign_in};
use crate::app::App;
use crate::connections::{self, AddedServer, NewServer, NewToken, ServerAuth};
use crate::error::{Error, FieldFaults};
use crate::upstream::Discovery;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Section;
use crate::web::when;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewForm {
    name: String,
    url: String,
    auth: String,
    token: String,
    ends_on: String,
}

impl NewForm {
    fn fills_token(&self) -> bool {
        !self.token.trim().is_empty() || !self.ends_on.trim().is_empty()
    }

    fn new_token(&self, me: &SignedIn) -> NewToken {
        NewToken::from_typed(&self.token, me.typed_end(&self.ends_on))
    }
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let Form(typed) = pending_form.take_form(&app, &me).await?.unwrap_or_else(|| Form(NewForm::default()));
    Ok(form(&me, &typed, &FieldFaults::default()).await)
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Form(typed): Form<NewForm>) -> Result {
    let auth = match typed.auth.as_str() {
        "bearer" => ServerAuth::Bearer(typed.new_token(&me)),
        // whoever fills in a token means it, and its end belongs to it
        _ if typed.fills_token() => ServerAuth::Bearer(typed.new_token(&me)),
        "none" => ServerAuth::None,
        _ => ServerAuth::Auto,
    };
    let server = NewServer { name: typed.name.trim().to_owned(), url: typed.url.trim().to_owned(), auth };
    let added = connections::add_server(&app.db, &app.egress, &app.vault, &me.actor, server, app.clock.now()).await;
    match added {
        Ok(added) => show_added(&app, &me, added).await,
        Err(Error::Invalid(faults)) => Ok(form(&me, &typed, &faults).await),
        Err(other) => Err(other.into()),
    }
}

/// Leads to the page of a server that has been added, or to its sign-in.
pub(super) async fn show_added(app: &App, me: &SignedIn, added: AddedServer) -> Result {
    match added {
        AddedServer::Ready(connector, found) => {
            me.flash(Flash::success(added_message(&connector.name, &found))).await?;
            Ok(see_other(&href(&connector, me.here())))
        }
        AddedServer::SignIn(connector) => sign_in::begin(app, me, &connector).await,
    }
}

fn added_message(name: &str, found: &Discovery) -> String {
    let tools = when::count(found.tools.len() as u64, "tool");
    format!("{name} is added. It has {tools}.{}", describe_dropped(found))
}

async fn form(me: &SignedIn, typed: &NewForm, faults: &FieldFaults) -> axum::response::Response {
    let catalogue = me.here().path("/connectors");
    let shell = me.shell("Add an MCP server").await.section(Section::Connectors).breadcrumb("Connectors", catalogue);
    let shell = shell.with_faults(faults);
    let auth = ["none", "bearer"].into_iter().find(|value| *value == typed.auth).unwrap_or("auto");
    // the token is not shown again, but that there is one
    let auth = if typed.fills_token() { "bearer" } else { auth };
    page_with(
        form_status(faults),
        &NewPage {
            shell,
            faults,
            name: &typed.name,
            url: &typed.url,
            ends_on: &typed.ends_on,
            auth,
            auths: [
                RadioOption { value: "auto", label: "Find out from the server (recommended)" },
                RadioOption { value: "none", label: "No sign-in. Anyone who can reach the server may use it." },
                RadioOption { value: "bearer", label: "Bearer token" },
            ],
        },
    )
}
