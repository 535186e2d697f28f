//! `/oauth/authorize`: a person reads what an assistant asks for, and allows or declines it.
//!
//! The parameters of the request stay in the address, so that they outlast a sign-in. Both methods check them anew. Only an answer
//! of the person leads to another site: anybody can register an assistant, so a faulty request shows a page with a link.

use askama::Template;
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use http::{HeaderValue, StatusCode};
use url::{Url, form_urlencoded};

use crate::accounts;
use crate::api_tokens::{Scope, Scopes};
use crate::app::App;
use crate::authorization_server::{
    self, AuthorizationFault, AuthorizationParams, AuthorizationRequest, AuthorizationServer, Destination,
};
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::FormPairs;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{NO_STORE, forbid_storing, page_with};
use crate::web::security::POLICY;
use crate::web::shell::Shell;

const PATH: &str = "/oauth/authorize";

pub(super) fn router() -> Router<App> {
    Router::new().route("/oauth/authorize", get(show).post(create))
}

struct ScopeBox {
    value: &'static str,
    label: &'static str,
    is_ticked: bool,
}

#[derive(Template)]
#[template(path = "consent/show.html")]
struct ConsentPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    /// Address of the form: the request again.
    action: String,
    name: &'a str,
    /// Place of the document that describes the assistant, without its scheme.
    described_at: Option<String>,
    destination: Destination,
    organisation: Option<&'a str>,
    email: String,
    scopes: Vec<ScopeBox>,
}

#[derive(Template)]
#[template(path = "consent/fault.html")]
struct FaultPage {
    shell: Shell,
    /// Sentence for the person.
    message: String,
    /// Address that tells the assistant of the fault, with its receiver.
    way_back: Option<(String, Destination)>,
}

/// The request in the address of a page.
struct SentRequest {
    params: AuthorizationParams,
    query: String,
}

impl From<&OriginalUri> for SentRequest {
    fn from(OriginalUri(uri): &OriginalUri) -> Self {
        let query = uri.query().unwrap_or_default().to_owned();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let params = AuthorizationParams::from_pairs(pairs.iter().map(|(name, value)| (&**name, &**value)));
        Self { params, query }
    }
}

async fn show(State(app): State<App>, me: SignedIn, uri: OriginalUri, pending_form: PendingForm) -> Result {
    let sent = SentRequest::from(&uri);
    let request = match check(&app, &me, &sent.params).await {
        Ok(request) => request,
        Err(fault) => return show_fault(&me, fault).await,
    };
    let ticked = pending_form.take_form(&app, &me).await?.map_or(request.scopes, |form: FormPairs| ticked(&form));
    Ok(form(&app, &me, &sent, &request, ticked, &FieldFaults::default()).await?)
}

async fn create(State(app): State<App>, me: SignedIn, uri: OriginalUri, typed: FormPairs) -> Result {
    let sent = SentRequest::from(&uri);
    let request = match check(&app, &me, &sent.params).await {
        Ok(request) => request,
        Err(fault) => return show_fault(&me, fault).await,
    };
    // everything but the button that allows declines
    if typed.get("decision") != Some("allow") {
        return Ok(leave_for(&request.decline_url()));
    }
    let scopes = ticked(&typed);
    match authorization_server::allow(&app.system, &me.actor, &request, scopes, app.clock.now()).await {
        Ok(url) => Ok(leave_for(&url)),
        Err(Error::Invalid(faults)) => Ok(form(&app, &me, &sent, &request, scopes, &faults).await?),
        Err(error) => Err(error.into()),
    }
}

/// Returns the scopes that are ticked in a form.
fn ticked(form: &FormPairs) -> Scopes {
    let texts = form.0.iter().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.as_str());
    Scopes::parse(texts).unwrap_or_default()
}

async fn check(
    app: &App,
    me: &SignedIn,
    params: &AuthorizationParams,
) -> Result<AuthorizationRequest, AuthorizationFault> {
    let server = AuthorizationServer { system: &app.system, egress: &app.egress, public_url: &app.public_url };
    server.check(params, me.actor.user_id(), app.clock.now()).await
}

async fn form(
    app: &App,
    me: &SignedIn,
    sent: &SentRequest,
    request: &AuthorizationRequest,
    ticked: Scopes,
    faults: &FieldFaults,
) -> Result<Response, Error> {
    let name = request.assistant.name.as_str();
    let account = accounts::find(&app.system, me.actor.user_id()).await?;
    let email = account.ok_or(Error::NotFound("account"))?.email;
    let scope_box = |scope: Scope| ScopeBox {
        value: scope.as_str(),
        label: scope.description(),
        is_ticked: ticked.contains(scope),
    };
    let page = ConsentPage {
        shell: me.shell(format!("Connect {name}")).await.with_faults(faults),
        faults,
        action: format!("{PATH}?{}", sent.query),
        name,
        described_at: request.assistant.described_at(),
        destination: request.redirect_uri.destination(),
        organisation: request.organisation.as_deref(),
        email,
        scopes: request.scopes.iter().map(scope_box).collect(),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = forbid_storing(page_with(status, &page));
    // browsers check every redirect after a form, and the assistant's site may lead on to another one
    let policy = POLICY.replace("form-action 'self'; ", "");
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

async fn show_fault(me: &SignedIn, fault: AuthorizationFault) -> Result {
    let (message, way_back) = match fault {
        AuthorizationFault::Failed(error) => return Err(error.into()),
        AuthorizationFault::Unanswerable(reason) => (format!("{reason}."), None),
        AuthorizationFault::Answer { url, description, destination } => {
            (format!("{description}."), Some((url, destination)))
        }
    };
    let shell = me.shell("This assistant cannot be connected").await;
    let page = FaultPage { shell, message, way_back };
    Ok(forbid_storing(page_with(StatusCode::BAD_REQUEST, &page)))
}

/// Leads to the assistant. The address holds a code or an error.
fn leave_for(url: &Url) -> Response {
    match HeaderValue::try_from(url.as_str()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, NO_STORE)]).into_response(),
        Err(_) => crate::web::error::Error::from(anyhow::anyhow!("a redirect to something that is not an address"))
            .into_response(),
    }
}
