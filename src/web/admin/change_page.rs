//! The page that asks an administrator whether to make a change. It says what follows, and has a button.

use askama::Template;
use serde::Deserialize;

use crate::web::shell::Shell;

/// The page.
#[derive(Template)]
#[template(path = "admin/change.html")]
pub(super) struct ChangePage {
    pub(super) shell: Shell,
    pub(super) question: String,
    /// Consequences, each a sentence.
    pub(super) facts: &'static [&'static str],
    pub(super) action: String,
    /// The state that the button sets; a page of another time then changes nothing by mistake.
    pub(super) to: &'static str,
    pub(super) button: &'static str,
    pub(super) is_danger: bool,
    pub(super) keep: &'static str,
    pub(super) back: String,
}

/// The state that the form asks for.
#[derive(Deserialize)]
pub(super) struct Change {
    pub(super) to: String,
}
