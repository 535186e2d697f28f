//! `/sign-up/check-email`: explains how to confirm the email address, and sends the confirmation again.
//!
//! The address comes from the visitor's session, where sign-up or a correct password stored it. A visitor who only
//! knows an address cannot cause mail to it.

use askama::Template;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::accounts::{self, Dispatch, Email};
use crate::app::App;
use crate::error::Error;
use crate::web::actor::MaybeSignedIn;
use crate::web::error::Result;
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::session;
use crate::web::shell::Shell;

/// The page's path.
pub(super) const PATH: &str = "/sign-up/check-email";

/// Key in the session.
const PENDING: &str = "awaited";

/// The address that is to be confirmed, as stored in the session.
#[derive(Serialize, Deserialize)]
struct PendingConfirmation {
    email: String,
    failed: bool,
}

#[derive(Template)]
#[template(path = "accounts/check_email.html")]
struct ShowPage {
    shell: Shell,
    pending: Option<PendingConfirmation>,
}

impl ShowPage {
    fn has_failed(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.failed)
    }
}

pub(super) async fn show(anyone: MaybeSignedIn) -> Result {
    let pending = session::get(&anyone.session, PENDING).await?;
    Ok(page(&ShowPage { shell: anyone.shell("Check your email").await, pending }))
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn) -> Result {
    let pending: Option<PendingConfirmation> = session::get(&anyone.session, PENDING).await?;
    if let Some(email) = pending.and_then(|pending| Email::parse(&pending.email).ok()) {
        match send(&app, &anyone, &email).await? {
            Some(Dispatch::Sent) => anyone.flash(Flash::success("We sent the email again.")).await?,
            Some(Dispatch::Recent) => {
                let wait = "An email is already on its way. You can ask for another one in a minute.";
                anyone.flash(Flash::important(wait)).await?;
            }
            // the page shows the failure
            None => {}
        }
    }
    Ok(see_other(PATH))
}

/// Mails the confirmation link and stores the address in the session. Returns `None` if the mail could not be sent; the
/// account stays.
pub(super) async fn send(app: &App, anyone: &MaybeSignedIn, email: &Email) -> Result<Option<Dispatch>> {
    let sent = accounts::send_confirmation(&app.system, &app.mailer, &app.public_url, email, app.clock.now()).await;
    let dispatch = match sent {
        Ok(dispatch) => Some(dispatch),
        Err(error @ Error::Upstream { .. }) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(error = cause, "Failed to mail a confirmation link; the visitor can ask for another one");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let pending = PendingConfirmation { email: email.to_string(), failed: dispatch.is_none() };
    session::insert(&anyone.session, PENDING, pending).await?;
    Ok(dispatch)
}
