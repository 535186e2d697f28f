//! `/sign-up/check-email`: explains how to confirm the email address, and sends the confirmation again.
//!
//! The address comes from the visitor's session, where sign-up or a correct password stored it. A visitor who only
//! knows an address cannot cause mail to it.

use askama::Template;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::accounts::{self, Dispatch, Email};
use crate::app::App;
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
}

#[derive(Template)]
#[template(path = "accounts/check_email.html")]
struct ShowPage {
    shell: Shell,
    pending: Option<PendingConfirmation>,
}

pub(super) async fn show(anyone: MaybeSignedIn) -> Result {
    let pending = session::get(&anyone.session, PENDING).await?;
    let title = if anyone.notes.lacks_mail_server { "Confirm your email address" } else { "Check your email" };
    Ok(page(&ShowPage { shell: anyone.shell(title).await, pending }))
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn) -> Result {
    let pending: Option<PendingConfirmation> = session::get(&anyone.session, PENDING).await?;
    if let Some(email) = pending.and_then(|pending| Email::parse(&pending.email).ok()) {
        let has_mail_server = app.outbox.has_mail_server;
        let flash = match send(&app, &anyone, &email).await? {
            Dispatch::Enqueued if has_mail_server => Flash::success("The email is on its way again."),
            Dispatch::Enqueued => Flash::success("The message is written again."),
            Dispatch::Recent if has_mail_server => {
                Flash::important("An email is already on its way. You can ask for another one in a minute.")
            }
            Dispatch::Recent => {
                Flash::important("The message was just written. You can ask for another one in a minute.")
            }
        };
        anyone.flash(flash).await?;
    }
    Ok(see_other(PATH))
}

/// Enqueues a mail with a confirmation link, and stores the address in the session.
pub(super) async fn send(app: &App, anyone: &MaybeSignedIn, email: &Email) -> Result<Dispatch> {
    let dispatch = accounts::send_confirmation(&app.system, &app.outbox, email, app.clock.now()).await?;
    remember(anyone, email).await?;
    Ok(dispatch)
}

/// Stores the address that is to be confirmed in the session.
pub(super) async fn remember(anyone: &MaybeSignedIn, email: &Email) -> Result<()> {
    session::insert(&anyone.session, PENDING, PendingConfirmation { email: email.to_string() }).await?;
    Ok(())
}
