//! `/sign-in`: checks an email address and password, then redirects to the page that was requested.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;

use super::{check_email, forgot};
use crate::accounts::{self, SignInAttempt, SignInOutcome};
use crate::app::App;
use crate::config::SignUp;
use crate::error::FieldFaults;
use crate::secret::Secret;
use crate::web::HOME;
use crate::web::actor::MaybeSignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Query};
use crate::web::flash::Flash;
use crate::web::form_restore;
use crate::web::respond::{forbid_storing, local_path, page, page_with, see_other};
use crate::web::session;
use crate::web::shell::Shell;
use crate::web::when;

const TITLE: &str = "Sign in";

const FORM_NOT_SENT: &str = "Your session ended before this form was sent. Sign in, and it comes back as you filled it in. \
                      Nothing has been sent.";

/// Shown for a wrong address and for a wrong password alike.
const MISMATCH: &str = "The email address or the password is not right";

/// Shown to a person who knows the password.
const DISABLED: &str = "This account is disabled. Ask an administrator of this hub to enable it";

#[derive(Deserialize)]
pub(super) struct SignInParams {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Fields {
    email: String,
    password: Secret,
    #[serde(default)]
    next: String,
    #[serde(default, rename = "kept")]
    sealed_form: String,
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    /// The time until the next try is looked at, in words.
    wait: Option<String>,
    email: &'a str,
    next: Option<&'a str>,
    /// A sealed form that waits for its page after sign-in.
    sealed_form: &'a str,
    forgot: String,
    is_open: bool,
}

impl<'a> NewPage<'a> {
    fn blank(app: &App, shell: Shell, next: Option<&'a str>) -> Self {
        let (faults, forgot, is_open) = (FieldFaults::default(), forgot::path_for(""), app.sign_up == SignUp::Open);
        Self { shell, faults, wait: None, email: "", next, sealed_form: "", forgot, is_open }
    }
}

pub(super) async fn new(State(app): State<App>, anyone: MaybeSignedIn, Query(params): Query<SignInParams>) -> Result {
    if anyone.signed_in.is_some() {
        return Ok(see_other(local_path(&params.next).unwrap_or(HOME)));
    }
    Ok(page(&NewPage::blank(&app, anyone.shell(TITLE).await, local_path(&params.next))))
}

/// Answers a form that was sent without a session: the sign-in page, which carries the sealed form.
pub(in crate::web) fn show_with_sealed_form(app: &App, next: &str, sealed_form: &str) -> Response {
    let shell = Shell::new(TITLE).with_flash(Some(Flash::important(FORM_NOT_SENT)));
    let form = NewPage { sealed_form, ..NewPage::blank(app, shell, Some(next)) };
    forbid_storing(page_with(StatusCode::UNAUTHORIZED, &form))
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn, Form(fields): Form<Fields>) -> Result {
    let mut faults = empty_field_faults(&fields);
    let mut wait = None;
    if faults.is_empty() {
        let (visitor, now) = (anyone.visitor(), app.clock.now());
        let attempt = SignInAttempt { email: &fields.email, password: &fields.password, visitor: &visitor };
        match accounts::sign_in(&app.system, &app.passwords, attempt, now).await? {
            SignInOutcome::Accepted(user) => {
                session::begin(&anyone.session, user.id, &anyone.source, now).await?;
                form_restore::move_to_session(&app, &anyone.session, user.id, &fields.sealed_form).await?;
                return Ok(form_restore::set_last_user_cookie(
                    see_other(local_path(&fields.next).unwrap_or(HOME)),
                    &app,
                    user.id,
                ));
            }
            SignInOutcome::Unconfirmed(email) => {
                check_email::send(&app, &anyone, &email).await?;
                return Ok(see_other(check_email::PATH));
            }
            SignInOutcome::Disabled => faults.add("email", DISABLED),
            SignInOutcome::Refused => {
                // both fields are marked, because either may be wrong
                faults.add("email", MISMATCH);
                faults.add("password", "Enter your password again");
            }
            SignInOutcome::Wait(until) => {
                wait = Some(until - now);
            }
        }
    }
    let form = NewPage {
        faults,
        wait: wait.map(|wait| when::interval(Duration::from_secs(whole_seconds(wait)))),
        email: &fields.email,
        sealed_form: &fields.sealed_form,
        forgot: forgot::path_for(&fields.email),
        ..NewPage::blank(&app, anyone.shell(TITLE).await.title_prefix("Error"), local_path(&fields.next))
    };
    let response = match wait {
        None => page_with(StatusCode::UNPROCESSABLE_ENTITY, &form),
        Some(wait) => with_retry_after(wait, page_with(StatusCode::TOO_MANY_REQUESTS, &form)),
    };
    Ok(if fields.sealed_form.is_empty() { response } else { forbid_storing(response) })
}

fn with_retry_after(wait: time::Duration, mut response: Response) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    response
}

/// Rounds up to full seconds, so that a retry at that time is accepted.
fn whole_seconds(wait: time::Duration) -> u64 {
    u64::try_from(wait.whole_milliseconds()).unwrap_or(0).div_ceil(1_000)
}

/// Reports empty fields.
fn empty_field_faults(fields: &Fields) -> FieldFaults {
    let mut faults = FieldFaults::default();
    if fields.email.trim().is_empty() {
        faults.add("email", "Enter your email address");
    }
    if fields.password.expose().is_empty() {
        faults.add("password", "Enter your password");
    }
    faults
}
