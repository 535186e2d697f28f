//! Restores a form that was submitted after its session expired, once its sender has signed in again. The router, the
//! sign-in pages, and the pages with a form use it.
//!
//! The hub stores nothing for visitors. It encrypts the form for the browser's last user and passes it through the
//! sign-in page as a hidden field. A cookie holds the tag of the last user; it cannot sign anybody in. Only the last user
//! can open the form, for an hour. After sign-in the form waits, still encrypted, in the new session, until the page with
//! that form takes it once. Restoring a form never submits it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method};
use time::Duration;
use tower_sessions::Session;
use url::form_urlencoded;

use super::actor::{SignInRequired, SignedIn};
use super::error::Error;
use super::extract::{FORM_CONTENT_TYPE, FormWithFiles, MAX_UPLOAD_BYTES, is_form, is_form_with_files, requested_uri};
use super::flash::Flash;
use super::respond;
use super::session;
use super::session::cookies::{self, cookie_name};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::schema_form::{Dropped, Upload};
use crate::secret::Secret;
use crate::vault::UserTag;

/// Base name of the cookie that holds the tag of the browser's last user.
const LAST_USER: &str = "craft-reader";

/// The largest encoded form that is preserved, in bytes. It travels in a page and in a session. Files are dropped first.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The time in which a preserved form can be restored, counted from its submission.
const FORM_TTL: Duration = Duration::HOUR;

/// The purpose of the sealed text, and its entry of the session data.
const PRESERVED_FORM: &str = "preserved form";

/// Suffixes of the fields that no form shows again (shipped services are tested for this). They are not preserved either.
const SECRET_SUFFIXES: [&str; 4] = ["password", "token", "_secret", "_key"];

const RESTORED: &str = "You had been signed out. This is what you had filled in; nothing has been sent yet.";
const RESTORED_PARTIALLY: &str = "You had been signed out. This is what you had filled in, except for passwords and \
                                tokens; nothing has been sent yet.";

/// The state of [`preserve_form`].
#[derive(Clone)]
pub(super) struct FormPreserver {
    pub(super) app: App,
    /// Shows the sign-in page for a path, with a sealed form.
    pub(super) show_sign_in: fn(&App, &str, &str) -> Response,
}

/// Middleware inside the session layer. For a form POST that is answered with [`SignInRequired`], it answers with the sign-in
/// page and the sealed form, if the browser has a last user. For a GET, it forbids storing a page that shows a restored form.
pub(super) async fn preserve_form(
    State(preserver): State<FormPreserver>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::GET {
        return show(request, next).await;
    }
    let FormPreserver { app, show_sign_in } = preserver;
    let Some(last_user) = last_user(&request, &app) else { return next.run(request).await };
    let content_type = request.headers().get(CONTENT_TYPE).cloned();
    let shared = Arc::new(Mutex::new(std::mem::take(request.body_mut())));
    *request.body_mut() = body_handle(shared.clone());
    let response = next.run(request).await;
    let Some(SignInRequired { return_path: path }) = response.extensions().get().cloned() else { return response };
    let body = take_body(&shared);
    match seal(&app, last_user, &path, (content_type, body)).await {
        Some(form) => show_sign_in(&app, &path, &form),
        None => response,
    }
}

/// Serves a page, and forbids storing it if it shows a restored form.
async fn show(mut request: Request, next: Next) -> Response {
    let shown_flag = ShownFlag::default();
    request.extensions_mut().insert(shown_flag.clone());
    let response = next.run(request).await;
    if shown_flag.0.load(Ordering::Relaxed) { respond::forbid_storing(response) } else { response }
}

/// Returns the tag of the browser's last user, if the request is a form that can be preserved.
fn last_user(request: &Request, app: &App) -> Option<UserTag> {
    let can_be_preserved =
        request.method() == Method::POST && (is_form(request.headers()) || is_form_with_files(request.headers()));
    let name = cookie_name(LAST_USER, &app.public_url);
    can_be_preserved.then(|| cookies::find(request.headers(), &name)).flatten()?.parse().ok()
}

/// Returns a body that is taken out of `shared` at its first read. A handler that turns the visitor away has not read it,
/// so the body is still there; a handler that reads it notices no difference.
fn body_handle(shared: Arc<Mutex<Body>>) -> Body {
    Body::from_stream(async move { take_body(&shared).into_data_stream() }.flatten_stream())
}

fn take_body(shared: &Mutex<Body>) -> Body {
    std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Encrypts the form for the last user. Returns `None` if it holds no user input, or is too large.
async fn seal(
    app: &App,
    last_user: UserTag,
    path: &str,
    (content_type, body): (Option<HeaderValue>, Body),
) -> Option<String> {
    let content_type = content_type?;
    let has_files = content_type.to_str().is_ok_and(|it| it.starts_with("multipart/"));
    let body = to_bytes(body, if has_files { MAX_UPLOAD_BYTES } else { MAX_FORM_BYTES }).await.ok()?;
    let FormWithFiles(mut pairs) = read(content_type, body.into()).await?;
    // a form of buttons alone holds no user input
    if pairs.iter().all(|(name, _)| name == "op") {
        return None;
    }
    for (_, value) in pairs.iter_mut().filter(|(name, _)| is_secret_field(name)) {
        value.clear();
    }
    if has_files && encoded_length(&pairs) > MAX_FORM_BYTES {
        drop_files(&mut pairs);
    }
    if encoded_length(&pairs) > MAX_FORM_BYTES {
        return None;
    }
    let form = format!("{path}\n{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    if form.len() > MAX_FORM_BYTES {
        return None;
    }
    let sealed = app.vault.seal_for_client(last_user, PRESERVED_FORM, &Secret::new(form), app.clock.now());
    sealed.inspect_err(|error| tracing::error!(error = %error, "Failed to seal a submitted form; the visitor has to fill it in again after signing in")).ok()
}

/// Returns the length of an encoded form, in bytes.
fn encoded_length(pairs: &[(String, String)]) -> usize {
    let length = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).map(str::len).sum::<usize>();
    pairs.iter().map(|(name, text)| length(name) + length(text) + "=&".len()).sum()
}

/// Drops the contents of the files of a form, and the sealed secrets, which may be files. Their names stay, so that the page
/// says which ones to enter again.
fn drop_files(pairs: &mut [(String, String)]) {
    for (name, text) in pairs {
        if let Some(upload) = name.starts_with("u/").then(|| Upload::from_text(text)).flatten() {
            *text = upload.without_content(Dropped::SignedOut).to_text();
        } else if name.starts_with("s/") {
            text.clear();
        }
    }
}

fn is_secret_field(field: &str) -> bool {
    SECRET_SUFFIXES.iter().any(|suffix| field.ends_with(suffix))
}

/// Reads a form as the handler of its POST does.
async fn read<F: FromRequest<()>>(content_type: HeaderValue, form: Body) -> Option<F> {
    let request = Request::post("/").header(CONTENT_TYPE, content_type).body(form).ok()?;
    F::from_request(request, &()).await.ok()
}

/// Decrypts a preserved form into the path of its page and the encoded fields.
fn open(app: &App, user: UserId, sealed: &str) -> Option<(String, String)> {
    let form =
        app.vault.open_from_client(app.vault.user_tag(user), PRESERVED_FORM, sealed, app.clock.now(), FORM_TTL)?;
    form.expose().split_once('\n').map(|(path, fields)| (path.to_owned(), fields.to_owned()))
}

/// Moves the sealed form of the sign-in page into the new session. Drops a form of another user, an expired form, and
/// anything else.
pub(super) async fn move_to_session(app: &App, session: &Session, user: UserId, sealed: &str) -> Result<()> {
    match open(app, user, sealed) {
        Some(_) => session::insert(session, PRESERVED_FORM, sealed).await,
        None => Ok(()),
    }
}

/// Sets the cookie that holds the tag of the browser's last user, for the time after their session.
pub(super) fn set_last_user_cookie(mut response: Response, app: &App, user: UserId) -> Response {
    let (name, last_user) = (cookie_name(LAST_USER, &app.public_url), app.vault.user_tag(user));
    let secure = cookies::secure(&app.public_url);
    let cookie = format!("{name}={last_user}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The flag of a request that is set when its page shows a restored form.
#[derive(Clone, Debug, Default)]
struct ShownFlag(Arc<AtomicBool>);

/// The preserved form that may wait in the session for the requested page.
#[derive(Clone, Debug)]
pub(super) struct PendingForm {
    session: Session,
    /// Path and query of the request; a form page with a query is another page than the same path without it.
    target: String,
    /// `None` for a HEAD request, which does not take the form from the page that shows it.
    shown_flag: Option<ShownFlag>,
}

impl FromRequestParts<App> for PendingForm {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| anyhow::anyhow!("This route lacks the session layer"))?;
        let target = requested_uri(parts).path_and_query().map(ToString::to_string).unwrap_or_default();
        Ok(Self { session, target, shown_flag: parts.extensions.get().cloned() })
    }
}

impl PendingForm {
    /// Takes the form that waits for this page and sets a message about it, so build the shell of the page afterwards.
    /// `F` is the extractor of the page's POST.
    pub(super) async fn take_form<F: FromRequest<()>>(self, app: &App, me: &SignedIn) -> Result<Option<F>> {
        let Some(shown_flag) = self.shown_flag else { return Ok(None) };
        let Some(sealed) = session::get::<String>(&self.session, PRESERVED_FORM).await? else { return Ok(None) };
        let form = open(app, me.actor.user_id(), &sealed);
        if form.as_ref().is_some_and(|(path, _)| *path != self.target) {
            return Ok(None);
        }
        session::remove(&self.session, PRESERVED_FORM).await?;
        let Some((_, fields)) = form else { return Ok(None) };
        let is_partial = form_urlencoded::parse(fields.as_bytes()).any(|(name, _)| is_secret_field(&name));
        let form = read(HeaderValue::from_static(FORM_CONTENT_TYPE), fields.into()).await;
        if form.is_some() {
            shown_flag.0.store(true, Ordering::Relaxed);
            me.flash(Flash::important(if is_partial { RESTORED_PARTIALLY } else { RESTORED })).await?;
        }
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret_field;
    use std::fs;

    /// Returns the names of fields whose value no template of the folder shows.
    fn secret_fields(folder: &str) -> Vec<String> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let files = paths.map(|path| fs::read_to_string(path).unwrap());
        let names = |text: String| -> Vec<String> {
            let after = text.split("field::secret(faults, \"").skip(1);
            after.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        files.flat_map(names).collect()
    }

    #[test]
    fn fields_that_no_form_shows_are_not_preserved() {
        for folder in ["templates/accounts", "templates/connections", "templates/connectors", "templates/settings"] {
            let fields = secret_fields(folder);
            assert!(!fields.is_empty(), "{folder}");
            assert!(fields.iter().all(|field| is_secret_field(field)), "{folder}: {fields:?}");
        }
    }
}
