//! Adding an MCP server by its URL.

use std::fmt::Write;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::sign_in;
use super::views::{Choice, NewPage};
use crate::app::App;
use crate::connections::{self, AddedServer, NewServer, NewToken, ServerAuth};
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::RestoredForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::{Section, Shell};
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

pub(super) async fn new(State(app): State<App>, me: SignedIn, kept: RestoredForm) -> Result {
    let Form(typed) = kept.take(&app, &me).await?.unwrap_or_else(|| Form(NewForm::default()));
    Ok(form(&me, StatusCode::OK, &typed, &FieldFaults::default()).await)
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Form(typed): Form<NewForm>) -> Result {
    let auth = match typed.auth.as_str() {
        "bearer" => ServerAuth::Bearer(NewToken {
            token: Secret::new(typed.token.trim()),
            expiry: me.typed_end(&typed.ends_on),
        }),
        "none" => ServerAuth::None,
        _ => ServerAuth::Auto,
    };
    let server = NewServer { name: typed.name.trim().to_owned(), url: typed.url.trim().to_owned(), auth };
    let added = connections::add_server(&app.db, &app.egress, &app.vault, &me.actor, server, app.clock.now()).await;
    match added {
        Ok(AddedServer::Ready(connector, found)) => {
            me.flash(Flash::success(added_words(&connector.name, &found))).await?;
            Ok(see_other(&format!("/connectors/{}", connector.slug)))
        }
        Ok(AddedServer::SignIn(connector)) => sign_in::begin(&app, &me, &connector).await,
        Err(Error::Invalid(faults)) => Ok(form(&me, StatusCode::UNPROCESSABLE_ENTITY, &typed, &faults).await),
        Err(other) => Err(other.into()),
    }
}

fn added_words(name: &str, found: &crate::upstream::Discovery) -> String {
    let tools = when::count(found.tools.len() as u64, "tool");
    let mut words = format!("{name} is added. It has {tools}.");
    for left_out in &found.dropped {
        let _ = write!(words, " “{}” was left out: {}.", left_out.name, left_out.reason);
    }
    words
}

async fn form(me: &SignedIn, status: StatusCode, typed: &NewForm, faults: &FieldFaults) -> axum::response::Response {
    let shell: Shell =
        me.shell("Add an MCP server").await.section(Section::Connectors).breadcrumb("Connectors", "/connectors");
    let shell = shell.with_faults(faults);
    let auth = ["none", "bearer"].into_iter().find(|known| *known == typed.auth).unwrap_or("auto");
    page_with(
        status,
        &NewPage {
            shell,
            faults,
            name: &typed.name,
            url: &typed.url,
            ends_on: &typed.ends_on,
            auth,
            auths: [
                Choice { value: "auto", label: "As the server asks: none, or signing in there" },
                Choice { value: "none", label: "None: the server is open to whoever reaches it" },
                Choice { value: "bearer", label: "Bearer token" },
            ],
        },
    )
}
