//! The resource that a job reads, as the job's page names it.

use crate::foreign_text::clean_text;
use crate::jobs::{Job, ResourceInput};
use crate::web::here::Here;

/// The resource that a job reads.
pub(super) struct ResourceView {
    /// Address at the server, cleaned.
    pub(super) uri: String,
    /// The job whose result links to it: name and address.
    pub(super) linking_job: Option<(String, String)>,
    /// Address to which the form is sent that opens it again.
    pub(super) open_href: Option<String>,
}

impl ResourceView {
    /// Builds the view. `linking_job` has the result with the link.
    pub(super) fn new(resource: &ResourceInput, linking_job: Option<&Job>, here: &Here) -> Self {
        let href = |job: &Job| here.path(&format!("/jobs/{}", job.id));
        let can_open = linking_job.filter(|job| job.has_resource_server());
        Self {
            uri: clean_text(&resource.uri).into_owned(),
            open_href: can_open.map(|job| format!("{}/content/{}/resource", href(job), resource.block)),
            linking_job: linking_job.map(|job| (job.label().to_owned(), href(job))),
        }
    }
}
