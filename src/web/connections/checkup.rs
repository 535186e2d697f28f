//! The check-up of a connection: its checks, the button that starts it, and the last results.

use askama::Template;
use axum::extract::State;

use super::views::{can_be_checked, href, name};
use super::{OwnConnection, below, parse_id, selection};
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::error::Error;
use crate::jobs;
use crate::web::actor::SignedIn;
use crate::web::checkup_findings::{CheckupResults, LastCheckup};
use crate::web::error::Result;
use crate::web::extract::{ById, FormPairs, Path};
use crate::web::filtering::url_with_params;
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Template)]
#[template(path = "connections/checkup.html")]
struct CheckupPage {
    shell: Shell,
    name: String,
    connector: String,
    href: String,
    /// The titles of the checks, in order.
    plan: Vec<&'static str>,
    /// `None` while a check-up is running.
    button: Option<&'static str>,
    last: Option<LastCheckup>,
    findings: Option<CheckupResults>,
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let mut tx = app.db.enter(&me.actor).await?;
    let connection = connections::find(&mut tx, &me.actor, parse_id(&id)?).await?;
    let newest = jobs::find_latest_checkup(&mut tx, &me.actor, connection.id).await?;
    drop(tx);
    if let Some(why) = reason_not_to_check(&connection) {
        me.flash(Flash::important(format!("{why}."))).await?;
        return Ok(see_other(&href(&connection, me.here())));
    }
    let plan = connections::plan(connection.transport, connection.auth);
    let found = newest.as_ref().and_then(jobs::Job::checkup_result);
    Ok(page(&CheckupPage {
        shell: below(&me, "Check-up", &connection).await,
        name: name(&connection),
        connector: connection.connector.clone(),
        href: href(&connection, me.here()),
        plan: plan.iter().map(|check| check.title()).collect(),
        button: match newest.as_ref().map(|job| job.status.is_final()) {
            None => Some("Start the check-up"),
            Some(true) => Some("Check again"),
            Some(false) => None,
        },
        last: newest.as_ref().map(|job| LastCheckup::new(job, me.here(), &me.calendar(app.clock.now()))),
        findings: found.map(|found| CheckupResults::new(&found, &connection, me.here())),
    }))
}

pub(super) async fn create(State(app): State<App>, OwnConnection { me, connection }: OwnConnection) -> Result {
    if let Some(why) = reason_not_to_check(&connection) {
        return Err(why.into());
    }
    let mut tx = app.db.enter(&me.actor).await?;
    let job = jobs::start_checkup(&mut tx, &app.queue, &me.actor, &connection, app.clock.now()).await?;
    Ok(see_other(&me.here().path(&format!("/jobs/{job}"))))
}

/// Redirects to the list, which has the button for several connections.
pub(super) async fn show_several(me: SignedIn) -> Result {
    Ok(see_other(&me.here().path("/connections")))
}

/// Starts a check-up of each selected connection.
pub(super) async fn create_several(State(app): State<App>, me: SignedIn, FormPairs(pairs): FormPairs) -> Result {
    let ids = selection::parse_ids(&pairs)?;
    if ids.is_empty() {
        me.flash(Flash::important("Select the connections to check up first.")).await?;
        return Ok(see_other(&me.here().path("/connections")));
    }
    let chosen = selection::load(&app, &me, &ids).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    let mut started = Vec::new();
    for connection in chosen.iter().filter(|connection| reason_not_to_check(connection).is_none()) {
        started.push(jobs::start_checkup(&mut tx, &app.queue, &me.actor, connection, app.clock.now()).await?);
    }
    let (flash, target) = match started.as_slice() {
        [] => {
            let why = chosen.iter().find_map(reason_not_to_check).map(|why| why.to_string()).unwrap_or_default();
            (Flash::important(format!("{why}.")), me.here().path("/connections"))
        }
        [one] => return Ok(see_other(&me.here().path(&format!("/jobs/{one}")))),
        all => {
            let words = format!("{} have begun.", count(all.len() as u64, "check-up"));
            (Flash::success(words), url_with_params(&me.here().path("/jobs"), &[("tool", jobs::CHECKUP_NAME)]))
        }
    };
    me.flash(flash).await?;
    Ok(see_other(&target))
}

/// Returns the reason why there is nothing to check.
fn reason_not_to_check(connection: &ConnectionDetail) -> Option<Error> {
    if connection.is_disconnected() {
        let text = "This connection was disconnected, so there is nothing to check";
        return Some(Error::stale(text, "Connect the service again"));
    }
    let unlisted = || {
        let text = format!("{} has left the catalogue, so there is nothing to check", connection.connector);
        Error::stale(text, "Disconnect the connection if you no longer need it")
    };
    (!can_be_checked(connection)).then(unlisted)
}
