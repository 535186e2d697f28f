//! Pages for mailed links that do not work: the reason, and the next step. Accounts and settings answer with them.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::actor::MaybeSignedIn;
use super::respond::page_with;
use super::shell::Shell;
use crate::accounts::LinkState;

#[derive(Template)]
#[template(path = "accounts/dead_link.html")]
struct DeadLinkPage {
    shell: Shell,
    reason: &'static str,
    step: &'static str,
    next: Option<NextStep>,
}

const TITLE: &str = "This link does not work";

/// A link to the next step: its path and text.
type NextStep = (&'static str, &'static str);

const SIGN_IN: NextStep = ("/sign-in", "Go to sign in");

/// Answers for a confirmation link.
pub(super) async fn confirmation(anyone: &MaybeSignedIn, link: LinkState) -> Response {
    let (reason, step) = match link {
        LinkState::Used => ("This link has been used: the email address is confirmed.", "You can sign in."),
        LinkState::Expired => (
            "This link has expired. Links work for 24 hours.",
            "Sign in with your email address and password to get a new one.",
        ),
        LinkState::Open | LinkState::Unknown => (
            "This link is not known here. It may be incomplete, or a newer email may have replaced it.",
            "Use the link in the newest email, or sign in with your email address and password to get a new one.",
        ),
    };
    respond(anyone, link, reason, step, Some(SIGN_IN)).await
}

/// Answers for the set-up link of the first account.
pub(super) async fn setup(anyone: &MaybeSignedIn, link: LinkState) -> Response {
    let (reason, step) = match link {
        LinkState::Used => ("This hub is set up: it has its owner.", "If that is you, sign in."),
        LinkState::Expired => (
            "This set-up link has expired. Set-up links work for 7 days.",
            "Restart the hub on its server. It prints a new link.",
        ),
        LinkState::Open | LinkState::Unknown => (
            "This set-up link is not known here. Each start of the hub prints a new one, and the older ones stop working.",
            "Use the link that the hub printed when it was last started.",
        ),
    };
    let shell = anyone.shell(TITLE).await.during_set_up();
    let next = (link == LinkState::Used).then_some(SIGN_IN);
    page_with(status(link), &DeadLinkPage { shell, reason, step, next })
}

/// Answers for an invitation.
pub(super) async fn invitation(anyone: &MaybeSignedIn, link: LinkState) -> Response {
    let reason = match link {
        LinkState::Used => return respond(anyone, link, INVITATION_USED, "You can sign in.", Some(SIGN_IN)).await,
        LinkState::Expired => "This invitation has expired. Invitations work for 7 days.",
        LinkState::Open | LinkState::Unknown => {
            "This invitation is not known here. It may be incomplete, withdrawn, or replaced by a newer one."
        }
    };
    respond(anyone, link, reason, "Ask the person who invited you for a new invitation.", None).await
}

/// Answers for an invitation whose address has an account by now.
pub(super) async fn invitation_taken(anyone: &MaybeSignedIn) -> Response {
    let reason = "This email address has an account already.";
    respond(anyone, LinkState::Used, reason, "If the account is yours, sign in.", Some(SIGN_IN)).await
}

/// Answers for an invitation to a hub that has closed its sign-up since.
pub(super) async fn invitation_closed(anyone: &MaybeSignedIn) -> Response {
    let reason = "This hub does not take new accounts any more.";
    respond(anyone, LinkState::Expired, reason, "Ask the person who invited you for an account.", None).await
}

const INVITATION_USED: &str = "This invitation has been used: the account exists.";

/// Answers for a password reset link.
pub(super) async fn reset(anyone: &MaybeSignedIn, link: LinkState) -> Response {
    let reason = match link {
        LinkState::Used => "This link has been used: the password was changed with it.",
        LinkState::Expired => "This link has expired. Links for a new password work for 1 hour.",
        LinkState::Open | LinkState::Unknown => {
            "This link is not known here. It may be incomplete, or the password was changed after it was sent."
        }
    };
    let step = "Ask for a new link with the email address of your account.";
    respond(anyone, link, reason, step, Some(("/forgot", "Ask for a new link"))).await
}

/// Answers for a link that confirms a new address.
pub(super) async fn email(anyone: &MaybeSignedIn, link: LinkState) -> Response {
    let reason = match link {
        LinkState::Used => "This link has been used: the account has the new address.",
        LinkState::Expired => "This link has expired. Links work for 24 hours. The address stays as it is.",
        LinkState::Open | LinkState::Unknown => {
            "This link is not known here. It may be incomplete, or you asked for another change after it."
        }
    };
    let step = "See in your settings which address your account has. There you can ask for a new link.";
    respond(anyone, link, reason, step, Some(("/settings/sign-in", "Go to the settings"))).await
}

/// Answers if another account has taken the new address since the link was mailed.
pub(super) async fn email_taken(anyone: &MaybeSignedIn) -> Response {
    let reason = "The new address has an account of its own by now, so nothing was changed.";
    let step = "Sign in to that account, or choose another address in your settings.";
    respond(anyone, LinkState::Used, reason, step, Some(("/settings/sign-in", "Go to the settings"))).await
}

async fn respond(
    anyone: &MaybeSignedIn,
    link: LinkState,
    reason: &'static str,
    step: &'static str,
    next: Option<NextStep>,
) -> Response {
    page_with(status(link), &DeadLinkPage { shell: anyone.shell(TITLE).await, reason, step, next })
}

fn status(link: LinkState) -> StatusCode {
    if link == LinkState::Unknown { StatusCode::NOT_FOUND } else { StatusCode::GONE }
}
