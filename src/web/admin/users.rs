//! `/admin/users`: every account, searched by name or address, and the page of one.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::shell;
use super::views::{AccountRow, href};
use crate::accounts::{self, AccountState, AccountSummary};
use crate::app::App;
use crate::error::FieldFaults;
use crate::ids::UserId;
use crate::web::actor::{Admin, SignedIn};
use crate::web::error::Result;
use crate::web::extract::{ById, Path};
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::url_with_params;
use crate::web::respond::page;
use crate::web::shell::Shell;
use crate::web::when::count;

pub(super) const PATH: &str = "/admin/users";

/// The label of the link and of the button.
pub(super) const MAKE_ADMINISTRATOR: &str = "Make this person an administrator";

/// Longest text of the search, in characters: that of an address.
const MAX_SEARCH_LENGTH: usize = 254;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    q: String,
    before: String,
}

#[derive(Template)]
#[template(path = "admin/users.html")]
struct IndexPage {
    shell: Shell,
    faults: FieldFaults,
    q: String,
    rows: Vec<AccountRow>,
    /// Sentence about invitations that nobody has used yet.
    invitations: Option<String>,
    /// Mailboxes with two accounts.
    doubled: Vec<String>,
    newest: String,
    older: String,
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct ShowPage {
    shell: Shell,
    row: AccountRow,
    browsers: String,
    /// The changes that can be made. Those that take something away from the person are in a row of their own.
    changes: Vec<ChangeRow>,
    is_self: bool,
}

/// A link to the page of a change.
struct ChangeLink {
    href: String,
    label: &'static str,
}

/// Links beside each other, and the class of their buttons.
struct ChangeRow {
    class: &'static str,
    links: Vec<ChangeLink>,
}

pub(super) async fn index(
    State(app): State<App>,
    Admin(me): Admin,
    FilterQuery(params): FilterQuery<Params>,
) -> Result {
    let (now, mut faults) = (app.clock.now(), FieldFaults::default());
    let mut q = params.q.trim().to_owned();
    if q.chars().count() > MAX_SEARCH_LENGTH {
        faults.add("q", "An address has at most 254 characters; shorten the text that you look for");
        q.clear();
    }
    let before = params.before.parse::<UserId>().ok();
    let list = accounts::list_accounts(&app.system, &q, before, now).await?;
    let invitations = accounts::list_invitations(&app.system, now).await?.len() as u64;
    let calendar = me.calendar(now);
    let page_at = |before: &str| url_with_params(PATH, &[("q", &q), ("before", before)]);
    let end = list.rows.last().filter(|_| list.more).map(|row| row.id.to_string());
    let shell = shell(&me, "Users").await;
    let shell = if q.is_empty() { shell } else { shell.title_prefix(format!("“{q}”")) };
    Ok(page(&IndexPage {
        shell: shell.with_faults(&faults),
        faults,
        rows: list.rows.iter().map(|account| AccountRow::new(account, &calendar)).collect(),
        invitations: (invitations > 0).then(|| count(invitations, "open invitation")),
        doubled: accounts::list_doubled_mailboxes(&app.system).await?,
        newest: before.map(|_| page_at("")).unwrap_or_default(),
        older: end.map(|end| page_at(&end)).unwrap_or_default(),
        q,
    }))
}

pub(super) async fn show(State(app): State<App>, Admin(me): Admin, Path(ById { id }): Path<ById<UserId>>) -> Result {
    let now = app.clock.now();
    let account = accounts::find_account(&app.system, id, now).await?;
    let calendar = me.calendar(now);
    let (sessions, is_self) = (account.session_count.unsigned_abs(), id == me.actor.user_id());
    Ok(page(&ShowPage {
        shell: shell(&me, account.display_name.clone()).await.breadcrumb("Users", PATH),
        row: AccountRow::new(&account, &calendar),
        browsers: if sessions == 0 { "None".to_owned() } else { count(sessions, "browser") },
        changes: changes(&account, is_self),
        is_self,
    }))
}

/// Returns the pages of the changes that can be made: those that give or end something for a time, and those that take
/// something away.
fn changes(account: &AccountSummary, is_self: bool) -> Vec<ChangeRow> {
    let is_active = account.state() == AccountState::Active;
    let is_disabled = account.state() == AccountState::Disabled;
    let link = |page: &str, label| ChangeLink { href: format!("{}/{page}", href(account)), label };
    let changes = [
        (!account.is_admin && is_active).then(|| link("administrator", MAKE_ADMINISTRATOR)),
        (account.session_count > 0).then(|| link("sessions", "Sign out everywhere")),
        is_disabled.then(|| link("access", "Enable the account")),
    ];
    let dangers = [
        account.is_admin.then(|| link("administrator", "Remove as administrator")),
        (!is_disabled && !is_self).then(|| link("access", "Disable the account")),
    ];
    let row = |class, links: Vec<ChangeLink>| ChangeRow { class, links };
    let rows = [
        row("btn-quiet", changes.into_iter().flatten().collect()),
        row("btn-danger", dangers.into_iter().flatten().collect()),
    ];
    rows.into_iter().filter(|row| !row.links.is_empty()).collect()
}

/// Returns the shell of a page below the page of an account.
pub(super) async fn shell_below(me: &SignedIn, title: String, account: &AccountSummary) -> Shell {
    shell(me, title).await.breadcrumb("Users", PATH).breadcrumb(account.display_name.clone(), href(account))
}
