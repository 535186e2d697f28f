//! Changes the label of a connection.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::{OwnConnection, below, views};
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

#[derive(Deserialize)]
pub(super) struct LabelForm {
    #[serde(default)]
    label: String,
}

#[derive(Template)]
#[template(path = "connections/label.html")]
struct LabelPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    connector: String,
    href: String,
    typed: &'a str,
}

pub(super) async fn edit(
    State(app): State<App>,
    OwnConnection { me, connection }: OwnConnection,
    pending_form: PendingForm,
) -> Result {
    let typed = pending_form
        .take_form(&app, &me)
        .await?
        .map_or_else(|| connection.label.clone(), |Form(form): Form<LabelForm>| form.label);
    Ok(form(&me, &connection, StatusCode::OK, &typed, &FieldFaults::default()).await)
}

pub(super) async fn update(
    State(app): State<App>,
    OwnConnection { me, connection }: OwnConnection,
    Form(typed): Form<LabelForm>,
) -> Result {
    match connections::rename(&app.db, &me.actor, connection.id, &typed.label, app.clock.now()).await {
        Ok(()) => {
            app.live.notify_owner(me.actor.owner_id());
            me.flash(Flash::success("The label is saved.")).await?;
            Ok(see_other(&views::href(&connection, me.here())))
        }
        Err(Error::Invalid(faults)) => {
            Ok(form(&me, &connection, StatusCode::UNPROCESSABLE_ENTITY, &typed.label, &faults).await)
        }
        Err(other) => Err(other.into()),
    }
}

async fn form(
    me: &SignedIn,
    connection: &ConnectionDetail,
    status: StatusCode,
    typed: &str,
    faults: &FieldFaults,
) -> Response {
    let shell = below(me, "Change the label", connection).await.with_faults(faults);
    let (connector, href) = (connection.connector.clone(), views::href(connection, me.here()));
    page_with(status, &LabelPage { shell, faults, connector, href, typed })
}
