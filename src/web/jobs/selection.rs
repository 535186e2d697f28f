//! Several jobs chosen in the list: the page that asks before they are cancelled or run again, then the change.

use askama::Template;
use axum::extract::State;

use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, CanceledJobs, JobKind, JobRow, RepeatRefusal};
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{FormPairs, Query};
use crate::web::flash::Flash;
use crate::web::job_row::JobRowView;
use crate::web::respond::{page, see_other};
use crate::web::row_ids;
use crate::web::shell::{Section, Shell};
use crate::web::when::count;

/// The parameters of an address or of a form, in order.
type Pairs = Vec<(String, String)>;

/// The page that asks.
#[derive(Template)]
#[template(path = "jobs/selection.html")]
struct SelectionPage {
    shell: Shell,
    heading: String,
    consequence: &'static str,
    /// The jobs that change.
    jobs: Vec<JobRowView>,
    /// The jobs that do not, each with the reason.
    refused: Vec<(JobRowView, &'static str)>,
    action: String,
    button: String,
    is_danger: bool,
    keep: &'static str,
    back: String,
    /// Makes the form, sent twice, one change.
    key: String,
}

pub(super) async fn new_cancellation(State(app): State<App>, me: SignedIn, Query(pairs): Query<Pairs>) -> Result {
    let Some(rows) = chosen(&app, &me, &pairs).await? else {
        return nothing_chosen(&me, "Select the jobs to cancel first.").await;
    };
    let (over, open): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.status.is_final());
    if open.is_empty() {
        return nothing_chosen(&me, "The selected jobs had finished before.").await;
    }
    let view = |row: &JobRow| JobRowView::new(row, me.here(), &me.calendar(app.clock.now()));
    let (jobs, is_one) = (count(open.len() as u64, "job"), open.len() == 1);
    let heading = format!("Cancel {}?", if let [job] = &open[..] { job.label() } else { &jobs });
    Ok(page(&SelectionPage {
        shell: shell(&me, &heading).await,
        heading,
        consequence: "Jobs that have not started are cancelled at once. For jobs that run, the hub tells the server to stop. \
                      What the server has already done is not undone.",
        jobs: open.into_iter().map(view).collect(),
        refused: over.into_iter().map(|row| (view(row), "It has finished")).collect(),
        action: me.here().path("/jobs/cancellation"),
        button: format!("Cancel {}", if is_one { "the job" } else { &jobs }),
        is_danger: true,
        keep: if is_one { "Keep it" } else { "Keep them" },
        back: me.here().path("/jobs"),
        key: String::new(),
    }))
}

pub(super) async fn create_cancellation(State(app): State<App>, me: SignedIn, FormPairs(pairs): FormPairs) -> Result {
    let ids: Vec<JobId> = row_ids::selected(&pairs)?;
    if ids.is_empty() {
        return nothing_chosen(&me, "Select the jobs to cancel first.").await;
    }
    let done = jobs::cancel_several(&app.db, &app.live, &me.actor, &ids, app.clock.now()).await?;
    let is_useless = done.canceled + done.requested == 0;
    let words = cancellation_message(done);
    me.flash(if is_useless { Flash::important(words) } else { Flash::success(words) }).await?;
    Ok(see_other(&me.here().path("/jobs")))
}

/// Describes what became of the jobs: "2 jobs are cancelled. 1 job was told to stop."
fn cancellation_message(done: CanceledJobs) -> String {
    let sentence = |n: usize, one: &str, several: &str| {
        (n > 0).then(|| format!("{} {}.", count(n as u64, "job"), if n == 1 { one } else { several }))
    };
    let sentences = [
        sentence(done.canceled, "is cancelled", "are cancelled"),
        sentence(done.requested, "was told to stop", "were told to stop"),
        sentence(done.finished, "had finished before", "had finished before"),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

pub(super) async fn new_repetition(State(app): State<App>, me: SignedIn, Query(pairs): Query<Pairs>) -> Result {
    let Some(rows) = chosen(&app, &me, &pairs).await? else {
        return nothing_chosen(&me, "Select the jobs to run again first.").await;
    };
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let refusals = jobs::find_refusals(&app.db, &me.actor, &ids).await?;
    let refusal = |row: &JobRow| refusals.iter().find(|(id, _)| *id == row.id).and_then(|(_, refusal)| *refusal);
    let view = |row: &JobRow| JobRowView::new(row, me.here(), &me.calendar(app.clock.now()));
    let ready: Vec<_> = rows.iter().filter(|row| refusal(row).is_none()).collect();
    let jobs = count(ready.len() as u64, "job");
    let is_reading = ready.iter().all(|row| row.kind == JobKind::ResourceRead);
    let heading = match &ready[..] {
        [] => "None of these can be run again from here".to_owned(),
        [job] if is_reading => format!("{} again?", job.label()),
        [job] => format!("Run {} again?", job.label()),
        _ => format!("Run {jobs} again?"),
    };
    Ok(page(&SelectionPage {
        shell: shell(&me, &heading).await,
        heading,
        consequence: match ready.len() {
            1 if is_reading => "It is read once more, through the same connection. Nothing changes at its service.",
            1 => {
                "It runs once more, with the same input and through the same connection. What it changed at its service may \
                  happen a second time."
            }
            _ => {
                "Each runs once more, with the same input and through the same connection. What it changed at its service may \
                  happen a second time."
            }
        },
        jobs: ready.into_iter().map(view).collect(),
        refused: rows.iter().filter_map(|row| Some((view(row), refusal_words(refusal(row)?)))).collect(),
        action: me.here().path("/jobs/repetition"),
        button: if is_reading { "Open again".to_owned() } else { format!("Run {jobs} again") },
        is_danger: false,
        keep: "Go back",
        back: me.here().path("/jobs"),
        key: uuid::Uuid::new_v4().to_string(),
    }))
}

const fn refusal_words(refusal: RepeatRefusal) -> &'static str {
    match refusal {
        RepeatRefusal::Unfinished => "It has not finished",
        RepeatRefusal::Checkup => "A check-up is started from its connection",
        RepeatRefusal::ToolRemoved => "Its tool is no longer there",
        RepeatRefusal::ServerRemoved => "Its server was removed",
        RepeatRefusal::ToolHeld => "Its tool has changed, so see and accept the change first",
        RepeatRefusal::Destructive => "It may delete data, so run it from its own form, which shows what is sent",
        RepeatRefusal::Secrets => "Its secret arguments were deleted when it ended, so enter them in its form",
        RepeatRefusal::InputOutdated => "Its tool has changed and does not accept this input, so change it in its form",
    }
}

pub(super) async fn create_repetition(State(app): State<App>, me: SignedIn, FormPairs(pairs): FormPairs) -> Result {
    let ids: Vec<JobId> = row_ids::selected(&pairs)?;
    if ids.is_empty() {
        return nothing_chosen(&me, "Select the jobs to run again first.").await;
    }
    let key = pairs.iter().find(|(field, _)| field == "key").map(|(_, key)| key.chars().take(100).collect::<String>());
    let key = key.filter(|key| !key.is_empty()).unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let now = app.clock.now();
    let done = jobs::repeat(&app.db, &app.vault, &app.queue, &me.actor, &ids, &key, now).await?;
    let started = match done.started.len() {
        0 => "No job was started.".to_owned(),
        1 => "1 job was started.".to_owned(),
        n => format!("{} were started.", count(n as u64, "job")),
    };
    let failures = done.failures.iter().map(|failure| format!("{failure}."));
    let words = std::iter::once(started).chain(failures).collect::<Vec<_>>().join(" ");
    me.flash(if done.started.is_empty() { Flash::important(words) } else { Flash::success(words) }).await?;
    Ok(see_other(&me.here().path("/jobs")))
}

/// Returns the chosen jobs; `None` if none is chosen.
async fn chosen(app: &App, me: &SignedIn, pairs: &Pairs) -> Result<Option<Vec<JobRow>>, Error> {
    let ids: Vec<JobId> = row_ids::selected(pairs)?;
    if ids.is_empty() {
        return Ok(None);
    }
    Ok(Some(jobs::find_rows(&app.db, &me.actor, &ids).await?))
}

/// Leads back to the list, with a sentence.
pub(super) async fn nothing_chosen(me: &SignedIn, words: &'static str) -> Result {
    me.flash(Flash::important(words)).await?;
    Ok(see_other(&me.here().path("/jobs")))
}

/// Builds the shell of a page below the list.
pub(super) async fn shell(me: &SignedIn, title: &str) -> Shell {
    me.shell(title).await.section(Section::Jobs).breadcrumb("Jobs", me.here().path("/jobs"))
}

#[cfg(test)]
mod tests {
    use super::{CanceledJobs, cancellation_message};

    #[test]
    fn the_message_counts_each_outcome() {
        let done = CanceledJobs { canceled: 2, requested: 1, finished: 0 };
        assert_eq!(cancellation_message(done), "2 jobs are cancelled. 1 job was told to stop.");
        let late = CanceledJobs { finished: 3, ..CanceledJobs::default() };
        assert_eq!(cancellation_message(late), "3 jobs had finished before.");
    }
}
