//! The OAuth application of a shipped service. An administrator makes the application at the provider and enters it
//! here for all users.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::connect_method::form_status;
use super::{authorization, below, href};
use crate::app::App;
use crate::connections::{CALLBACK, ClientRejection, EnteredClient, FormValues};
use crate::connectors::{self, Connector, Descriptor};
use crate::error::{Error, FieldFaults};
use crate::oauth::{ClientAuth, Provider};
use crate::secret::Secret;
use crate::web::actor::{Admin, SignedIn};
use crate::web::error::Result;
use crate::web::extract::{BySlug, Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::service_fields::{FieldView, ProofView, host_of};
use crate::web::shell::Shell;
use crate::web::when::When;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ApplicationForm {
    client_id: String,
    client_secret: String,
    /// The service's own fields.
    #[serde(flatten)]
    fields: FormValues,
}

#[derive(Template)]
#[template(path = "connectors/application.html")]
struct ApplicationPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    /// The page of the service.
    service_href: String,
    callback: String,
    docs: String,
    docs_host: String,
    scopes: &'a [String],
    client_id: &'a str,
    /// Other fields of the service.
    fields: Vec<FieldView>,
    /// The field for the secret; a public client has none.
    proof: Option<ProofView>,
    /// The reason for which the provider rejects the application, and the time of the first rejection.
    rejection: Option<(String, When)>,
    /// Other services that sign in with the same application.
    shared: Vec<String>,
}

/// The application of one service.
struct Application {
    connector: Connector,
    descriptor: Descriptor,
    provider: Provider,
    client_id: Option<String>,
    values: FormValues,
    rejection: Option<ClientRejection>,
    shared: Vec<String>,
}

impl Application {
    async fn find(app: &App, me: &SignedIn, slug: &str) -> crate::error::Result<Self> {
        let connector = connectors::find(&app.db, &me.actor, slug).await?;
        let mut tx = app.db.enter(&me.actor).await?;
        let descriptor = connectors::descriptor(&mut tx, &me.actor, connector.id).await?;
        let none = || Error::NotFound("page");
        let descriptor = descriptor.ok_or_else(none)?;
        let provider = descriptor.oauth.clone().ok_or_else(none)?;
        let shared = connectors::list_names_of_provider(&mut tx, &provider).await?;
        drop(tx);
        let client = authorization(app).find_client(&me.actor, &connector, &provider).await?;
        let rejection = match &client {
            Some(client) => authorization(app).client_rejection(client).await?,
            None => None,
        };
        let shared = shared.into_iter().filter(|name| *name != connector.name).collect();
        let (client_id, values) = client.map(|it| (it.client.id, it.application.values)).unzip();
        let values = values.unwrap_or_default();
        Ok(Self { connector, descriptor, provider, client_id, values, rejection, shared })
    }
}

pub(super) async fn edit(
    State(app): State<App>,
    Admin(me): Admin,
    Path(BySlug { slug }): Path<BySlug>,
    pending_form: PendingForm,
) -> Result {
    let application = Application::find(&app, &me, &slug).await?;
    let restored: Option<Form<ApplicationForm>> = pending_form.take_form(&app, &me).await?;
    let current = || ApplicationForm {
        client_id: application.client_id.clone().unwrap_or_default(),
        client_secret: String::new(),
        fields: application.values.clone(),
    };
    let typed = restored.map_or_else(current, |Form(typed)| typed);
    Ok(form(&app, &me, &application, &typed, &FieldFaults::default()).await)
}

pub(super) async fn update(
    State(app): State<App>,
    Admin(me): Admin,
    Path(BySlug { slug }): Path<BySlug>,
    Form(typed): Form<ApplicationForm>,
) -> Result {
    let application = Application::find(&app, &me, &slug).await?;
    let secret = Some(typed.client_secret.trim()).filter(|secret| !secret.is_empty()).map(Secret::new);
    let (authorization, now) = (authorization(&app), app.clock.now());
    let entered = EnteredClient { is_for_all: true, id: &typed.client_id, secret, application: &typed.fields };
    match authorization.enter_client(&me.actor, &application.connector, entered, now).await {
        Ok(()) => {
            let message =
                format!("The OAuth application is stored. {} can be connected now.", application.connector.name);
            me.flash(Flash::success(message)).await?;
            Ok(see_other(&href(&application.connector, me.here())))
        }
        Err(Error::Invalid(faults)) => Ok(form(&app, &me, &application, &typed, &faults).await),
        Err(other) => Err(other.into()),
    }
}

fn proof_view(application: &Application) -> Option<ProofView> {
    let auth = application.provider.client_auth;
    let view = ProofView::required(auth);
    let view = if application.client_id.is_some() { view.stored() } else { view };
    (auth != ClientAuth::None).then_some(view)
}

async fn form(
    app: &App,
    me: &SignedIn,
    application: &Application,
    typed: &ApplicationForm,
    faults: &FieldFaults,
) -> Response {
    let (connector, calendar) = (&application.connector, me.calendar(app.clock.now()));
    let shell = below(me, format!("OAuth application of {}", connector.name), connector).await.with_faults(faults);
    page_with(
        form_status(faults),
        &ApplicationPage {
            shell,
            faults,
            service: &connector.name,
            service_href: href(connector, me.here()),
            callback: app.public_url.join(CALLBACK).map(String::from).unwrap_or_default(),
            docs: application.descriptor.docs.clone(),
            docs_host: host_of(&application.descriptor.docs),
            scopes: &application.provider.scopes,
            client_id: &typed.client_id,
            fields: FieldView::all(&application.descriptor.application_fields, &typed.fields),
            proof: proof_view(application),
            rejection: application.rejection.as_ref().map(|it| (it.message.clone(), calendar.when(it.since))),
            shared: application.shared.clone(),
        },
    )
}
