//! Connects the server that a person has at a provider which runs one for each customer. It becomes a connector of the owner.

use askama::Template;

use super::connect_method::{ConnectionForm, FilledForm};
use super::new::show_added;
use super::{below, href};
use crate::app::App;
use crate::connections::{self, NewOwnServer, NewToken};
use crate::connectors::{self, AuthKind, Connector};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::respond::page_with;
use crate::web::service_fields::{FieldView, host_of};
use crate::web::shell::Shell;

/// Name of the field for the name of the new connector.
const NAME_FIELD: &str = "name";

#[derive(Template)]
#[template(path = "connectors/own_address.html")]
struct OwnAddressPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    action: String,
    fields: Vec<FieldView>,
    takes_key: bool,
    ends_on: &'a str,
    name: &'a str,
    docs: &'a str,
    docs_host: String,
}

pub(super) async fn show(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    form(app, me, connector, FilledForm { values: typed, faults: &FieldFaults::default() }).await
}

pub(super) async fn create(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    let new = NewOwnServer {
        name: name_of(typed).to_owned(),
        fields: typed.fields.clone(),
        token: NewToken::from_typed(&typed.token, me.typed_end(&typed.ends_on)),
    };
    let now = app.clock.now();
    match connections::add_own_server(&app.db, &app.egress, &app.vault, &me.actor, connector, new, now).await {
        Ok(added) => show_added(app, me, added).await,
        Err(Error::Invalid(faults)) => form(app, me, connector, FilledForm { values: typed, faults: &faults }).await,
        Err(other) => Err(other.into()),
    }
}

fn name_of(typed: &ConnectionForm) -> &str {
    typed.fields.get(NAME_FIELD).map_or("", String::as_str)
}

async fn form(app: &App, me: &SignedIn, connector: &Connector, filled: FilledForm<'_>) -> Result {
    let FilledForm { values, faults } = filled;
    let mut tx = app.db.enter(&me.actor).await?;
    let fields = connectors::address_fields(&mut tx, &me.actor, connector).await?;
    drop(tx);
    let docs = connector.docs_url.as_deref().unwrap_or_default();
    Ok(page_with(
        filled.status(),
        &OwnAddressPage {
            shell: below(me, format!("Connect {}", connector.name), connector).await.with_faults(faults),
            faults,
            service: &connector.name,
            action: format!("{}/connection", href(connector, me.here())),
            fields: FieldView::all(&fields, &values.fields),
            takes_key: connector.auth == AuthKind::Token,
            ends_on: &values.ends_on,
            name: name_of(values),
            docs,
            docs_host: host_of(docs),
        },
    ))
}
