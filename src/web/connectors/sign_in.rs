//! Connecting a service that wants a sign-in: what will be granted, the way to the provider, and the way back.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Handles;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::connection::ConnectionForm;
use super::fields::{FieldView, ProofView};
use super::{below, with_twin};
use crate::app::App;
use crate::connections::{self, CompletedSignIn, FormValues, SignIn, label};
use crate::connectors::{self, Connector, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::oauth::{Provider, State};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::flash::Flash;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::{Section, Shell};
use crate::web::when;

/// What connecting means, with the button that begins it.
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
    /// Of a client, if the provider makes none by itself.
    proof: Option<ProofView>,
    client_id: &'a str,
    /// What the service asks for besides.
    fields: Vec<FieldView>,
    /// The provider does not know this hub, and its users cannot help it.
    missing: Option<MissingClient>,
}

/// No client has been entered for a shipped service.
#[derive(Clone)]
struct MissingClient {
    /// Where one is entered, for those who may.
    href: Option<String>,
}

/// The last page of ours before the provider's.
#[derive(Template)]
#[template(path = "connectors/continue.html")]
struct ContinuePage {
    shell: Shell,
    service: String,
    slug: String,
    label: String,
    host: String,
    can_be_made_known: bool,
    /// What the address bar will begin with.
    origin: String,
    url: String,
}

/// A sign-in that came to nothing.
#[derive(Template)]
#[template(path = "connectors/not_signed_in.html")]
struct RefusedPage {
    shell: Shell,
    message: String,
    again: Option<(String, String)>,
}

pub(super) fn sign_in(app: &App) -> SignIn<'_> {
    SignIn { db: &app.db, system: &app.system, vault: &app.vault, egress: &app.egress, public_url: &app.public_url }
}

/// Begins a sign-in at once, for a service that was just added; whatever is in the way is told on the page that asks.
pub(super) async fn begin(app: &App, me: &SignedIn, connector: &Connector) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let here = format!("/connectors/{}/connection", connector.slug);
    match sign_in(app).begin(&me.actor, session, connector, label::DEFAULT, &FormValues::new(), app.clock.now()).await {
        Ok(state) => Ok(see_other(&format!("{here}/continue?state={}", state.expose()))),
        Err(Error::Internal(cause)) => Err(Error::Internal(cause).into()),
        Err(_) => Ok(see_other(&here)),
    }
}

pub(super) async fn show(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    form(app, me, StatusCode::OK, connector, typed, &FieldFaults::default()).await
}

pub(super) async fn create(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> Result {
    let faults = match begun(app, me, connector, typed).await {
        Ok(state) => {
            return Ok(see_other(&format!(
                "/connectors/{}/connection/continue?state={}",
                connector.slug,
                state.expose()
            )));
        }
        Err(Error::Internal(cause)) => return Err(Error::Internal(cause).into()),
        Err(Error::Invalid(faults)) => faults,
        // the one field that is always there
        Err(told) => {
            let mut faults = FieldFaults::default();
            faults.add("label", told.to_string());
            faults
        }
    };
    form(app, me, StatusCode::UNPROCESSABLE_ENTITY, connector, typed, &faults).await
}

async fn begun(app: &App, me: &SignedIn, connector: &Connector, typed: &ConnectionForm) -> crate::error::Result<State> {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let (sign_in, now) = (sign_in(app), app.clock.now());
    if typed.anew == "1" {
        sign_in.forget_client(&me.actor, connector.id, now).await?;
    }
    if !typed.client_id.trim().is_empty() {
        let secret = typed.client_secret.trim();
        let secret = (!secret.is_empty()).then(|| Secret::new(secret));
        sign_in.enter_client(&me.actor, connector, &typed.client_id, secret, now).await?;
    }
    sign_in.begin(&me.actor, session, connector, &typed.label, &typed.fields, now).await
}

#[derive(Deserialize)]
pub(super) struct ContinueParams {
    #[serde(default)]
    state: String,
}

/// A plain link leads to the provider: a form may not be answered by another site.
pub(super) async fn go_on(Handles(app): Handles<App>, me: SignedIn, Query(asked): Query<ContinueParams>) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let redirect = sign_in(&app)
        .authorization_redirect(&me.actor, session, &State::from_callback(&asked.state), app.clock.now())
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
                can_be_made_known: redirect.can_be_made_known,
                origin: redirect.url.origin().ascii_serialization(),
                url: redirect.url.into(),
            }))
        }
        Err(Error::Conflict(message)) => Ok(refused(&me, StatusCode::CONFLICT, message, None).await),
        Err(other) => Err(other.into()),
    }
}

/// Where providers send people back to.
pub(super) async fn callback(
    Handles(app): Handles<App>,
    me: SignedIn,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    // in a task of its own: a tab that is closed now must not lose what the provider gives
    let completing = tokio::spawn({
        let (app, actor, query) = (app.clone(), me.actor.clone(), query.clone());
        async move { sign_in(&app).complete(&actor, session, &query, app.clock.now()).await }
    });
    match completing.await.map_err(Error::internal)? {
        Ok(signed) => {
            signed.released.announce(&app.live);
            app.live.user_changed(me.actor.user_id());
            let words = with_twin(&app, &me, signed.connection, signed_words(&signed)).await?;
            me.flash(Flash::success(words)).await?;
            Ok(see_other(&format!("/connectors/{}", signed.connector.slug)))
        }
        Err(Error::Internal(cause)) => Err(Error::Internal(cause).into()),
        Err(Error::Unavailable(cause)) => Err(Error::Unavailable(cause).into()),
        Err(Error::Locked(cause)) => Err(Error::Locked(cause).into()),
        Err(told) => {
            let connector = sign_in(&app).connector_of_callback(&me.actor, &query).await?;
            Ok(refused(&me, StatusCode::CONFLICT, told.to_string(), connector).await)
        }
    }
}

/// What describes the hub to providers that read such a document.
pub(super) async fn client(Handles(app): Handles<App>) -> Result {
    use axum::response::IntoResponse;
    Ok(axum::Json(connections::client_document(&app.public_url)?).into_response())
}

fn signed_words(signed: &CompletedSignIn) -> String {
    let again = if signed.is_renewed { " again" } else { "" };
    let account = signed.account.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    let mut words = vec![format!("{} is connected{again}{account}.", signed.connector.name)];
    match signed.tools {
        Some(tools) => words.push(format!("It has {}.", when::count(tools as u64, "tool"))),
        None if signed.connector.can_be_looked_at() => {
            words.push("Its tools could not be read yet: look again below.".to_owned());
        }
        None => {}
    }
    if !signed.missing.is_empty() {
        words.push(format!("Not granted: {}.", signed.missing.join(", ")));
    }
    if !signed.released.is_empty() {
        words.push(format!("{} that waited for it will run now.", when::count(signed.released.len() as u64, "job")));
    }
    words.join(" ")
}

/// What a sign-in takes.
struct SignInRequirements {
    provider: Provider,
    /// Of a shipped service.
    descriptor: Option<Descriptor>,
    missing: Option<MissingClient>,
}

impl SignInRequirements {
    async fn of(app: &App, me: &SignedIn, connector: &Connector) -> crate::error::Result<Self> {
        let mut tx = app.db.as_user(&me.actor).await?;
        let provider = connectors::provider(&mut tx, &me.actor, connector.id).await?;
        let provider = provider.ok_or(Error::NotFound("sign-in of this connector"))?;
        let descriptor = connectors::descriptor(&mut tx, &me.actor, connector.id).await?;
        drop(tx);
        let is_missing =
            descriptor.is_some() && sign_in(app).known_client(&me.actor, connector, &provider).await?.is_none();
        let missing = is_missing.then(|| MissingClient {
            href: me.user.is_admin.then(|| format!("/connectors/{}/application", connector.slug)),
        });
        Ok(Self { provider, descriptor, missing })
    }
}

async fn form(
    app: &App,
    me: &SignedIn,
    status: StatusCode,
    connector: &Connector,
    typed: &ConnectionForm,
    faults: &FieldFaults,
) -> Result {
    let asked = SignInRequirements::of(app, me, connector).await?;
    let provider = &asked.provider;
    let scopes = sign_in(app).scopes(&me.actor, connector.id, &typed.label).await?;
    let shell = below(me, format!("Connect {}", connector.name), connector).await;
    let shell = shell.with_faults(faults);
    let asks_client =
        asked.descriptor.is_none() && provider.registration_url.is_none() && !provider.reads_client_documents;
    let words = |scope: &String| provider.scope_words.get(scope).unwrap_or(scope).clone();
    Ok(page_with(
        status,
        &ConnectPage {
            shell,
            faults,
            service: &connector.name,
            slug: &connector.slug,
            host: provider.host(),
            scopes: scopes.iter().map(words).collect(),
            label: &typed.label,
            proof: asks_client.then(|| ProofView::optional(provider.client_auth)),
            client_id: &typed.client_id,
            fields: asked.descriptor.as_ref().map(|it| FieldView::all(it, &typed.fields)).unwrap_or_default(),
            missing: asked.missing.clone(),
        },
    ))
}

async fn refused(me: &SignedIn, status: StatusCode, message: String, connector: Option<Connector>) -> Response {
    let shell = me.shell("Not connected").await.section(Section::Connectors).breadcrumb("Connectors", "/connectors");
    let again = connector.map(|it| (it.name, format!("/connectors/{}/connection", it.slug)));
    page_with(status, &RefusedPage { shell: shell.title_prefix("Error"), message, again })
}
