//! Who is asking: the only place where a request becomes an [`Actor`].
//!
//! [`SignedIn`] is for pages of users, [`Admin`] for those of administrators, [`MaybeSignedIn`] for pages that everybody may
//! see; a handler that shows no page can take the [`Actor`] itself. Whoever is not signed in is sent to sign in, and
//! comes back to the page they asked for.

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tower_sessions::Session;
use url::form_urlencoded;

use super::error::Error;
use super::flash::Flash;
use super::form_restore;
use super::request_summary;
use super::respond::{local_path, see_other};
use super::session;
use super::shell::{Shell, ShellUser, ViewerSlot};
use super::when::Calendar;
use crate::accounts::sessions::{self, SessionKey};
use crate::accounts::{User, Visitor};
use crate::actor::{Actor, Origin};
use crate::app::App;
use crate::clock::Timestamp;
use crate::config::{Proxy, origin};
use crate::connections::TypedEnd;

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    viewer: Viewer,
    session: Session,
}

/// What there is to know of them, without what their session holds: live pages keep it for as long as they are looked at.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Opens their rows.
    pub actor: Actor,
    /// How pages show them.
    pub user: ShellUser,
    /// Leads to their session.
    session: Option<SessionKey>,
}

impl Deref for SignedIn {
    type Target = Viewer;

    fn deref(&self) -> &Viewer {
        &self.viewer
    }
}

impl SignedIn {
    /// The frame of a page about `thing`, with the message left for it.
    pub async fn shell(&self, thing: impl Into<String>) -> Shell {
        let flash = session::take_flash(&self.session).await;
        Shell::new(thing).viewer(Some(self.user.clone())).flash(flash)
    }

    /// Leaves a message for the next page.
    pub async fn flash(&self, flash: Flash) -> crate::error::Result<()> {
        session::leave_flash(&self.session, flash).await
    }

    /// Lets go of the session.
    pub(super) fn into_viewer(self) -> Viewer {
        self.viewer
    }
}

impl Viewer {
    /// Their clock.
    #[must_use]
    pub fn calendar(&self, now: Timestamp) -> Calendar {
        Calendar::new(self.user.zone.clone(), now)
    }

    /// The end of a credential as they typed it: their days begin where their clock says.
    pub(super) fn typed_end(&self, text: &str) -> TypedEnd {
        TypedEnd { text: text.to_owned(), zone: self.user.zone.clone() }
    }

    /// Which session this is.
    pub(super) const fn session_key(&self) -> Option<SessionKey> {
        self.session
    }

    /// Whether the session still stands: for streams, which outlive the look at the session that began them.
    pub(super) async fn is_still_signed_in(&self, app: &App) -> crate::error::Result<bool> {
        match self.session {
            Some(key) => sessions::stands(&app.system, key, app.clock.now()).await,
            None => Ok(false),
        }
    }
}

/// Somebody who administers the hub; for others such a page does not exist.
#[derive(Clone, Debug)]
pub struct Admin(pub SignedIn);

/// Whoever asks, signed in or not.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn {
    /// The user, if there is one.
    pub signed_in: Option<SignedIn>,
    /// Where they come from.
    pub(super) client: Client,
    /// Their session, which need not exist yet.
    pub(super) session: Session,
}

impl MaybeSignedIn {
    /// The frame of a page about `thing`, with the message left for it.
    pub async fn shell(&self, thing: impl Into<String>) -> Shell {
        let user = self.signed_in.as_ref().map(|signed_in| signed_in.user.clone());
        Shell::new(thing).viewer(user).flash(session::take_flash(&self.session).await)
    }

    /// Leaves a message for the next page.
    pub async fn flash(&self, flash: Flash) -> crate::error::Result<()> {
        session::leave_flash(&self.session, flash).await
    }

    /// Them, as the verbs of accounts know them.
    pub(super) fn visitor(&self) -> Visitor {
        Visitor::at_browser(self.client.ip, self.client.agent.as_deref())
    }
}

/// The other end of the connection.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) ip: Option<IpAddr>,
    pub(super) agent: Option<String>,
}

impl Client {
    pub(super) fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }

    fn of(parts: &Parts, proxies: &[Proxy]) -> Self {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let forwarded = parts.headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        Self {
            ip: peer.map(|ConnectInfo(peer)| origin(proxies, peer.ip(), forwarded)),
            // longer ones carry nothing more
            agent: agent.map(|text| text.chars().take(300).collect()),
        }
    }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| anyhow::anyhow!("the session layer is missing around this route"))?;
        let client = Client::of(parts, &app.proxies);
        let account = session::account(&session, &client, app.clock.now()).await?;
        let signed_in = account.map(|account| {
            let (actor, key) = (actor(&account, &client), session::key_of(&session));
            let viewer = Viewer { actor, user: shown(account), session: key };
            let signed_in = SignedIn { viewer, session: session.clone() };
            ViewerSlot::fill(parts, signed_in.user.clone());
            signed_in
        });
        Ok(Self { signed_in, client, session })
    }
}

#[expect(clippy::disallowed_methods, reason = "the session row vouches for the user")]
fn actor(account: &User, client: &Client) -> Actor {
    Actor::new(account.id, Origin::Browser).seen_at(client.ip, client.agent.as_deref())
}

fn shown(account: User) -> ShellUser {
    ShellUser {
        appearance: account.appearance(),
        display_name: account.display_name,
        zone: jiff::tz::TimeZone::get(&account.time_zone).unwrap_or(jiff::tz::TimeZone::UTC),
        is_admin: account.is_admin,
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let anyone = MaybeSignedIn::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        anyone.signed_in.ok_or_else(|| sign_in_first(parts))
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if signed_in.user.is_admin { Ok(Self(signed_in)) } else { Err(Error::not_found().into_response()) }
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        SignedIn::from_request_parts(parts, app).await.map(|signed_in| signed_in.viewer.actor)
    }
}

/// To the sign-in page, and back; programs, which cannot sign in on a page, are told.
fn sign_in_first(parts: &Parts) -> Response {
    if is_program(parts) {
        return Error::new(StatusCode::UNAUTHORIZED, "Sign in to see this").into_response();
    }
    let wanted = wanted(parts);
    let location =
        format!("/sign-in?{}", form_urlencoded::Serializer::new(String::new()).append_pair("next", &wanted).finish());
    if !parts.headers.contains_key(HX_REQUEST) {
        return form_restore::mark_sign_in_required(see_other(&location), wanted);
    }
    // a redirect would put the sign-in page into a part of this one: htmx loads this address instead
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::UNAUTHORIZED, [(HX_REDIRECT, location)]).into_response(),
        Err(error) => Error::from(anyhow::Error::from(error)).into_response(),
    }
}

/// The page to come back to. Of a form that was sent, it is the page that shows it.
fn wanted(parts: &Parts) -> String {
    let target = match parts.uri.path_and_query() {
        Some(target) if parts.method == Method::GET => target.as_str(),
        _ => parts.uri.path(),
    };
    local_path(target).unwrap_or("/").to_owned()
}

fn is_program(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/event-stream") || request_summary::wants_json(parts.uri.path(), &parts.headers)
}
