//! Replaces the credential of a connection: a bearer token, or an API key with the other fields of its service. No page
//! shows a credential.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::views::{self, href};
use super::{OwnConnection, below};
use crate::app::App;
use crate::connections::{self, ConnectionDetail, CredentialService, FormValues, NewCredential, NewKey, NewToken};
use crate::connectors::{self, KeyForm};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::service_fields::FieldView;
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Default, Deserialize)]
pub(super) struct CredentialForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    ends_on: String,
    /// The fields of a service with an API key.
    #[serde(flatten)]
    fields: FormValues,
}

/// The page of a bearer token.
#[derive(Template)]
#[template(path = "connections/token.html")]
struct TokenPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    name: String,
    connector: String,
    href: String,
    ends_on: &'a str,
}

/// The page of an API key.
#[derive(Template)]
#[template(path = "connections/key.html")]
struct KeyPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    name: String,
    connector: String,
    href: String,
    fields: Vec<FieldView>,
    ends_on: &'a str,
}

pub(super) async fn edit(
    State(app): State<App>,
    OwnConnection { me, connection }: OwnConnection,
    pending_form: PendingForm,
) -> Result {
    if let Some(why) = reason_not_to_replace(&connection) {
        me.flash(Flash::important(format!("{why}."))).await?;
        return Ok(see_other(&href(&connection, me.here())));
    }
    // secrets are not preserved through the sign-in
    let restored: Option<Form<CredentialForm>> = pending_form.take_form(&app, &me).await?;
    let typed = match restored {
        Some(Form(typed)) => typed,
        None => CredentialForm { fields: load_fields(&app, &me, &connection).await?, ..CredentialForm::default() },
    };
    form(&app, &me, &connection, FilledForm { typed: &typed, faults: &FieldFaults::default() }).await
}

pub(super) async fn update(
    State(app): State<App>,
    OwnConnection { me, connection }: OwnConnection,
    Form(typed): Form<CredentialForm>,
) -> Result {
    if let Some(why) = reason_not_to_replace(&connection) {
        return Err(why.into());
    }
    let expiry = me.typed_end(&typed.ends_on);
    let new = if connection.takes_key() {
        NewCredential::Key(NewKey { values: typed.fields.clone(), expiry })
    } else {
        NewCredential::Token(NewToken::from_typed(&typed.token, expiry))
    };
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    match credentials.replace(&me.actor, connection.id, &new, app.clock.now()).await {
        Ok(released) => {
            released.announce(&app.live);
            app.live.notify_owner(me.actor.owner_id());
            me.flash(Flash::success(replaced_message(&connection, released.len()))).await?;
            Ok(see_other(&href(&connection, me.here())))
        }
        Err(Error::Invalid(faults)) => {
            form(&app, &me, &connection, FilledForm { typed: &typed, faults: &faults }).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Returns the reason why there is no credential to replace.
fn reason_not_to_replace(connection: &ConnectionDetail) -> Option<Error> {
    if connection.is_disconnected() {
        return Some(Error::stale("This connection was disconnected", "Connect the service again"));
    }
    let none = || {
        let text = format!("{} takes no token, so there is none to replace", connection.connector);
        Error::conflict(text, "Use the connection as it is")
    };
    (!views::takes_token(connection)).then(none)
}

fn replaced_message(connection: &ConnectionDetail, released: usize) -> String {
    let what = if connection.takes_key() { "key" } else { "token" };
    let words = format!("The {what} is replaced. {} has accepted the new one.", connection.connector);
    match released {
        0 => words,
        1 => format!("{words} The job that waited for it continues."),
        n => format!("{words} The {} that waited for it continue.", count(n as u64, "job")),
    }
}

/// A form as it was typed, with its faults.
struct FilledForm<'a> {
    typed: &'a CredentialForm,
    faults: &'a FieldFaults,
}

/// Shows the form of a key or of a token.
async fn form(app: &App, me: &SignedIn, connection: &ConnectionDetail, filled: FilledForm<'_>) -> Result<Response> {
    let FilledForm { typed, faults } = filled;
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if connection.takes_key() { "Replace the key" } else { "Replace the token" };
    let shell = below(me, title, connection).await.with_faults(faults);
    let (name, connector) = (views::name(connection), connection.connector.clone());
    let href = href(connection, me.here());
    let ends_on = typed.ends_on.as_str();
    if !connection.takes_key() {
        return Ok(page_with(status, &TokenPage { shell, faults, name, connector, href, ends_on }));
    }
    let fields = FieldView::all_of_key(&load_form(app, me, connection).await?, &typed.fields);
    Ok(page_with(status, &KeyPage { shell, faults, name, connector, href, fields, ends_on }))
}

/// Returns the stored values of the fields of a service with a key.
async fn load_fields(app: &App, me: &SignedIn, connection: &ConnectionDetail) -> crate::error::Result<FormValues> {
    if !connection.takes_key() {
        return Ok(FormValues::default());
    }
    let mut tx = app.db.enter(&me.actor).await?;
    connections::stored_values(&mut tx, &me.actor, connection.id).await
}

async fn load_form(app: &App, me: &SignedIn, connection: &ConnectionDetail) -> crate::error::Result<KeyForm> {
    let mut tx = app.db.enter(&me.actor).await?;
    let form = connectors::key_form(&mut tx, &me.actor, connection.connector_id).await?;
    form.ok_or(Error::NotFound("page"))
}
