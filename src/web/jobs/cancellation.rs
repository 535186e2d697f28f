//! Cancelling a job: the confirmation page, then the cancellation.

use axum::extract::State;

use super::views::CancellationPage;
use super::{load_view, parse_id};
use crate::app::App;
use crate::jobs::{self, CancelResult};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{ById, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Section;

pub(super) async fn new(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let href = me.here().path(&format!("/jobs/{}", job.id));
    if job.status.is_final() {
        return Ok(see_other(&href));
    }
    let mut tx = app.db.enter(&me.actor).await?;
    let view = load_view(&app, &mut tx, &me, &job).await?;
    drop(tx);
    let shell = me
        .shell(format!("Cancel {}?", view.tool))
        .await
        .section(Section::Jobs)
        .breadcrumb("Jobs", me.here().path("/jobs"))
        .breadcrumb(job.label(), href);
    Ok(page(&CancellationPage { shell, job: view }))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let id = parse_id(&id)?;
    let flash = match jobs::cancel(&app.db, &app.live, &me.actor, id, app.clock.now()).await? {
        CancelResult::Canceled => Flash::success("The job is cancelled. It had not started."),
        CancelResult::Requested => Flash::success("The server was told to stop this job."),
        CancelResult::AlreadyFinished => Flash::important("The job had finished before it could be cancelled."),
    };
    me.flash(flash).await?;
    Ok(see_other(&me.here().path(&format!("/jobs/{id}"))))
}
