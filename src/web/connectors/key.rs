//! Connecting a service with a key. What is typed of it is never shown.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::connection::{ConnectMethod, ConnectionForm};
use super::fields::{FieldView, host_of};
use super::{below, with_twin};
use crate::app::App;
use crate::connections::{CredentialService, NewConnection, NewCredential, NewKey};
use crate::connectors::{self, Connector, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::flash::Flash;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

#[derive(Template)]
#[template(path = "connectors/key.html")]
struct KeyPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    slug: &'a str,
    is_first: bool,
    label: &'a str,
    fields: Vec<FieldView>,
    ends_on: &'a str,
    docs: String,
    docs_host: String,
}

pub(super) async fn show(
    app: &App,
    me: &SignedIn,
    connector: &Connector,
    method: ConnectMethod,
    typed: &ConnectionForm,
) -> Result {
    let descriptor = described(app, me, connector).await?;
    Ok(form(me, StatusCode::OK, connector, method, &descriptor, typed, &FieldFaults::default()).await)
}

pub(super) async fn create(
    app: &App,
    me: &SignedIn,
    connector: &Connector,
    method: ConnectMethod,
    typed: &ConnectionForm,
) -> Result {
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    let key = NewKey { values: typed.fields.clone(), expiry: me.typed_end(&typed.ends_on) };
    let new = NewConnection { label: typed.label.clone(), credential: NewCredential::Key(key) };
    match credentials.connect(&me.actor, connector, &new, app.clock.now()).await {
        Ok(id) => {
            let words = format!("{} has accepted the key, and is connected.", connector.name);
            me.flash(Flash::success(with_twin(app, me, id, words).await?)).await?;
            Ok(see_other(&format!("/connections/{id}")))
        }
        Err(Error::Invalid(faults)) => {
            let descriptor = described(app, me, connector).await?;
            Ok(form(me, StatusCode::UNPROCESSABLE_ENTITY, connector, method, &descriptor, typed, &faults).await)
        }
        Err(other) => Err(other.into()),
    }
}

async fn described(app: &App, me: &SignedIn, connector: &Connector) -> crate::error::Result<Descriptor> {
    let mut tx = app.db.as_user(&me.actor).await?;
    connectors::descriptor(&mut tx, &me.actor, connector.id).await?.ok_or(Error::NotFound("key of this service"))
}

async fn form(
    me: &SignedIn,
    status: StatusCode,
    connector: &Connector,
    method: ConnectMethod,
    descriptor: &Descriptor,
    typed: &ConnectionForm,
    faults: &FieldFaults,
) -> Response {
    let shell = below(me, format!("Connect {}", connector.name), connector).await.with_faults(faults);
    page_with(
        status,
        &KeyPage {
            shell,
            faults,
            service: &connector.name,
            slug: &connector.slug,
            is_first: method == ConnectMethod::Key { is_first: true },
            label: &typed.label,
            fields: FieldView::all(descriptor, &typed.fields),
            ends_on: &typed.ends_on,
            docs: descriptor.docs.clone(),
            docs_host: host_of(&descriptor.docs),
        },
    )
}
