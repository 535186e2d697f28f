//! Extractors for the person behind a request. A request becomes an [`Actor`] here and nowhere else.
//!
//! [`SignedIn`] is for pages of users, [`Admin`] for pages of administrators, [`MaybeSignedIn`] for public pages. A
//! handler that shows no page can take the [`Actor`] itself. A visitor who is not signed in is sent to the sign-in page
//! and returns to the requested page afterwards.

mod admin;

pub use admin::Admin;

use std::ops::Deref;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode, header};
use tower_sessions::Session;
use url::form_urlencoded;

use super::error::Error;
use super::extract::requested_uri;
use super::flash::Flash;
use super::here::Here;
use super::request_summary;
use super::respond::{local_path, see_other};
use super::session;
use super::shell::{HubNotes, Shell, ShellUser, ViewerSlot, canonical_name, read_cookie};
use super::when::Calendar;
use crate::accounts::sessions::{self, SessionKey};
use crate::accounts::{User, Visitor};
use crate::actor::{Actor, Origin};
use crate::app::App;
use crate::clock::Timestamp;
use crate::connections::ExpiryInput;
use crate::organisations::{self, Membership};
use crate::request_source::RequestSource;

/// The signed-in user, with their session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    viewer: Viewer,
    session: Session,
    notes: HubNotes,
}

/// The signed-in user without the contents of their session: live pages keep it for as long as they are open.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The key to the user's rows.
    pub actor: Actor,
    /// The user as pages show them.
    pub user: ShellUser,
    /// The key of the user's session row.
    session: Option<SessionKey>,
}

impl Deref for SignedIn {
    type Target = Viewer;

    fn deref(&self) -> &Viewer {
        &self.viewer
    }
}

impl SignedIn {
    /// Builds the shell of a page titled `title`, with the message left for it.
    pub async fn shell(&self, title: impl Into<String>) -> Shell {
        let flash = session::take_flash(&self.session).await;
        Shell::new(title).with_user(Some(self.user.clone())).with_flash(flash).with_notes(self.notes)
    }

    /// Leaves a message for the next page.
    pub async fn flash(&self, flash: Flash) -> crate::error::Result<()> {
        session::set_flash(&self.session, flash).await
    }

    /// Enters the organisation with this slug.
    ///
    /// # Errors
    /// Answers 404 for an organisation that does not exist, and for one that the user is not a member of.
    async fn in_organisation(self, app: &App, slug: &str) -> crate::error::Result<Self> {
        let membership = organisations::find_membership(&app.system, self.actor.user_id(), slug).await?;
        Ok(self.within(membership))
    }

    /// Returns the same person in an organisation.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the membership was found, and the database checks it again")]
    pub(super) fn within(mut self, membership: Membership) -> Self {
        self.viewer.actor = self.viewer.actor.within(membership.organisation);
        self.viewer.user.here = Here::organisation(membership.slug, membership.name);
        self
    }

    /// Drops the session and keeps the viewer.
    pub(super) fn into_viewer(self) -> Viewer {
        self.viewer
    }
}

impl Viewer {
    /// Returns the viewer's calendar: their time zone and today's date. The page names the zone until it is chosen.
    #[must_use]
    pub fn calendar(&self, now: Timestamp) -> Calendar {
        self.user.zone_note.mark_times();
        Calendar::new(self.user.zone.clone(), now)
    }

    /// Returns the expiry date as the viewer typed it. Their time zone decides when that day begins.
    pub(super) fn typed_end(&self, text: &str) -> ExpiryInput {
        ExpiryInput { text: text.to_owned(), zone: self.user.zone.clone() }
    }

    /// Returns the space of the page.
    #[must_use]
    pub const fn here(&self) -> &Here {
        &self.user.here
    }

    /// Returns the key of the viewer's session.
    pub(super) const fn session_key(&self) -> Option<SessionKey> {
        self.session
    }

    /// Checks that the session is still valid and that the user may still enter the space, for streams, which outlive the
    /// request that opened them.
    pub(super) async fn is_still_signed_in(&self, app: &App) -> crate::error::Result<bool> {
        match self.session {
            Some(key) => Ok(sessions::is_valid(&app.system, key, app.clock.now()).await?
                && organisations::may_enter(&app.system, self.actor.user_id(), self.actor.owner_id()).await?),
            None => Ok(false),
        }
    }
}

/// The visitor of a public page, signed in or not.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn {
    /// The signed-in user, if any.
    pub signed_in: Option<SignedIn>,
    /// The source of the request.
    pub(super) source: RequestSource,
    /// The visitor's session, which may not exist yet.
    pub(super) session: Session,
    /// The state of the hub.
    pub(super) notes: HubNotes,
    /// The time zone that the browser names.
    time_zone: Option<String>,
}

impl MaybeSignedIn {
    /// Builds the shell of a page titled `title`, with the message left for it.
    pub async fn shell(&self, title: impl Into<String>) -> Shell {
        let user = self.signed_in.as_ref().map(|signed_in| signed_in.user.clone());
        let flash = session::take_flash(&self.session).await;
        Shell::new(title).with_user(user).with_flash(flash).with_notes(self.notes)
    }

    /// Leaves a message for the next page.
    pub async fn flash(&self, flash: Flash) -> crate::error::Result<()> {
        session::set_flash(&self.session, flash).await
    }

    /// Returns the visitor as the accounts module takes them.
    pub(super) fn visitor(&self) -> Visitor {
        let zone = self.time_zone.as_deref().and_then(canonical_name);
        Visitor::from_browser(self.source.ip, self.source.user_agent.as_deref()).in_time_zone(zone.as_deref())
    }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| anyhow::anyhow!("This route lacks the session layer"))?;
        let source = RequestSource::new(parts, &app.proxies);
        let account = session::load_account(&session, &source, app.clock.now()).await?;
        let (notes, time_zone) = (HubNotes::load(app, account.is_some()).await, read_cookie(&parts.headers));
        ViewerSlot::fill_notes(parts, notes);
        let signed_in = account.map(|account| {
            let (actor, key) = (actor(&account, &source), session::key_of(&session));
            let user = ShellUser::from_account(account, time_zone.as_deref());
            SignedIn { viewer: Viewer { actor, user, session: key }, session: session.clone(), notes }
        });
        let signed_in = match (signed_in, organisation_of_path(parts).await?) {
            (Some(own), Some(slug)) => {
                let user = own.user.clone();
                let entered = own.in_organisation(app, &slug).await;
                // the error page leads back into the user's own space
                Some(entered.inspect_err(|_| ViewerSlot::fill(parts, user))?)
            }
            (own, _) => own,
        };
        if let Some(signed_in) = &signed_in {
            ViewerSlot::fill(parts, signed_in.user.clone());
        }
        Ok(Self { signed_in, source, session, notes, time_zone })
    }
}

/// Returns the parameter `org` of the path: the slug of an organisation.
///
/// # Errors
/// Answers 404 if the path has parameters that cannot be read: it must not be taken for one's own space.
async fn organisation_of_path(parts: &mut Parts) -> Result<Option<String>, Error> {
    let parameters = match RawPathParams::from_request_parts(parts, &()).await {
        Ok(parameters) => parameters,
        // a route without parameters
        Err(RawPathParamsRejection::MissingPathParams(_)) => return Ok(None),
        Err(_) => return Err(Error::not_found()),
    };
    let slug = parameters.iter().find(|(name, _)| *name == "org").map(|(_, slug)| slug.to_owned());
    // the database cannot look for a NUL
    if slug.as_ref().is_some_and(|slug| slug.contains('\0')) { Err(Error::not_found()) } else { Ok(slug) }
}

#[expect(clippy::disallowed_methods, reason = "the session row vouches for the user")]
fn actor(account: &User, source: &RequestSource) -> Actor {
    Actor::new(account.id, Origin::Browser).seen_at(source.ip, source.user_agent.as_deref())
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = MaybeSignedIn::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        visitor.signed_in.ok_or_else(|| redirect_to_sign_in(parts))
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        SignedIn::from_request_parts(parts, app).await.map(|signed_in| signed_in.viewer.actor)
    }
}

/// Marks a response that redirects to the sign-in page, for the middleware that preserves a submitted form.
#[derive(Clone, Debug)]
pub(super) struct SignInRequired {
    /// The page to come back to; for a form, the page that shows it.
    pub(super) return_path: String,
}

/// Redirects to the sign-in page and back. Programs cannot sign in on a page, so they get a 401.
fn redirect_to_sign_in(parts: &Parts) -> Response {
    if is_program(parts) {
        return Error::new(StatusCode::UNAUTHORIZED, "Sign in to see this").into_response();
    }
    let target = return_path(parts);
    let location =
        format!("/sign-in?{}", form_urlencoded::Serializer::new(String::new()).append_pair("next", &target).finish());
    let mut response = see_other(&location);
    response.extensions_mut().insert(SignInRequired { return_path: target });
    response
}

/// Returns the page to come back to: for a submitted form, the page that shows the form.
fn return_path(parts: &Parts) -> String {
    let uri = requested_uri(parts);
    let target = uri.path_and_query().map_or_else(|| uri.path(), |target| target.as_str());
    local_path(target).unwrap_or("/").to_owned()
}

fn is_program(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // htmx accepts a stream as the answer to a form, too
    let is_stream = parts.method == Method::GET && accept.contains("text/event-stream");
    is_stream || request_summary::wants_json(parts.uri.path(), &parts.headers)
}
