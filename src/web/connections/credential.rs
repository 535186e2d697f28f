//! Replaces the credential of a connection: a bearer token, or an API key with the other fields of its service. No page
//! shows a credential.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::views::{self, href};
use super::{below, load};
use crate::app::App;
use crate::connections::{self, ConnectionDetail, CredentialService, FormValues, NewCredential, NewKey, NewToken};
use crate::connectors::{self, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
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

pub(super) async fn edit(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    pending_form: PendingForm,
) -> Result {
    let connection = load(&app, &me, &id).await?;
    if let Some(why) = reason_not_to_replace(&connection) {
        me.flash(Flash::important(why)).await?;
        return Ok(see_other(&href(&connection)));
    }
    if connection.takes_key() {
        return edit_key(&app, &me, &connection, pending_form).await;
    }
    // a token is not preserved through the sign-in
    let restored: Option<Form<CredentialForm>> = pending_form.take_form(&app, &me).await?;
    let ends_on = restored.map(|Form(typed)| typed.ends_on).unwrap_or_default();
    Ok(token_form(&me, &connection, StatusCode::OK, &ends_on, &FieldFaults::default()).await)
}

pub(super) async fn update(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    Form(typed): Form<CredentialForm>,
) -> Result {
    let connection = load(&app, &me, &id).await?;
    if let Some(why) = reason_not_to_replace(&connection) {
        return Err(Error::Conflict(why).into());
    }
    if connection.takes_key() {
        return update_key(&app, &me, &connection, &typed).await;
    }
    let token = NewToken { token: Secret::new(typed.token.trim()), expiry: me.typed_end(&typed.ends_on) };
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    match credentials.replace(&me.actor, connection.id, &NewCredential::Token(token), app.clock.now()).await {
        Ok(released) => {
            released.announce(&app.live);
            app.live.notify_user(me.actor.user_id());
            me.flash(Flash::success(replaced_message(&connection, released.len()))).await?;
            Ok(see_other(&href(&connection)))
        }
        Err(Error::Invalid(faults)) => {
            Ok(token_form(&me, &connection, StatusCode::UNPROCESSABLE_ENTITY, &typed.ends_on, &faults).await)
        }
        Err(other) => Err(other.into()),
    }
}

/// Returns the reason why there is no credential to replace.
fn reason_not_to_replace(connection: &ConnectionDetail) -> Option<String> {
    if connection.is_disconnected() {
        return Some("This connection was disconnected. Connect the service again.".to_owned());
    }
    let none = || format!("{} takes no token, so there is none to replace.", connection.connector);
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

async fn token_form(
    me: &SignedIn,
    connection: &ConnectionDetail,
    status: StatusCode,
    ends_on: &str,
    faults: &FieldFaults,
) -> Response {
    let shell = below(me, "Replace the token", connection).await.with_faults(faults);
    let (name, connector) = (views::name(connection), connection.connector.clone());
    page_with(status, &TokenPage { shell, faults, name, connector, href: href(connection), ends_on })
}

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

async fn edit_key(app: &App, me: &SignedIn, connection: &ConnectionDetail, pending_form: PendingForm) -> Result {
    let restored: Option<Form<CredentialForm>> = pending_form.take_form(app, me).await?;
    if let Some(Form(typed)) = restored {
        return key_form(app, me, connection, StatusCode::OK, &typed, &FieldFaults::default()).await;
    }
    let mut tx = app.db.as_user(&me.actor).await?;
    let fields = connections::stored_values(&mut tx, &me.actor, connection.id).await?;
    drop(tx);
    let typed = CredentialForm { fields, ..CredentialForm::default() };
    key_form(app, me, connection, StatusCode::OK, &typed, &FieldFaults::default()).await
}

async fn update_key(app: &App, me: &SignedIn, connection: &ConnectionDetail, typed: &CredentialForm) -> Result {
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    let key = NewKey { values: typed.fields.clone(), expiry: me.typed_end(&typed.ends_on) };
    match credentials.replace(&me.actor, connection.id, &NewCredential::Key(key), app.clock.now()).await {
        Ok(released) => {
            released.announce(&app.live);
            app.live.notify_user(me.actor.user_id());
            me.flash(Flash::success(replaced_message(connection, released.len()))).await?;
            Ok(see_other(&href(connection)))
        }
        Err(Error::Invalid(faults)) => {
            key_form(app, me, connection, StatusCode::UNPROCESSABLE_ENTITY, typed, &faults).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn key_form(
    app: &App,
    me: &SignedIn,
    connection: &ConnectionDetail,
    status: StatusCode,
    typed: &CredentialForm,
    faults: &FieldFaults,
) -> Result<Response> {
    let descriptor = load_descriptor(app, me, connection).await?;
    let shell = below(me, "Replace the key", connection).await.with_faults(faults);
    let (name, connector) = (views::name(connection), connection.connector.clone());
    let (fields, ends_on) = (FieldView::all(&descriptor, &typed.fields), typed.ends_on.as_str());
    Ok(page_with(status, &KeyPage { shell, faults, name, connector, href: href(connection), fields, ends_on }))
}

async fn load_descriptor(app: &App, me: &SignedIn, connection: &ConnectionDetail) -> crate::error::Result<Descriptor> {
    let mut tx = app.db.as_user(&me.actor).await?;
    let descriptor = connectors::descriptor(&mut tx, &me.actor, connection.connector_id).await?;
    descriptor.ok_or(Error::NotFound("page"))
}
