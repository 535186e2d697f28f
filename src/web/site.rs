//! Public pages about the hub itself: start page, help, accessibility.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::HOME;
use super::actor::MaybeSignedIn;
use super::respond::{page, see_other};
use super::shell::{PRODUCT, Shell};
use crate::app::App;
use crate::config::SignUp;

pub(super) fn router() -> Router<App> {
    Router::new().route("/", get(home)).route("/help", get(help)).route("/accessibility", get(accessibility))
}

#[derive(Template)]
#[template(path = "site/home.html")]
struct HomePage {
    shell: Shell,
    open: bool,
}

/// `/help`: the first steps and the vocabulary.
#[derive(Debug, Template)]
#[template(path = "site/help.html")]
pub(super) struct HelpPage {
    pub(super) shell: Shell,
}

impl HelpPage {
    fn is_admin(&self) -> bool {
        self.shell.user().is_some_and(|user| user.is_admin)
    }
}

/// `/accessibility`: the accessibility statement.
#[derive(Debug, Template)]
#[template(path = "site/accessibility.html")]
pub(super) struct AccessibilityPage {
    pub(super) shell: Shell,
}

async fn home(State(app): State<App>, visitor: MaybeSignedIn) -> Response {
    if visitor.signed_in.is_some() {
        return see_other(HOME);
    }
    page(&HomePage { shell: visitor.shell(PRODUCT).await, open: app.sign_up == SignUp::Open })
}

async fn help(visitor: MaybeSignedIn) -> Response {
    page(&HelpPage { shell: visitor.shell("Help").await })
}

async fn accessibility(visitor: MaybeSignedIn) -> Response {
    page(&AccessibilityPage { shell: visitor.shell("Accessibility").await })
}
