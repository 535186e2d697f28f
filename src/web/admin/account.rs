//! The changes of an account: its access, its sessions and its role. Each has a page that says what follows, and a button.

use axum::extract::State;

use super::change_page::{Change, ChangePage};
use super::users::{self, shell_below};
use super::views::href;
use crate::accounts::{self, AccountState, AccountSummary};
use crate::app::App;
use crate::error::Error;
use crate::ids::UserId;
use crate::web::actor::Admin;
use crate::web::error::Result;
use crate::web::extract::{ById, Form, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::when::count;

const DISABLED: &[&str] = &[
    "All browsers are signed out, and nobody can sign in with this account.",
    "Its links for a new password or address stop working.",
    "Jobs that it has started already run to their end. Connections, jobs and the log stay.",
    "You can enable the account again at any time.",
];
const ENABLED: &[&str] =
    &["The person can sign in again, with the same password.", "Connections and jobs are as they were."];
const SIGNED_OUT: &[&str] = &["Signing in again needs the password.", "Running jobs continue."];
const APPOINTED: &[&str] = &[
    "An administrator invites and disables people, makes administrators, and enters OAuth applications.",
    "An administrator sees the settings and the log of the hub, but no connection or job of another person.",
];
const DISMISSED: &[&str] = &["The account stays, as that of an ordinary user.", "The change applies at once."];

pub(super) async fn edit_access(
    State(app): State<App>,
    Admin(me): Admin,
    Path(ById { id }): Path<ById<UserId>>,
) -> Result {
    let account = accounts::find_account(&app.system, id, app.clock.now()).await?;
    let name = &account.display_name;
    let is_disabled = account.state() == AccountState::Disabled;
    let title = if is_disabled { "Enable the account" } else { "Disable the account" };
    Ok(page(&ChangePage {
        shell: shell_below(&me, title.to_owned(), &account).await,
        question: if is_disabled {
            format!("Enable the account of {name}?")
        } else {
            format!("Disable the account of {name}?")
        },
        facts: if is_disabled { ENABLED } else { DISABLED },
        action: format!("{}/access", href(&account)),
        to: if is_disabled { "enabled" } else { "disabled" },
        button: title,
        is_danger: !is_disabled,
        keep: "Change nothing",
        back: href(&account),
    }))
}

pub(super) async fn update_access(
    State(app): State<App>,
    admin: Admin,
    Path(ById { id }): Path<ById<UserId>>,
    Form(Change { to }): Form<Change>,
) -> Result {
    let (now, actor) = (app.clock.now(), admin.hub_actor());
    let account = accounts::find_account(&app.system, id, now).await?;
    let (is_changed, word) = match to.as_str() {
        "disabled" => (accounts::disable_account(&app.system, &actor, id, now).await?, "disabled"),
        "enabled" => (accounts::enable_account(&app.system, &actor, id, now).await?, "enabled"),
        _ => return Err(Error::NotFound("change").into()),
    };
    admin.0.flash(flash_about(&account, is_changed, word)).await?;
    Ok(see_other(&href(&account)))
}

pub(super) async fn confirm_end(
    State(app): State<App>,
    Admin(me): Admin,
    Path(ById { id }): Path<ById<UserId>>,
) -> Result {
    let account = accounts::find_account(&app.system, id, app.clock.now()).await?;
    Ok(page(&ChangePage {
        shell: shell_below(&me, "Sign out everywhere".to_owned(), &account).await,
        question: format!("Sign {} out of all browsers?", account.display_name),
        facts: SIGNED_OUT,
        action: format!("{}/sessions", href(&account)),
        to: "ended",
        button: "Sign out everywhere",
        is_danger: true,
        keep: "Change nothing",
        back: href(&account),
    }))
}

pub(super) async fn end_sessions(
    State(app): State<App>,
    admin: Admin,
    Path(ById { id }): Path<ById<UserId>>,
) -> Result {
    let now = app.clock.now();
    let account = accounts::find_account(&app.system, id, now).await?;
    let ended = accounts::end_sessions(&app.system, &admin.hub_actor(), id, now).await?;
    let name = &account.display_name;
    let flash = match ended {
        0 => Flash::important(format!("{name} was signed in nowhere.")),
        ended => Flash::success(format!("{name} is signed out of {}.", count(ended, "browser"))),
    };
    admin.0.flash(flash).await?;
    Ok(see_other(&href(&account)))
}

pub(super) async fn edit_role(
    State(app): State<App>,
    Admin(me): Admin,
    Path(ById { id }): Path<ById<UserId>>,
) -> Result {
    let account = accounts::find_account(&app.system, id, app.clock.now()).await?;
    let name = &account.display_name;
    let (title, question) = if account.is_admin {
        ("Remove as administrator", format!("Remove {name} as administrator?"))
    } else {
        (users::MAKE_ADMINISTRATOR, format!("Make {name} an administrator?"))
    };
    Ok(page(&ChangePage {
        shell: shell_below(&me, title.to_owned(), &account).await,
        question,
        facts: if account.is_admin { DISMISSED } else { APPOINTED },
        action: format!("{}/administrator", href(&account)),
        to: if account.is_admin { "user" } else { "administrator" },
        button: title,
        is_danger: account.is_admin,
        keep: "Change nothing",
        back: href(&account),
    }))
}

pub(super) async fn update_role(
    State(app): State<App>,
    admin: Admin,
    Path(ById { id }): Path<ById<UserId>>,
    Form(Change { to }): Form<Change>,
) -> Result {
    let now = app.clock.now();
    let account = accounts::find_account(&app.system, id, now).await?;
    let is_admin = match to.as_str() {
        "administrator" => true,
        "user" => false,
        _ => return Err(Error::NotFound("change").into()),
    };
    let is_changed = accounts::set_administrator(&app.system, &admin.hub_actor(), id, is_admin, now).await?;
    let word = if is_admin { "an administrator" } else { "not an administrator any more" };
    let tense = if is_changed { "is" } else { "was already" };
    admin.0.flash(Flash::success(format!("{} {tense} {word}.", account.display_name))).await?;
    // a person who has removed themselves may not see these pages any more
    let has_left = id == admin.0.actor.user_id() && !is_admin;
    Ok(see_other(if has_left { "/settings" } else { users::PATH }))
}

fn flash_about(account: &AccountSummary, is_changed: bool, word: &str) -> Flash {
    let name = &account.display_name;
    if is_changed {
        Flash::success(format!("The account of {name} is {word}."))
    } else {
        Flash::important(format!("The account of {name} was {word} already."))
    }
}
