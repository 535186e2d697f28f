//! Connects a service that requires sign-in: the form, and the page before the provider. The provider leads back to
//! `callback`.

use askama::Template;
use axum::extract::State as Handles;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::callback::show_failure;
use super::connect_method::{ConnectionForm, FilledForm};
use super::{authorization, below, href};
use crate::app::App;
use crate::connections::{EnteredClient, FormValues, NewSignIn, ProviderChange, label};
use crate::connectors::{self, Connector, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::oauth::{Provider, State};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::respond::{page, page_with, see_other};
use crate::web::service_fields::{FieldView, ProofView};
use crate::web::shell::Shell;

/// The form, with the permissions that the hub will ask for.
#[derive(Template)]
#[template(path = "connectors/sign_in.html")]
struct ConnectPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    action: String,
    host: String,
    scopes: Vec<String>,
    label: &'a str,
    /// The field for the secret of an OAuth client, if the provider does not register clients by itself.
    proof: Option<ProofView>,
    client_id: &'a str,
    /// Other fields of the service.
    fields: Vec<FieldView>,
    /// Set if an administrator has to enter an OAuth client first.
    missing: Option<MissingClient>,
}

/// A shipped service without an OAuth client.
#[derive(Clone)]
struct MissingClient {
    /// Address of the form that enters a client, for administrators.
    href: Option<String>,
    /// Address of the form that connects the server that the provider hosts.
    hosted_href: Option<String>,
}

/// The last page of the hub before the pages of the provider.
#[derive(Template)]
#[template(path = "connectors/continue.html")]
struct ContinuePage {
    shell: Shell,
    service: String,
    /// The page of the service.
    service_href: String,
    label: String,
    host: String,
    can_register_again: bool,
    /// Scheme and host of the next page.
    origin: String,
    url: String,
}

/// The last page of the hub before another provider than the one that the user knows.
#[derive(Template)]
#[template(path = "connectors/provider_change.html")]
struct ProviderChangePage<'a> {
    shell: Shell,
    service: &'a str,
    service_href: String,
    action: String,
    host: String,
    former: &'a str,
    issuer: &'a str,
    label: &'a str,
}

/// Returns the address of the form, which is also where it is sent.
fn form_href(me: &SignedIn, connector: &Connector) -> String {
    format!("{}/connection", href(connector, me.here()))
}

/// Returns the address of the page before the pages of the provider.
fn continue_href(me: &SignedIn, connector: &Connector, state: &State) -> String {
    format!("{}/continue?state={}", form_href(me, connector), state.expose())
}

/// Begins the sign-in of a service that was just added. If that fails, redirects to the form, which shows the reason.
pub(super) async fn begin(app: &App, me: &SignedIn, connector: &Connector) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    // its provider has just been discovered
    let new = NewSignIn { label: label::FIRST, fields: &FormValues::new(), change: None };
    match authorization(app).begin(&me.actor, session, connector, new, app.clock.now()).await {
        Ok(state) => Ok(see_other(&continue_href(me, connector, &state))),
        Err(Error::Internal(cause)) => Err(Error::Internal(cause).into()),
        Err(_) => Ok(see_other(&form_href(me, connector))),
    }
}

pub(super) async fn show(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    form(app, me, connector, FilledForm { values: typed, faults: &FieldFaults::default() }).await
}

pub(super) async fn create(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    let faults = match begin_with_form(app, me, connector, typed).await {
        Ok(BegunSignIn::Started(state)) => return Ok(see_other(&continue_href(me, connector, &state))),
        Ok(BegunSignIn::Unconfirmed(change)) => return Ok(show_change(me, connector, typed, &change).await),
        Err(Error::Internal(cause)) => return Err(Error::Internal(cause).into()),
        Err(Error::Invalid(faults)) => faults,
        // errors without a field are shown at the label, which is in every form
        Err(error) => {
            let mut faults = FieldFaults::default();
            faults.add("label", error.to_message());
            faults
        }
    };
    form(app, me, connector, FilledForm { values: typed, faults: &faults }).await
}

/// The result of a submitted form.
enum BegunSignIn {
    Started(State),
    /// The server names another provider, which the user has to confirm first.
    Unconfirmed(Box<ProviderChange>),
}

async fn begin_with_form(
    app: &App,
    me: &SignedIn,
    connector: &Connector,
    typed: &ConnectionForm,
) -> crate::error::Result<BegunSignIn> {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let (authorization, now) = (authorization(app), app.clock.now());
    let change = authorization.discover_provider(&me.actor, connector, now).await?;
    let change = match change {
        Some(change) if change.issuer() != typed.issuer => return Ok(BegunSignIn::Unconfirmed(Box::new(change))),
        confirmed => confirmed,
    };
    if typed.anew == "1" {
        authorization.retire_registered_clients(&me.actor, connector.id, now).await?;
    }
    if !typed.client_id.trim().is_empty() {
        let secret = Some(typed.client_secret.trim()).filter(|secret| !secret.is_empty()).map(Secret::new);
        let application = &FormValues::new();
        let entered = EnteredClient { is_for_all: false, id: &typed.client_id, secret, application };
        authorization.enter_client(&me.actor, connector, entered, now).await?;
    } else if !typed.client_secret.trim().is_empty() {
        return Err(Error::field("client_id", "Enter the client id that belongs to the secret"));
    }
    let new = NewSignIn { label: &typed.label, fields: &typed.fields, change: change.as_ref() };
    authorization.begin(&me.actor, session, connector, new, now).await.map(BegunSignIn::Started)
}

/// Names the former and the new provider. Until the user continues, the hub sends nothing to the new one.
async fn show_change(
    me: &SignedIn,
    connector: &Connector,
    typed: &ConnectionForm,
    change: &ProviderChange,
) -> Response {
    let host = change.host();
    page(&ProviderChangePage {
        shell: below(me, format!("Continue to {host}"), connector).await,
        service: &connector.name,
        service_href: href(connector, me.here()),
        action: form_href(me, connector),
        host,
        former: change.former_issuer(),
        issuer: change.issuer(),
        label: &typed.label,
    })
}

#[derive(Deserialize)]
pub(super) struct ContinueParams {
    #[serde(default)]
    state: String,
}

/// Shows a link to the provider: the content security policy does not allow a form to lead to another site.
pub(super) async fn show_continue(
    Handles(app): Handles<App>,
    me: SignedIn,
    Query(params): Query<ContinueParams>,
) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let redirect = authorization(&app)
        .authorization_redirect(&me.actor, session, &State::from_callback(&params.state), app.clock.now())
        .await;
    match redirect {
        Ok(redirect) => {
            let host = host_and_port(&redirect.url, redirect.host);
            let shell = below(&me, format!("Continue to {host}"), &redirect.connector).await;
            Ok(page(&ContinuePage {
                shell,
                service_href: href(&redirect.connector, me.here()),
                service: redirect.connector.name,
                label: redirect.label,
                host,
                can_register_again: redirect.can_register_again,
                origin: redirect.url.origin().ascii_serialization(),
                url: redirect.url.into(),
            }))
        }
        Err(Error::Conflict(message)) => Ok(show_failure(&me, StatusCode::CONFLICT, message, None).await),
        Err(other) => Err(other.into()),
    }
}

/// Returns the host with its port, if that is not the usual one: two services of one machine differ in nothing else.
fn host_and_port(url: &Url, host: String) -> String {
    match url.port() {
        Some(port) if url.host_str() == Some(host.as_str()) => format!("{host}:{port}"),
        _ => host,
    }
}

/// Requirements of a sign-in.
struct SignInRequirements {
    /// Unknown before the first sign-in at a shipped MCP server.
    provider: Option<Provider>,
    /// Set for a shipped service.
    descriptor: Option<Descriptor>,
    missing: Option<MissingClient>,
}

impl SignInRequirements {
    async fn load(app: &App, me: &SignedIn, connector: &Connector) -> crate::error::Result<Self> {
        let mut tx = app.db.enter(&me.actor).await?;
        let provider = connectors::provider(&mut tx, &me.actor, connector.id).await?;
        if provider.is_none() && !connector.is_hosted() {
            return Err(Error::NotFound("page"));
        }
        let descriptor = connectors::descriptor(&mut tx, &me.actor, connector.id).await?;
        let hosted = connectors::find_hosted_beside(&mut tx, &me.actor, connector).await?;
        drop(tx);
        let is_missing = match (&descriptor, &provider) {
            (Some(_), Some(provider)) => {
                authorization(app).find_client(&me.actor, connector, provider).await?.is_none()
            }
            _ => false,
        };
        let missing = is_missing.then(|| MissingClient {
            href: me.user.is_admin.then(|| format!("{}/application", href(connector, me.here()))),
            hosted_href: hosted.map(|hosted| form_href(me, &hosted)),
        });
        Ok(Self { provider, descriptor, missing })
    }
}

async fn form(app: &App, me: &SignedIn, connector: &Connector, filled: FilledForm<'_>) -> Result {
    let FilledForm { values, faults } = filled;
    let requirements = SignInRequirements::load(app, me, connector).await?;
    let provider = requirements.provider.as_ref();
    let scopes = match provider {
        Some(_) => authorization(app).scopes(&me.actor, connector.id, &values.label).await?,
        None => Vec::new(),
    };
    let shell = below(me, format!("Connect {}", connector.name), connector).await;
    let shell = shell.with_faults(faults);
    let without_registration = provider.filter(|provider| {
        requirements.descriptor.is_none()
            && (provider.registration_url.is_none() || faults.message_for("client_id").is_some())
            && (!provider.supports_client_id_metadata || faults.message_for("client_id").is_some())
    });
    let describe =
        |scope: &String| provider.and_then(|provider| provider.scope_words.get(scope)).unwrap_or(scope).clone();
    let server_host = || connector.server_url().and_then(|url| url.host_str().map(str::to_owned));
    Ok(page_with(
        filled.status(),
        &ConnectPage {
            shell,
            faults,
            service: &connector.name,
            action: form_href(me, connector),
            host: provider.map(Provider::host).or_else(server_host).unwrap_or_default(),
            scopes: scopes.iter().map(describe).chain(provider.iter().flat_map(|it| it.further_phrases())).collect(),
            label: &values.label,
            proof: without_registration.map(|provider| ProofView::optional(provider.client_auth)),
            client_id: &values.client_id,
            fields: requirements
                .descriptor
                .as_ref()
                .map(|it| FieldView::all(&it.fields, &values.fields))
                .unwrap_or_default(),
            missing: requirements.missing.clone(),
        },
    ))
}
