//! Opening a resource that a result links to: the page that asks, and the start of the job that reads the resource.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::downloads::ContentPath;
use super::parse_id;
use super::selection::shell;
use crate::app::App;
use crate::error::Error as DomainError;
use crate::jobs::{self, LinkedResource};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page_unstored, see_other};
use crate::web::shell::Shell;

/// Most characters of a key that are read.
const MAX_KEY_LENGTH: usize = 100;

/// The page that asks.
#[derive(Template)]
#[template(path = "jobs/resource.html")]
struct ResourcePage {
    shell: Shell,
    name: String,
    uri: String,
    service: String,
    action: String,
    /// Makes the form, sent twice, one job.
    key: String,
    /// The job whose result has the link: name and address.
    job: (String, String),
}

/// The form.
#[derive(Default, Deserialize)]
pub(super) struct ResourceForm {
    #[serde(default)]
    key: String,
}

pub(super) async fn new(
    State(app): State<App>,
    me: SignedIn,
    Path(ContentPath { id, n }): Path<ContentPath>,
) -> Result {
    let LinkedResource { job, link } = jobs::find_resource(&app.db, &me.actor, parse_id(&id)?, n).await?;
    let href = me.here().path(&format!("/jobs/{}", job.id));
    if let Err(cause) = jobs::check_resource_server(&app.db, &me.actor, &job).await {
        return refuse(&me, &href, cause).await;
    }
    let title = format!("Open {}?", link.name);
    Ok(page_unstored(&ResourcePage {
        shell: shell(&me, &title).await.breadcrumb(job.label(), href.clone()),
        name: link.name,
        uri: link.shown_uri,
        service: job.connector.clone().unwrap_or_default(),
        action: format!("{href}/content/{n}/resource"),
        key: uuid::Uuid::new_v4().to_string(),
        job: (job.label().to_owned(), href),
    }))
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(ContentPath { id, n }): Path<ContentPath>,
    Form(ResourceForm { key }): Form<ResourceForm>,
) -> Result {
    let id = parse_id(&id)?;
    let key =
        if key.is_empty() { uuid::Uuid::new_v4().to_string() } else { key.chars().take(MAX_KEY_LENGTH).collect() };
    match jobs::open_resource(&app.db, &app.queue, &me.actor, (id, n), &key, app.clock.now()).await {
        Ok(job) => Ok(see_other(&me.here().path(&format!("/jobs/{job}")))),
        Err(cause) => refuse(&me, &me.here().path(&format!("/jobs/{id}")), cause).await,
    }
}

/// Leads back to the result, with the reason. Any other error than one of the connection has its own page.
async fn refuse(me: &SignedIn, job: &str, cause: DomainError) -> Result {
    if !matches!(cause, DomainError::Conflict(_)) {
        return Err(cause.into());
    }
    me.flash(Flash::important(format!("{cause}."))).await?;
    Ok(see_other(job))
}
