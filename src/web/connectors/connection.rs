//! Connects a service, with its first or another account.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::connect_method::{ConnectMethod, ConnectionForm, FilledForm};
use super::discovery::describe_dropped;
use super::{below, href, key, own_address, sign_in};
use crate::app::App;
use crate::connections::{
    self, CredentialService, DiscoveryOutcome, FormValues, NewConnection, NewCredential, NewToken, label,
};
use crate::connectors::{self, AuthKind, Connector};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Form, Path, Query};
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Template)]
#[template(path = "connectors/connection.html")]
struct ConnectionPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    action: String,
    method: ConnectMethod,
    label: &'a str,
    ends_on: &'a str,
    token_label: &'static str,
    /// The provider's page about keys, if it hosts the server.
    docs: Option<&'a str>,
}

/// Query string of the form.
#[derive(Default, Deserialize)]
pub(super) struct NewParams {
    /// The connection to sign in to again.
    label: Option<String>,
}

pub(super) async fn new(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    Query(params): Query<NewParams>,
    pending_form: PendingForm,
) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    if connector.has_own_addresses() {
        let Form(typed) = pending_form.take_form(&app, &me).await?.unwrap_or_else(|| Form(ConnectionForm::default()));
        return own_address::show(&app, &me, &connector, &typed).await;
    }
    let Some(method) = connect_method(&app, &me, &connector).await? else {
        return redirect_connected(&me, &connector).await;
    };
    let restored: Option<Form<ConnectionForm>> = pending_form.take_form(&app, &me).await?;
    let blank = || method.blank_label().to_owned();
    if let ConnectMethod::SignIn { .. } = method {
        let label = params.label.unwrap_or_else(blank);
        let typed = if let Some(Form(typed)) = restored {
            typed
        } else {
            let fields = stored_fields(&app, &me, &connector, &label).await?;
            ConnectionForm { label, fields, ..ConnectionForm::default() }
        };
        return sign_in::show(&app, &me, &connector, &typed).await;
    }
    let Form(typed) = restored.unwrap_or_else(|| Form(ConnectionForm { label: blank(), ..ConnectionForm::default() }));
    if let ConnectMethod::Key { .. } = method {
        return key::show(&app, &me, &connector, method, &typed).await;
    }
    let filled = FilledForm { values: &typed, faults: &FieldFaults::default() };
    Ok(form(&me, &connector, method, filled).await)
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    Form(typed): Form<ConnectionForm>,
) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    if connector.has_own_addresses() {
        return own_address::create(&app, &me, &connector, &typed).await;
    }
    let Some(method) = connect_method(&app, &me, &connector).await? else {
        return redirect_connected(&me, &connector).await;
    };
    if let ConnectMethod::SignIn { .. } = method {
        return sign_in::create(&app, &me, &connector, &typed).await;
    }
    if let ConnectMethod::Key { .. } = method {
        return key::create(&app, &me, &connector, method, &typed).await;
    }
    let label = if method == ConnectMethod::Button { label::FIRST } else { typed.label.as_str() };
    let credential = match method {
        ConnectMethod::Button => NewCredential::None,
        _ => NewCredential::Token(NewToken::from_typed(&typed.token, me.typed_end(&typed.ends_on))),
    };
    let new = NewConnection { label: label.to_owned(), credential };
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    match credentials.connect(&me.actor, &connector, &new, app.clock.now()).await {
        Ok(_) => {
            let mut message = format!("{} is connected.", connector.name);
            if connector.is_hosted() {
                message.push_str(&discover_tools(&app, &me, &connector).await?);
            }
            me.flash(Flash::success(message)).await?;
            Ok(see_other(&href(&connector, me.here())))
        }
        Err(Error::Invalid(faults)) => {
            Ok(form(&me, &connector, method, FilledForm { values: &typed, faults: &faults }).await)
        }
        Err(other) => Err(other.into()),
    }
}

/// Reads the tools of a shipped server for its new user. Returns a sentence about the result.
async fn discover_tools(app: &App, me: &SignedIn, connector: &Connector) -> Result<String, Error> {
    let now = app.clock.now();
    let outcome =
        connections::discover_tools(&app.db, &app.egress, &app.refresher, &me.actor, connector.id, now).await?;
    Ok(match outcome {
        DiscoveryOutcome::Found(found, _) => {
            format!(" It has {}.{}", count(found.tools.len() as u64, "tool"), describe_dropped(&found))
        }
        DiscoveryOutcome::Failed(reason) => format!(" Its tools could not be read yet: {reason}. Refresh them below."),
        DiscoveryOutcome::TooSoon(_) => String::new(),
    })
}

/// Returns the stored fields of the connection with this label; empty if there is none.
async fn stored_fields(app: &App, me: &SignedIn, connector: &Connector, label: &str) -> Result<FormValues, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    let connections = connections::list_for_connector(&mut tx, &me.actor, connector.id).await?;
    let Some(connection) = connections.iter().find(|it| it.label == label && !it.status.is_disconnected()) else {
        return Ok(FormValues::new());
    };
    connections::stored_values(&mut tx, &me.actor, connection.id).await
}

async fn connect_method(app: &App, me: &SignedIn, connector: &Connector) -> Result<Option<ConnectMethod>, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(ConnectMethod::find(connector, &connections::list_for_connector(&mut tx, &me.actor, connector.id).await?))
}

async fn redirect_connected(me: &SignedIn, connector: &Connector) -> Result {
    if connector.auth != AuthKind::None {
        return Err(Error::NotFound("page").into());
    }
    me.flash(Flash::important(format!("There is nothing to connect: {} can be used as it is.", connector.name)))
        .await?;
    Ok(see_other(&href(connector, me.here())))
}

async fn form(me: &SignedIn, connector: &Connector, method: ConnectMethod, filled: FilledForm<'_>) -> Response {
    let FilledForm { values, faults } = filled;
    let shell = below(me, method.label(), connector).await.with_faults(faults);
    let (service, action) = (connector.name.as_str(), format!("{}/connection", href(connector, me.here())));
    let (label, ends_on) = (values.label.as_str(), values.ends_on.as_str());
    let docs = connector.docs_url.as_deref();
    let token_label = if docs.is_some() { "API key" } else { "Bearer token" };
    page_with(
        filled.status(),
        &ConnectionPage { shell, faults, service, action, method, label, ends_on, token_label, docs },
    )
}
