//! Connects a service that requires sign-in: the form, the page before the provider, and the callback.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Handles;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::connect_method::{ConnectionForm, FilledForm};
use super::{below, connected_message};
use crate::app::App;
use crate::connections::{self, AuthorizationService, CompletedSignIn, EnteredClient, FormValues, label};
use crate::connectors::{self, Connector, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::oauth::{Provider, State};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::flash::Flash;
use crate::web::respond::{page, page_with, see_other};
use crate::web::service_fields::{FieldView, ProofView};
use crate::web::shell::{Section, Shell};
use crate::web::when;

/// The form, with the permissions that the hub will ask for.
#[derive(Template)]
#[template(path = "connectors/sign_in.html")]
struct ConnectPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    slug: &'a str,
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
}

/// The last page of the hub before the pages of the provider.
#[derive(Template)]
#[template(path = "connectors/continue.html")]
struct ContinuePage {
    shell: Shell,
    service: String,
    slug: String,
    label: String,
    host: String,
    can_register_again: bool,
    /// Scheme and host of the next page.
    origin: String,
    url: String,
}

/// A sign-in that failed.
#[derive(Template)]
#[template(path = "connectors/not_signed_in.html")]
struct FailedPage {
    shell: Shell,
    message: String,
    again: Option<(String, String)>,
}

pub(super) fn authorization(app: &App) -> AuthorizationService<'_> {
    AuthorizationService {
        db: &app.db,
        system: &app.system,
        vault: &app.vault,
        egress: &app.egress,
        public_url: &app.public_url,
    }
}

/// Begins the sign-in of a service that was just added. If that fails, redirects to the form, which shows the reason.
pub(super) async fn begin(app: &App, me: &SignedIn, connector: &Connector) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let here = format!("/connectors/{}/connection", connector.slug);
    match authorization(app)
        .begin(&me.actor, session, connector, label::DEFAULT, &FormValues::new(), app.clock.now())
        .await
    {
        Ok(state) => Ok(see_other(&format!("{here}/continue?state={}", state.expose()))),
        Err(Error::Internal(cause)) => Err(Error::Internal(cause).into()),
        Err(_) => Ok(see_other(&here)),
    }
}

pub(super) async fn show(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    form(app, me, connector, FilledForm { values: typed, faults: &FieldFaults::default() }).await
}

pub(super) async fn create(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    let faults = match begin_with_form(app, me, connector, typed).await {
        Ok(state) => {
            return Ok(see_other(&format!(
                "/connectors/{}/connection/continue?state={}",
                connector.slug,
                state.expose()
            )));
        }
        Err(Error::Internal(cause)) => return Err(Error::Internal(cause).into()),
        Err(Error::Invalid(faults)) => faults,
        // errors without a field are shown at the label, which is in every form
        Err(error) => {
            let mut faults = FieldFaults::default();
            faults.add("label", error.to_string());
            faults
        }
    };
    form(app, me, connector, FilledForm { values: typed, faults: &faults }).await
}

async fn begin_with_form(
    app: &App,
    me: &SignedIn,
    connector: &Connector,
    typed: &ConnectionForm,
) -> crate::error::Result<State> {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let (authorization, now) = (authorization(app), app.clock.now());
    if typed.anew == "1" {
        authorization.retire_registered_clients(&me.actor, connector.id, now).await?;
    }
    if !typed.client_id.trim().is_empty() {
        let secret = Some(typed.client_secret.trim()).filter(|secret| !secret.is_empty()).map(Secret::new);
        let entered = EnteredClient { is_for_all: false, id: &typed.client_id, secret };
        authorization.enter_client(&me.actor, connector, entered, now).await?;
    }
    authorization.begin(&me.actor, session, connector, &typed.label, &typed.fields, now).await
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
            let shell = me
                .shell(format!("Continue to {}", redirect.host))
                .await
                .section(Section::Connectors)
                .breadcrumb("Connectors", "/connectors");
            Ok(page(&ContinuePage {
                shell,
                service: redirect.connector.name,
                slug: redirect.connector.slug,
                label: redirect.label,
                host: redirect.host,
                can_register_again: redirect.can_register_again,
                origin: redirect.url.origin().ascii_serialization(),
                url: redirect.url.into(),
            }))
        }
        Err(Error::Conflict(message)) => Ok(show_failure(&me, StatusCode::CONFLICT, message.to_string(), None).await),
        Err(other) => Err(other.into()),
    }
}

/// Handles the OAuth callback of a sign-in.
pub(super) async fn callback(
    Handles(app): Handles<App>,
    me: SignedIn,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    // in a task of its own: a grant must not be lost if the browser closes the connection now
    let completion = app.background_tasks.run_to_end({
        let (app, actor, query) = (app.clone(), me.actor.clone(), query.clone());
        async move { authorization(&app).complete(&actor, session, &query, app.clock.now()).await }
    });
    match completion.await {
        Ok(signed) => {
            signed.released.announce(&app.live);
            app.live.notify_owner(me.actor.owner_id());
            let message = connected_message(&app, &me, signed.connection, describe_sign_in(&signed)).await?;
            me.flash(Flash::success(message)).await?;
            Ok(see_other(&format!("/connectors/{}", signed.connector.slug)))
        }
        Err(Error::Internal(cause)) => Err(Error::Internal(cause).into()),
        Err(Error::Unavailable(cause)) => Err(Error::Unavailable(cause).into()),
        Err(Error::Locked(cause)) => Err(Error::Locked(cause).into()),
        Err(error) => {
            let connector = authorization(&app).connector_of_callback(&me.actor, &query).await?;
            Ok(show_failure(&me, StatusCode::CONFLICT, error.to_string(), connector).await)
        }
    }
}

/// Serves the client metadata document, for providers that read it.
pub(super) async fn client(Handles(app): Handles<App>) -> Result {
    use axum::response::IntoResponse;
    Ok(axum::Json(connections::client_document(&app.public_url)?).into_response())
}

fn describe_sign_in(signed: &CompletedSignIn) -> String {
    let again = if signed.is_reconnected { " again" } else { "" };
    let account = signed.account.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    let mut sentences = vec![format!("{} is connected{again}{account}.", signed.connector.name)];
    match signed.tools {
        Some(tools) => sentences.push(format!("It has {}.", when::count(tools as u64, "tool"))),
        None if signed.connector.can_be_rediscovered() => {
            sentences.push("Its tools could not be read yet. Check for changes below.".to_owned());
        }
        None => {}
    }
    if !signed.missing.is_empty() {
        sentences.push(format!("Not granted: {}.", signed.missing.join(", ")));
    }
    if !signed.released.is_empty() {
        sentences
            .push(format!("{} that waited for it will run now.", when::count(signed.released.len() as u64, "job")));
    }
    sentences.join(" ")
}

/// Requirements of a sign-in.
struct SignInRequirements {
    provider: Provider,
    /// Set for a shipped service.
    descriptor: Option<Descriptor>,
    missing: Option<MissingClient>,
}

impl SignInRequirements {
    async fn load(app: &App, me: &SignedIn, connector: &Connector) -> crate::error::Result<Self> {
        let mut tx = app.db.enter(&me.actor).await?;
        let provider = connectors::provider(&mut tx, &me.actor, connector.id).await?;
        let provider = provider.ok_or(Error::NotFound("page"))?;
        let descriptor = connectors::descriptor(&mut tx, &me.actor, connector.id).await?;
        drop(tx);
        let is_missing =
            descriptor.is_some() && authorization(app).find_client(&me.actor, connector, &provider).await?.is_none();
        let missing = is_missing.then(|| MissingClient {
            href: me.user.is_admin.then(|| format!("/connectors/{}/application", connector.slug)),
        });
        Ok(Self { provider, descriptor, missing })
    }
}

async fn form(app: &App, me: &SignedIn, connector: &Connector, filled: FilledForm<'_>) -> Result {
    let FilledForm { values, faults } = filled;
    let requirements = SignInRequirements::load(app, me, connector).await?;
    let provider = &requirements.provider;
    let scopes = authorization(app).scopes(&me.actor, connector.id, &values.label).await?;
    let shell = below(me, format!("Connect {}", connector.name), connector).await;
    let shell = shell.with_faults(faults);
    let needs_client_fields = requirements.descriptor.is_none()
        && provider.registration_url.is_none()
        && !provider.supports_client_id_metadata;
    let describe = |scope: &String| provider.scope_words.get(scope).unwrap_or(scope).clone();
    Ok(page_with(
        filled.status(),
        &ConnectPage {
            shell,
            faults,
            service: &connector.name,
            slug: &connector.slug,
            host: provider.host(),
            scopes: scopes.iter().map(describe).collect(),
            label: &values.label,
            proof: needs_client_fields.then(|| ProofView::optional(provider.client_auth)),
            client_id: &values.client_id,
            fields: requirements.descriptor.as_ref().map(|it| FieldView::all(it, &values.fields)).unwrap_or_default(),
            missing: requirements.missing.clone(),
        },
    ))
}

async fn show_failure(me: &SignedIn, status: StatusCode, message: String, connector: Option<Connector>) -> Response {
    let shell = me.shell("Not connected").await.section(Section::Connectors).breadcrumb("Connectors", "/connectors");
    let again = connector.map(|it| (it.name, format!("/connectors/{}/connection", it.slug)));
    page_with(status, &FailedPage { shell: shell.title_prefix("Error"), message, again })
}
