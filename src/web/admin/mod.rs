//! `/admin`: administration of the hub: its users, connectors, settings and log. For everybody but administrators these pages
//! do not exist.
//!
//! The router of the web layer mounts them. They call [`crate::accounts`], [`crate::connections`] and [`crate::audit`].
//! An administrator reads no rows of other owners here: no connection, no job and no result.

mod account;
mod change_page;
mod connector;
mod connectors;
mod invitations;
mod log;
mod settings;
mod users;
mod views;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::web::actor::{Admin, SignedIn};
use crate::web::error::Result;
use crate::web::respond::see_other;
use crate::web::shell::{Section, Shell};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/admin", get(index))
        .route("/admin/users", get(users::index))
        .route("/admin/users/{id}", get(users::show))
        .route("/admin/users/{id}/access", get(account::edit_access).post(account::update_access))
        .route("/admin/users/{id}/sessions", get(account::confirm_end).post(account::end_sessions))
        .route("/admin/users/{id}/administrator", get(account::edit_role).post(account::update_role))
        .route("/admin/invitations", get(invitations::index).post(invitations::create))
        .route("/admin/invitations/{key}", get(invitations::confirm).post(invitations::withdraw))
        .route("/admin/connectors", get(connectors::index))
        .route("/admin/connectors/{slug}", get(connector::show))
        .route("/admin/connectors/{slug}/availability", get(connector::edit).post(connector::update))
        .route("/admin/settings", get(settings::index))
        .route("/admin/log", get(log::index))
}

/// Redirects to the first page.
async fn index(_: Admin) -> Result {
    Ok(see_other("/admin/users"))
}

/// Returns the shell of a page in the navigation of the settings.
async fn shell(me: &SignedIn, title: impl Into<String>) -> Shell {
    me.shell(title).await.section(Section::Settings).breadcrumb("Settings", "/settings")
}
