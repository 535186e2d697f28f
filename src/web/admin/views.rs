//! Accounts as the pages of administrators show them.

use crate::accounts::{AccountState, AccountSummary};
use crate::web::badge::Badge;
use crate::web::when::{Calendar, When};

/// An account, with every value computed.
pub(super) struct AccountRow {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) badge: Badge,
    pub(super) is_admin: bool,
    pub(super) seen_at: Option<When>,
    pub(super) created_at: When,
}

impl AccountRow {
    pub(super) fn new(account: &AccountSummary, calendar: &Calendar) -> Self {
        Self {
            href: href(account),
            name: account.display_name.clone(),
            email: account.email.clone(),
            badge: badge(account.state()),
            is_admin: account.is_admin,
            seen_at: calendar.when_any(account.last_seen_at),
            created_at: calendar.when(account.created_at),
        }
    }
}

/// Returns the address of the page of an account.
pub(super) fn href(account: &AccountSummary) -> String {
    format!("/admin/users/{}", account.id)
}

const fn badge(state: AccountState) -> Badge {
    match state {
        AccountState::Active => Badge { word: "Active", icon: "s-ok", tone: "ok", shape: "" },
        AccountState::Unconfirmed => Badge { word: "Not confirmed", icon: "s-wait", tone: "idle", shape: "" },
        AccountState::Disabled => Badge { word: "Disabled", icon: "s-stop", tone: "idle", shape: "" },
    }
}
