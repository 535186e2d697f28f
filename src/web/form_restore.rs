//! A form that outlives its session: it comes back as it was filled in, once its sender has signed in again.
//!
//! Nothing is stored for a visitor. What was typed travels through the sign-in page, sealed for whoever was last signed
//! in with this browser (a cookie holds their mark, which signs nobody in), and opens for them alone, for an hour. After
//! signing in it waits, still sealed, in the new session until the page that shows the form takes it, once. Nothing is
//! ever carried out by bringing it back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use time::Duration;
use tower_sessions::Session;
use url::form_urlencoded;

use super::accounts;
use super::actor::SignedIn;
use super::error::Error;
use super::extract::{FORM_TYPE, FormPairs, is_form};
use super::flash::Flash;
use super::{respond, session};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::secret::Secret;
use crate::vault::UserTag;

/// The largest form that is kept, when it is encoded: it goes into a page, and into a session.
const MOST_BYTES: usize = 64 * 1024;

/// How long a form is good for, from when it was sent.
const LIFE: Duration = Duration::HOUR;

/// What the sealed text is for, and its key in the session.
const KEPT: &str = "kept form";

/// How the names of fields end that no form shows again (those of shipped services are held to it). They are not carried
/// either.
const NEVER_SHOWN: [&str; 4] = ["password", "token", "_secret", "_key"];

const RESTORED: &str = "You had been signed out. This is what you had filled in; nothing has been sent yet.";
const RESTORED_IN_PART: &str = "You had been signed out. This is what you had filled in, except for passwords and \
                                tokens; nothing has been sent yet.";

/// On an answer: a form was sent, but nobody is signed in. The path is that of the page that shows the form.
#[derive(Clone, Debug)]
struct SignInRequired(String);

/// Marks the answer to a request of somebody who has to sign in first, and then comes back to `path`.
pub(super) fn mark_sign_in_required(mut response: Response, path: String) -> Response {
    response.extensions_mut().insert(SignInRequired(path));
    response
}

/// The layer, inside of the one with the sessions. It leaves alone what is not marked: pages that somebody signed in is
/// shown, programs, and htmx, which no form with something typed is sent by.
pub(super) async fn preserve_form(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if request.method() == Method::GET {
        return shown(request, next).await;
    }
    let Some(owner) = sender(&request, &app) else { return next.run(request).await };
    let held = Arc::new(Mutex::new(std::mem::take(request.body_mut())));
    *request.body_mut() = body_handle(held.clone());
    let response = next.run(request).await;
    let Some(SignInRequired(path)) = response.extensions().get().cloned() else { return response };
    let body = take_body(&held);
    match sealed(&app, owner, &path, body).await {
        Some(kept) => accounts::sign_in::keeping(&app, &path, &kept),
        None => response,
    }
}

/// A page with what was typed in its form is as private as the form.
async fn shown(mut request: Request, next: Next) -> Response {
    let restored = Restored::default();
    request.extensions_mut().insert(restored.clone());
    let response = next.run(request).await;
    if restored.0.load(Ordering::Relaxed) { respond::unstored(response) } else { response }
}

/// Whose form it is, if it is one that may be kept.
fn sender(request: &Request, app: &App) -> Option<UserTag> {
    let may_be_kept = request.method() == Method::POST && is_form(request.headers());
    may_be_kept.then(|| cookie(request.headers(), cookie_name(app))).flatten()?.parse().ok()
}

/// A body that leaves its place when it is read, and not before: a handler that turns a visitor away has not read it,
/// and one that reads it does so as if it were the body itself.
fn body_handle(held: Arc<Mutex<Body>>) -> Body {
    Body::from_stream(async move { take_body(&held).into_data_stream() }.flatten_stream())
}

fn take_body(held: &Mutex<Body>) -> Body {
    std::mem::take(&mut *held.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The form as text that only its owner's sign-in opens; none if there is nothing to keep, or too much.
async fn sealed(app: &App, owner: UserTag, path: &str, body: Body) -> Option<String> {
    let body = to_bytes(body, MOST_BYTES).await.ok()?;
    let FormPairs(mut pairs) = read(body.into()).await?;
    // in a form of buttons alone there is nothing that was typed
    if pairs.iter().all(|(name, _)| name == "op") {
        return None;
    }
    for (_, value) in pairs.iter_mut().filter(|(name, _)| is_never_shown(name)) {
        value.clear();
    }
    let form = format!("{path}\n{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    if form.len() > MOST_BYTES {
        return None;
    }
    let sealed = app.vault.seal_for_client(owner, KEPT, &Secret::new(form), app.clock.now());
    sealed.inspect_err(|error| tracing::error!(%error, "a form was not kept")).ok()
}

fn is_never_shown(field: &str) -> bool {
    NEVER_SHOWN.iter().any(|end| field.ends_with(end))
}

/// Reads a form as the handler of its POST would.
async fn read<F: FromRequest<()>>(form: Body) -> Option<F> {
    let request = Request::post("/").header(CONTENT_TYPE, FORM_TYPE).body(form).ok()?;
    F::from_request(request, &()).await.ok()
}

/// Opened: the path of its page, and what was typed.
fn opened(app: &App, user: UserId, kept: &str) -> Option<(String, String)> {
    let form = app.vault.open_from_client(app.vault.mark(user), KEPT, kept, app.clock.now(), LIFE)?;
    form.expose().split_once('\n').map(|(path, typed)| (path.to_owned(), typed.to_owned()))
}

/// Puts what came through the sign-in page into the session of who has signed in. What is not theirs, too old or no form
/// at all is dropped.
pub(super) async fn restore(app: &App, session: &Session, user: UserId, kept: &str) -> Result<()> {
    match opened(app, user, kept) {
        Some(_) => session::put(session, KEPT, kept).await,
        None => Ok(()),
    }
}

/// Notes in the browser who has signed in, for the time after their session.
pub(super) fn set_last_user_cookie(mut response: Response, app: &App, user: UserId) -> Response {
    let (name, mark) = (cookie_name(app), app.vault.mark(user));
    let secure = if session::is_secure(&app.public_url) { "; Secure" } else { "" };
    let cookie = format!("{name}={mark}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn cookie_name(app: &App) -> &'static str {
    if session::is_secure(&app.public_url) { "__Host-craft-reader" } else { "craft-reader" }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Whether the page that is being made shows a form that came back.
#[derive(Clone, Debug, Default)]
struct Restored(Arc<AtomicBool>);

/// The form that may wait for the page which is asked for.
#[derive(Clone, Debug)]
pub(super) struct RestoredForm {
    session: Session,
    /// Path and query: a page that shows something special in its form has a query, and shows that.
    asked: String,
    /// None: a request that only asks how the page is does not take the form from the one that shows it.
    restored: Option<Restored>,
}

impl FromRequestParts<App> for RestoredForm {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| anyhow::anyhow!("the session layer is missing around this route"))?;
        let asked = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        Ok(Self { session, asked, restored: parts.extensions.get().cloned() })
    }
}

impl RestoredForm {
    /// Takes the form that waits for this page, and leaves the words about it for the frame of the page, which is to be
    /// made after. `F` is how the page's POST reads it.
    pub(super) async fn take<F: FromRequest<()>>(self, app: &App, me: &SignedIn) -> Result<Option<F>> {
        let Some(restored) = self.restored else { return Ok(None) };
        let Some(kept) = session::get::<String>(&self.session, KEPT).await? else { return Ok(None) };
        let form = opened(app, me.actor.user_id(), &kept);
        if form.as_ref().is_some_and(|(path, _)| *path != self.asked) {
            return Ok(None);
        }
        session::forget(&self.session, KEPT).await?;
        let Some((_, typed)) = form else { return Ok(None) };
        let is_in_part = form_urlencoded::parse(typed.as_bytes()).any(|(name, _)| is_never_shown(&name));
        let form = read(typed.into()).await;
        if form.is_some() {
            restored.0.store(true, Ordering::Relaxed);
            me.flash(Flash::important(if is_in_part { RESTORED_IN_PART } else { RESTORED })).await?;
        }
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::is_never_shown;
    use std::fs;

    /// Fields that show no value, as the templates say.
    fn secret_fields(folder: &str) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let names = |text: String| -> Vec<String> {
            let after = text.split("field::secret(faults, \"").skip(1);
            after.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        files.flat_map(names).collect()
    }

    #[test]
    fn what_no_form_shows_again_is_not_carried() {
        for folder in ["templates/accounts", "templates/connections", "templates/connectors", "templates/settings"] {
            let fields = secret_fields(folder);
            assert!(!fields.is_empty(), "{folder}");
            assert!(fields.iter().all(|field| is_never_shown(field)), "{folder}: {fields:?}");
        }
    }
}
