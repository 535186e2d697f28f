//! Putting another key in the place of a connection's own, with what else its service asks for. No key is ever shown.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::below;
use super::token::{TokenForm, told};
use super::views::{self, href};
use crate::app::App;
use crate::connections::{self, ConnectionDetail, CredentialService, NewCredential, NewKey};
use crate::connectors::{self, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::connectors::fields::FieldView;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::RestoredForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

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

pub(super) async fn edit(app: &App, me: &SignedIn, connection: &ConnectionDetail, kept: RestoredForm) -> Result {
    let kept: Option<Form<TokenForm>> = kept.take(app, me).await?;
    if let Some(Form(typed)) = kept {
        return form(app, me, connection, StatusCode::OK, &typed, &FieldFaults::default()).await;
    }
    let mut tx = app.db.as_user(&me.actor).await?;
    let fields = connections::stored_values(&mut tx, &me.actor, connection.id).await?;
    drop(tx);
    let typed = TokenForm { fields, ..TokenForm::default() };
    form(app, me, connection, StatusCode::OK, &typed, &FieldFaults::default()).await
}

pub(super) async fn update(app: &App, me: &SignedIn, connection: &ConnectionDetail, typed: &TokenForm) -> Result {
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    let key = NewKey { values: typed.fields.clone(), expiry: me.typed_end(&typed.ends_on) };
    match credentials.replace(&me.actor, connection.id, &NewCredential::Key(key), app.clock.now()).await {
        Ok(released) => {
            released.announce(&app.live);
            app.live.notify_user(me.actor.user_id());
            me.flash(Flash::success(told(connection, released.len()))).await?;
            Ok(see_other(&href(connection)))
        }
        Err(Error::Invalid(faults)) => {
            form(app, me, connection, StatusCode::UNPROCESSABLE_ENTITY, typed, &faults).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn form(
    app: &App,
    me: &SignedIn,
    connection: &ConnectionDetail,
    status: StatusCode,
    typed: &TokenForm,
    faults: &FieldFaults,
) -> Result<Response> {
    let descriptor = described(app, me, connection).await?;
    let shell = below(me, "Replace the key", connection).await.with_faults(faults);
    let (name, connector) = (views::name(connection), connection.connector.clone());
    let (fields, ends_on) = (FieldView::all(&descriptor, &typed.fields), typed.ends_on.as_str());
    Ok(page_with(status, &KeyPage { shell, faults, name, connector, href: href(connection), fields, ends_on }))
}

async fn described(app: &App, me: &SignedIn, connection: &ConnectionDetail) -> crate::error::Result<Descriptor> {
    let mut tx = app.db.as_user(&me.actor).await?;
    let descriptor = connectors::descriptor(&mut tx, &me.actor, connection.connector_id).await?;
    descriptor.ok_or(Error::NotFound("key of this service"))
}
