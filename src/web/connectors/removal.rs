//! Removes a server that the user has added: the confirmation page with what ends with it, then the removal.

use std::fmt::Write;

use askama::Template;
use axum::extract::State;
use futures_util::future::join_all;

use super::{authorization, below, find_own, href};
use crate::app::App;
use crate::connections::{self, Connection};
use crate::connectors::Connector;
use crate::jobs::{self, DisconnectResult};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Template)]
#[template(path = "connectors/removal.html")]
struct RemovalPage {
    shell: Shell,
    name: String,
    href: String,
    /// The connections that end, as "2 connections end".
    connections: Option<String>,
    has_secret: bool,
    /// The jobs that end, as "3 jobs".
    jobs: Option<String>,
    past_jobs: String,
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_own(&app, &me, &slug).await?;
    let active = active_connections(&app, &me, &connector).await?;
    let ids: Vec<_> = active.iter().map(|it| it.id).collect();
    let mut tx = app.db.enter(&me.actor).await?;
    let dependent = jobs::find_dependent(&mut tx, &me.actor, &ids).await?.jobs.len() as u64;
    drop(tx);
    Ok(page(&RemovalPage {
        shell: below(&me, "Remove", &connector).await,
        name: connector.name.clone(),
        href: href(&connector, me.here()),
        connections: (!ids.is_empty()).then(|| count(ids.len() as u64, "connection")),
        has_secret: active.iter().any(|it| it.has_secret),
        jobs: (dependent > 0).then(|| count(dependent, "job")),
        past_jobs: me.here().path(&format!("/jobs?connector={}", connector.slug)),
    }))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_own(&app, &me, &slug).await?;
    let failures = revoke_grants(&app, &me, &active_connections(&app, &me, &connector).await?).await;
    let now = app.clock.now();
    let ended = jobs::remove_connector(&app.db, &app.live, &app.vault, &me.actor, connector.id, now).await?;
    me.flash(Flash::success(describe(&connector.name, ended, failures))).await?;
    Ok(see_other(&me.here().path("/connectors")))
}

async fn active_connections(app: &App, me: &SignedIn, connector: &Connector) -> Result<Vec<Connection>> {
    let mut tx = app.db.enter(&me.actor).await?;
    let mut all = connections::list_for_connector(&mut tx, &me.actor, connector.id).await?;
    all.retain(|connection| !connection.status.is_disconnected());
    Ok(all)
}

/// Asks the provider to revoke the grants. Returns the number of those that it was not told of.
async fn revoke_grants(app: &App, me: &SignedIn, active: &[Connection]) -> usize {
    let (authorization, now) = (authorization(app), app.clock.now());
    let requests = active.iter().map(|connection| authorization.revoke(&me.actor, connection.id, now));
    let failed = |answer: Result<Option<String>, _>| match answer {
        Ok(failure) => failure.is_some(),
        Err(error) => {
            tracing::warn!(error = %error, "Failed to revoke a grant at its provider; the connector is removed nevertheless");
            true
        }
    };
    join_all(requests).await.into_iter().map(failed).filter(|failed| *failed).count()
}

fn describe(name: &str, ended: DisconnectResult, failures: usize) -> String {
    let mut message = format!("{name} is removed.");
    if ended.connections > 0 {
        let _ = write!(message, " {} ended.", count(ended.connections as u64, "connection"));
    }
    let stopped = ended.canceled_jobs + ended.stopping_jobs;
    if stopped > 0 {
        let _ = write!(message, " {} cancelled or asked to stop.", count(stopped as u64, "job"));
    }
    if failures > 0 {
        message.push_str(" The service could not be asked to end the access. End it there as well.");
    }
    message
}
