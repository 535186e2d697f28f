//! A value without members, as templates show it.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::clock::Timestamp;
use crate::tool_result::Scalar;
use crate::web::when::{Calendar, When};

/// A value without members.
#[derive(Template)]
#[template(path = "jobs/result/_scalar.html")]
pub(super) struct ScalarView<'a> {
    pub(super) scalar: &'a Scalar,
    /// Page of the value, if this is only its beginning.
    pub(super) href: String,
    pub(super) name: &'a str,
    pub(super) calendar: &'a Calendar,
}

impl HtmlSafe for ScalarView<'_> {}

impl ScalarView<'_> {
    fn when(&self, at: &Timestamp) -> When {
        self.calendar.when(*at)
    }
}
