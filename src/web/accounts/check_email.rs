//! `/sign-up/check-email`: what happens next, and another mail if the first did not arrive.
//!
//! The address comes from the visitor's own session, put there by signing up or by the right password: nobody can have
//! mail sent to an address of which they know nothing but the address.

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

const AWAITED: &str = "awaited";

/// The address that waits to be confirmed, as the session keeps it.
#[derive(Serialize, Deserialize)]
struct Awaited {
    email: String,
    failed: bool,
}

#[derive(Template)]
#[template(path = "accounts/check_email.html")]
struct ShowPage {
    shell: Shell,
    awaited: Option<Awaited>,
}

impl ShowPage {
    fn has_failed(&self) -> bool {
        self.awaited.as_ref().is_some_and(|awaited| awaited.failed)
    }
}

pub(super) async fn show(anyone: MaybeSignedIn) -> Result {
    let awaited = session::get(&anyone.session, AWAITED).await?;
    Ok(page(&ShowPage { shell: anyone.shell("Check your email").await, awaited }))
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn) -> Result {
    let awaited: Option<Awaited> = session::get(&anyone.session, AWAITED).await?;
    if let Some(email) = awaited.and_then(|awaited| Email::parse(&awaited.email).ok()) {
        match send(&app, &anyone, &email).await? {
            Some(Dispatch::Sent) => anyone.flash(Flash::success("We sent the email again.")).await?,
            Some(Dispatch::Recent) => {
                let wait = "An email is already on its way. You can ask for another one in a minute.";
                anyone.flash(Flash::important(wait)).await?;
            }
            // the page itself says so
            None => {}
        }
    }
    Ok(see_other(PATH))
}

/// Mails the link and remembers where to; none if it could not be sent, which costs nobody their account.
pub(super) async fn send(app: &App, anyone: &MaybeSignedIn, email: &Email) -> Result<Option<Dispatch>> {
    let sent = accounts::send_confirmation(&app.system, &app.mailer, &app.public_url, email, app.clock.now()).await;
    let dispatch = match sent {
        Ok(dispatch) => Some(dispatch),
        Err(error @ Error::Upstream { .. }) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(cause, "a confirmation could not be mailed");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let awaited = Awaited { email: email.to_string(), failed: dispatch.is_none() };
    session::insert(&anyone.session, AWAITED, awaited).await?;
    Ok(dispatch)
}
