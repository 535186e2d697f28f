//! Connects a service with a key. A submitted key is never shown again.

use askama::Template;

use super::connect_method::{ConnectMethod, ConnectionForm, FilledForm};
use super::{below, connected_message, href};
use crate::app::App;
use crate::connections::{CredentialService, NewConnection, NewCredential, NewKey};
use crate::connectors::{self, Connector, KeyForm};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::flash::Flash;
use crate::web::respond::{page_with, see_other};
use crate::web::service_fields::{FieldView, host_of};
use crate::web::shell::Shell;

#[derive(Template)]
#[template(path = "connectors/key.html")]
struct KeyPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    action: String,
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
    form(app, me, connector, method, FilledForm { values: typed, faults: &FieldFaults::default() }).await
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
            let message = format!("{} has accepted the key, and is connected.", connector.name);
            me.flash(Flash::success(connected_message(app, me, id, message).await?)).await?;
            Ok(see_other(&me.here().path(&format!("/connections/{id}"))))
        }
        Err(Error::Invalid(faults)) => {
            form(app, me, connector, method, FilledForm { values: typed, faults: &faults }).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn find_form(app: &App, me: &SignedIn, connector: &Connector) -> crate::error::Result<KeyForm> {
    let mut tx = app.db.enter(&me.actor).await?;
    connectors::key_form(&mut tx, &me.actor, connector.id).await?.ok_or(Error::NotFound("page"))
}

async fn form(
    app: &App,
    me: &SignedIn,
    connector: &Connector,
    method: ConnectMethod,
    filled: FilledForm<'_>,
) -> Result {
    let FilledForm { values, faults } = filled;
    let form = find_form(app, me, connector).await?;
    let docs = match &form {
        KeyForm::Service(descriptor) => descriptor.docs.clone(),
        KeyForm::Server(_) => String::new(),
    };
    let shell = below(me, format!("Connect {}", connector.name), connector).await.with_faults(faults);
    Ok(page_with(
        filled.status(),
        &KeyPage {
            shell,
            faults,
            service: &connector.name,
            action: format!("{}/connection", href(connector, me.here())),
            is_first: method == ConnectMethod::Key { is_first: true },
            label: &values.label,
            fields: FieldView::all_of_key(&form, &values.fields),
            ends_on: &values.ends_on,
            docs_host: host_of(&docs),
            docs,
        },
    ))
}
