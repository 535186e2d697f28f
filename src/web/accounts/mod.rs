//! Pages for sign-up, confirmation, sign-in, sign-out, password reset, and the set-up of the first account.
//!
//! The router of the web layer mounts them, and the middleware for restored forms shows the sign-in page. They call
//! [`crate::accounts`], and never show whether an address has an account.

mod check_email;
mod confirm;
mod forgot;
mod invitation;
mod reset;
mod setup;
pub(super) mod sign_in;
mod sign_out;
mod sign_up;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/sign-up", get(sign_up::new).post(sign_up::create))
        .route("/sign-up/check-email", get(check_email::show).post(check_email::create))
        .route("/confirm/{token}", get(confirm::show).post(confirm::create))
        .route("/forgot", get(forgot::new).post(forgot::create))
        .route("/forgot/sent", get(forgot::sent))
        .route("/reset/{token}", get(reset::new).post(reset::create))
        .route("/invitation/{token}", get(invitation::new).post(invitation::create))
        .route("/sign-in", get(sign_in::new).post(sign_in::create))
        .route("/sign-out", get(sign_out::new).post(sign_out::create))
        .route("/setup/{token}", get(setup::new).post(setup::create))
}
