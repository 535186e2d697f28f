//! The parts of a result as templates show them.

use askama::Template;
use askama::filters::HtmlSafe;

use super::links::{PlainForm, ResultLinks};
use super::node::NodeView;
use super::table::TableView;
use crate::tool_result::{
    Body, CellValue, File, Label, MediaKind, Node, PageQuery, Part, ResourceLink, SchemaFault, Table, TextPage,
    ToolResult,
};
use crate::web::when::Calendar;

/// The result of a job, on the job's page.
pub(in crate::web::jobs) struct ResultView {
    pub(in crate::web::jobs) parts: Vec<PartView>,
    pub(in crate::web::jobs) faults: Vec<FaultView>,
    links: ResultLinks,
}

/// A value that is not as the server's schema says: the sentence, and the page of the value.
pub(in crate::web::jobs) struct FaultView {
    pub(in crate::web::jobs) sentence: String,
    pub(in crate::web::jobs) href: Option<String>,
}

/// A part, in its place on the page.
#[derive(Template)]
#[template(path = "jobs/result/_part.html")]
pub(in crate::web::jobs) struct PartView {
    place: usize,
    has_head: bool,
    part: Part,
    links: ResultLinks,
    calendar: Calendar,
    /// The service that opens a link to a resource.
    opener: Option<ResourceOpener>,
    /// True on a page of its own, where a long part needs no frame.
    is_alone: bool,
}

/// The service through which links to resources are opened.
#[derive(Clone)]
struct ResourceOpener {
    service: String,
    /// Makes a form, sent twice, one job.
    key: String,
}

impl HtmlSafe for PartView {}

impl ResultView {
    /// Builds the view. `job` is the path of the job's page. A text that the page already shows as the `error` is left out.
    pub(in crate::web::jobs) fn new(job: &str, result: &ToolResult, error: Option<&str>, calendar: &Calendar) -> Self {
        let links = ResultLinks::new(job.to_owned());
        let is_error = |part: &Part| {
            let source = result.source(&part.pointer, None).filter(TextPage::is_whole);
            error.is_some() && source.is_some_and(|page| Some(page.text().as_str()) == error)
        };
        let parts =
            result.parts().into_iter().filter(|part| !is_error(part)).enumerate().map(|(place, part)| PartView {
                place,
                has_head: part.label.is_some() || place > 0 && has_frame(&part.body),
                part,
                links: links.clone(),
                calendar: calendar.clone(),
                opener: None,
                is_alone: false,
            });
        let fault = |fault: SchemaFault| FaultView {
            href: fault.pointer.map(|pointer| links.part(&pointer)),
            sentence: fault.sentence,
        };
        let faults = result.schema_faults().into_iter().map(fault).collect();
        Self { parts: parts.collect(), faults, links }
    }

    /// Offers to open links to resources through a service. Two forms with the same link and `key` open it once.
    pub(in crate::web::jobs) fn with_service(mut self, service: &str, key: &str) -> Self {
        for part in &mut self.parts {
            part.opener = Some(ResourceOpener { service: service.to_owned(), key: key.to_owned() });
        }
        self
    }

    /// Returns the address of the whole result as a file.
    pub(in crate::web::jobs) fn download_href(&self) -> String {
        self.links.output()
    }

    /// Returns the page of the whole result as JSON.
    pub(in crate::web::jobs) fn json_href(&self) -> String {
        self.links.plain("", PlainForm::Json, None)
    }

    /// Reports whether the head of the result has the button that copies its first part.
    pub(in crate::web::jobs) fn is_copied_from_head(&self) -> bool {
        self.parts.first().is_some_and(|part| part.is_text() && !part.has_head)
    }

    /// Returns the source of the first part, if the head of the result has the link to it.
    pub(in crate::web::jobs) fn source_href(&self) -> Option<String> {
        self.parts.first().filter(|part| !part.has_head)?.source_href()
    }
}

/// Reports whether a part without a name has a head, so that its beginning is seen.
const fn has_frame(body: &Body) -> bool {
    matches!(body, Body::Text(_) | Body::Markdown(_) | Body::Value(_))
}

impl PartView {
    /// Puts a part on a page of its own.
    pub(super) const fn alone(part: Part, links: ResultLinks, calendar: Calendar) -> Self {
        Self { place: 0, has_head: false, part, links, calendar, opener: None, is_alone: true }
    }

    pub(super) const fn is_text(&self) -> bool {
        matches!(self.part.body, Body::Text(_))
    }

    /// Returns the kind of the part, and its size.
    pub(super) fn description(&self) -> String {
        match &self.part.body {
            Body::Text(_) | Body::Markdown(_) => "Text".to_owned(),
            Body::Value(node) => node.description(),
            Body::Media(_) | Body::File(_) | Body::Resource(_) => "File".to_owned(),
        }
    }

    fn label(&self) -> Option<&Label> {
        self.part.label.as_ref()
    }

    /// Returns the id of the element that names the part.
    fn labelled_by(&self) -> String {
        if self.has_head { format!("part-{}-h", self.place) } else { "output-heading".to_owned() }
    }

    fn source_href(&self) -> Option<String> {
        let is_markdown = matches!(self.part.body, Body::Markdown(_));
        is_markdown.then(|| self.links.plain(&self.part.pointer, PlainForm::Text, None))
    }

    fn content_href(&self, file: &File) -> String {
        self.links.content(file.place)
    }

    fn download_href(&self, file: &File) -> String {
        self.links.download(file.place)
    }

    fn resource_href(&self, resource: &ResourceLink) -> String {
        self.links.resource(resource.place)
    }

    fn text_view<'a>(&self, page: &'a TextPage) -> TextPageView<'a> {
        let href =
            |after| self.links.page(&self.part.pointer, &PageQuery { after: Some(after), ..PageQuery::default() });
        TextPageView { page, next: page.next.map(href) }
    }

    fn node<'a>(&'a self, node: &'a Node) -> NodeView<'a> {
        NodeView { node, pointer: &self.part.pointer, name: "", depth: 0, links: &self.links, calendar: &self.calendar }
    }

    fn table<'a>(&'a self, table: &'a Table) -> TableView<'a> {
        TableView { table, pointer: &self.part.pointer, links: &self.links, calendar: &self.calendar }
    }
}

/// The lines below a page of text.
pub(super) struct TextPageView<'a> {
    page: &'a TextPage,
    pub(super) next: Option<String>,
}

impl<'a> TextPageView<'a> {
    pub(super) const fn new(page: &'a TextPage, next: Option<String>) -> Self {
        Self { page, next }
    }

    /// Returns "Characters 1 to 20,000 of 98,412".
    pub(super) fn extent(&self) -> Option<String> {
        let end = self.page.next.unwrap_or(self.page.length);
        (!self.page.is_whole())
            .then(|| format!("Characters {} to {} of {}", self.page.start + 1, end, self.page.length))
    }
}
