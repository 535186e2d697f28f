//! The assistant of a request.

use rmcp::model::ErrorData;
use rmcp::service::{RequestContext, RoleServer};

use crate::app::App;
use crate::bearer::Bearer;

/// The assistant of a request, in the space of its path.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The program and its person.
    pub(super) bearer: Bearer,
    /// Slug of the organisation; `None` in the person's own space.
    pub(super) organisation: Option<String>,
    /// The key by which a repeated call is the same job.
    pub(super) idempotency_key: Option<String>,
}

impl Caller {
    /// Returns the assistant of a request, whom the endpoint found.
    pub(super) fn from_context(context: &RequestContext<RoleServer>) -> Result<&Self, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Self>());
        caller.ok_or_else(|| ErrorData::internal_error("The request has no sender", None))
    }

    /// Returns the address of a page in the caller's space.
    pub(super) fn url(&self, app: &App, path: &str) -> String {
        let base = app.public_url.as_str().trim_end_matches('/');
        match &self.organisation {
            Some(slug) => format!("{base}/orgs/{slug}{path}"),
            None => format!("{base}{path}"),
        }
    }
}
