//! Addresses of the parts of a result.

use crate::tool_result::{Direction, PageQuery, Sort};
use crate::web::filtering::url_with_params;

/// The addresses below the page of a job.
#[derive(Clone)]
pub(super) struct ResultLinks {
    job: String,
}

/// Another form of a part than the one that people read first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainForm {
    Json,
    Text,
}

impl PlainForm {
    pub(super) const fn param(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

impl ResultLinks {
    /// Takes the path of the job's page.
    pub(super) const fn new(job: String) -> Self {
        Self { job }
    }

    /// Returns the page of a part.
    pub(super) fn part(&self, pointer: &str) -> String {
        self.page(pointer, &PageQuery::default())
    }

    /// Returns a page of a part.
    pub(super) fn page(&self, pointer: &str, query: &PageQuery) -> String {
        let after = query.after.map(|after| after.to_string()).unwrap_or_default();
        let skipped = if query.skipped_columns == 0 { String::new() } else { query.skipped_columns.to_string() };
        let (sort, order) = match &query.sort {
            None => ("", ""),
            Some(Sort { column, direction: Direction::Ascending }) => (column.as_str(), ""),
            Some(Sort { column, direction: Direction::Descending }) => (column.as_str(), "desc"),
        };
        self.result(&[("at", pointer), ("sort", sort), ("order", order), ("columns", &skipped), ("after", &after)])
    }

    /// Returns a page of a part in another form.
    pub(super) fn plain(&self, pointer: &str, form: PlainForm, after: Option<usize>) -> String {
        let after = after.map(|after| after.to_string()).unwrap_or_default();
        self.result(&[("at", pointer), ("as", form.param()), ("after", &after)])
    }

    /// Returns the address of a file in the content.
    pub(super) fn content(&self, place: usize) -> String {
        format!("{}/content/{place}", self.job)
    }

    /// Returns the address of a file in the content as a download.
    pub(super) fn download(&self, place: usize) -> String {
        format!("{}/content/{place}?download=1", self.job)
    }

    /// Returns the page that opens a resource which the content links to.
    pub(super) fn resource(&self, place: usize) -> String {
        format!("{}/content/{place}/resource", self.job)
    }

    /// Returns the address of the whole result as a file.
    pub(super) fn output(&self) -> String {
        format!("{}/output", self.job)
    }

    fn result(&self, params: &[(&str, &str)]) -> String {
        url_with_params(&format!("{}/result", self.job), params)
    }
}
