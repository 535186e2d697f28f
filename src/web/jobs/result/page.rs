//! The page of a part of a result.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::super::{load_tool_result, parse_id};
use super::links::{PlainForm, ResultLinks};
use super::view::{PartView, TextPageView};
use crate::app::App;
use crate::jobs;
use crate::tool_result::{Direction, Label, PageQuery, Sort, TextPage, ToolResult};
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, Path, Query};
use crate::web::respond::page_unstored;
use crate::web::shell::{Section, Shell};

/// The parameters of the page. Those that no link has are ignored.
#[derive(Default, Deserialize)]
pub(in crate::web::jobs) struct ResultParams {
    at: Option<String>,
    after: Option<String>,
    columns: Option<String>,
    sort: Option<String>,
    order: Option<String>,
    r#as: Option<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "jobs/result/show.html")]
struct ResultPage {
    shell: Shell,
    /// Name of the part; `None` for the whole result.
    label: Option<Label>,
    job: String,
    /// The parts around this one, outermost first.
    path: Vec<(Label, String)>,
    content: Content,
    /// The forms of the part: name, address, and whether it is this one.
    forms: Vec<(&'static str, String, bool)>,
    download: String,
    /// The first page, if this is a later one; empty on the first.
    first: String,
}

/// The content of the page.
enum Content {
    Part(Box<PartView>),
    Plain { form: PlainForm, page: TextPage, next: Option<String> },
}

impl ResultPage {
    /// Reports whether the page is a text that can be copied.
    fn is_copied(&self) -> bool {
        match &self.content {
            Content::Part(part) => part.is_text(),
            Content::Plain { .. } => true,
        }
    }

    /// Returns the kind of the content, and its size.
    fn heading(&self) -> String {
        match &self.content {
            Content::Part(part) => part.description(),
            Content::Plain { form: PlainForm::Json, .. } => "JSON".to_owned(),
            Content::Plain { form: PlainForm::Text, .. } => "Text as it came".to_owned(),
        }
    }

    /// Returns the lines below a plain text.
    fn text_view<'a>(page: &'a TextPage, next: Option<&String>) -> TextPageView<'a> {
        TextPageView::new(page, next.cloned())
    }
}

impl ResultParams {
    fn form(&self) -> Option<PlainForm> {
        [PlainForm::Json, PlainForm::Text].into_iter().find(|form| self.r#as.as_deref() == Some(form.param()))
    }

    fn query(&self) -> PageQuery {
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let is_descending = self.order.as_deref() == Some("desc");
        let direction = if is_descending { Direction::Descending } else { Direction::Ascending };
        PageQuery {
            after: number(&self.after),
            skipped_columns: number(&self.columns).unwrap_or(0),
            sort: self.sort.clone().map(|column| Sort { column, direction }),
        }
    }
}

pub(in crate::web::jobs) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById>,
    Query(params): Query<ResultParams>,
) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    let result = load_tool_result(&mut tx, &me, &job).await?.ok_or(Error::not_found())?;
    drop(tx);
    let pointer = params.at.as_deref().unwrap_or_default();
    let href = me.here().path(&format!("/jobs/{}", job.id));
    let links = ResultLinks::new(href.clone());
    let query = params.query();
    let (mut content, mut label) = (None, None);
    if let Some(form) = params.form() {
        content = plain(&result, pointer, form, query.after, &links);
    } else if let Some(part) = result.part(pointer, &query) {
        label.clone_from(&part.label);
        let view = PartView::alone(part, links.clone(), me.calendar(app.clock.now()));
        content = Some(Content::Part(Box::new(view)));
    }
    let content = content.ok_or_else(|| {
        Error::new(StatusCode::NOT_FOUND, "The result has no such part. Open it from the page of the job.")
    })?;
    let label = label.or_else(|| result.part(pointer, &PageQuery::default())?.label);
    let title = label.as_ref().map_or_else(|| "Result".to_owned(), |label| label.text.clone());
    let shell = me.shell(title).await.section(Section::Jobs).breadcrumb("Jobs", me.here().path("/jobs"));
    let first = match params.form() {
        Some(form) => links.plain(pointer, form, None),
        None => links.page(pointer, &PageQuery { after: None, ..query.clone() }),
    };
    Ok(page_unstored(&ResultPage {
        shell: shell.breadcrumb(job.label(), href.clone()),
        label,
        path: result.path(pointer).into_iter().map(|(label, outer)| (label, links.part(&outer))).collect(),
        forms: forms(&result, pointer, params.form(), &links),
        download: links.output(),
        first: if query.after.is_some() { first } else { String::new() },
        job: href,
        content,
    }))
}

fn plain(
    result: &ToolResult,
    pointer: &str,
    form: PlainForm,
    after: Option<usize>,
    links: &ResultLinks,
) -> Option<Content> {
    let page = match form {
        PlainForm::Json => result.json(pointer, after),
        PlainForm::Text => result.source(pointer, after),
    }?;
    let next = page.next.map(|next| links.plain(pointer, form, Some(next)));
    Some(Content::Plain { form, page, next })
}

/// Lists the forms of a part. A text has its source, and everything is JSON.
fn forms(
    result: &ToolResult,
    pointer: &str,
    shown: Option<PlainForm>,
    links: &ResultLinks,
) -> Vec<(&'static str, String, bool)> {
    let mut forms = vec![("For people", links.part(pointer), shown.is_none())];
    if result.source(pointer, None).is_some() {
        forms.push(("Text", links.plain(pointer, PlainForm::Text, None), shown == Some(PlainForm::Text)));
    }
    forms.push(("JSON", links.plain(pointer, PlainForm::Json, None), shown == Some(PlainForm::Json)));
    forms
}
