//! Disconnecting one or several connections: the confirmation page with the dependent jobs, then the disconnection.

use askama::Template;
use axum::extract::State;
use futures_util::future::join_all;

use super::views::{Dependent, href, name};
use super::{below, parse_id, selection};
use crate::app::App;
use crate::connections::{AuthorizationService, ConnectionDetail};
use crate::connectors::AuthKind;
use crate::ids::ConnectionId;
use crate::jobs::{self, DisconnectResult};
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::{ById, FormPairs, Path, Query};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::{Section, Shell};
use crate::web::when::count;

/// The confirmation page.
#[derive(Template)]
#[template(path = "connections/disconnection.html")]
struct DisconnectionPage {
    shell: Shell,
    action: String,
    back: String,
    /// "Guarded, Work", or "3 connections".
    what: String,
    /// More than one connection, so each is listed.
    is_several: bool,
    chosen: Vec<ChosenConnection>,
    dependent: Dependent,
    has_secret: bool,
    /// The hub asks the provider to revoke each grant.
    asks_provider: bool,
}

struct ChosenConnection {
    id: String,
    name: String,
    href: String,
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    let chosen = selection::load(&app, &me, &[parse_id(&id)?]).await?;
    let [connection] = chosen.as_slice() else { return Err(Error::not_found()) };
    if connection.is_disconnected() {
        return Ok(see_other(&href(connection, me.here())));
    }
    let shell = below(&me, "Disconnect", connection).await;
    let back = href(connection, me.here());
    confirm(&app, &me, Confirmation { shell, chosen: &chosen, back }).await
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> Result {
    disconnect(&app, &me, &[parse_id(&id)?]).await
}

pub(super) async fn new_several(
    State(app): State<App>,
    me: SignedIn,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result {
    let ids = selection::parse_ids(&pairs)?;
    if ids.is_empty() {
        return redirect_without_selection(&me).await;
    }
    let mut chosen = selection::load(&app, &me, &ids).await?;
    chosen.retain(|connection| !connection.is_disconnected());
    if chosen.is_empty() {
        me.flash(Flash::important("They were disconnected before.")).await?;
        return Ok(see_other(&me.here().path("/connections")));
    }
    let back = me.here().path("/connections");
    let shell = me.shell("Disconnect").await.section(Section::Connections).breadcrumb("Connections", back.clone());
    confirm(&app, &me, Confirmation { shell, chosen: &chosen, back }).await
}

pub(super) async fn create_several(State(app): State<App>, me: SignedIn, FormPairs(pairs): FormPairs) -> Result {
    let ids = selection::parse_ids(&pairs)?;
    if ids.is_empty() {
        return redirect_without_selection(&me).await;
    }
    disconnect(&app, &me, &ids).await
}

async fn redirect_without_selection(me: &SignedIn) -> Result {
    me.flash(Flash::important("Select the connections to disconnect first.")).await?;
    Ok(see_other(&me.here().path("/connections")))
}

/// The connections to disconnect, and the page to return to. The form is sent to `disconnection` below that page.
struct Confirmation<'a> {
    shell: Shell,
    chosen: &'a [ConnectionDetail],
    back: String,
}

/// Shows the confirmation page.
async fn confirm(app: &App, me: &SignedIn, confirmation: Confirmation<'_>) -> Result {
    let Confirmation { shell, chosen, back } = confirmation;
    let ids: Vec<_> = chosen.iter().map(|connection| connection.id).collect();
    let mut tx = app.db.enter(&me.actor).await?;
    let dependants = jobs::find_dependent(&mut tx, &me.actor, &ids).await?;
    drop(tx);
    Ok(page(&DisconnectionPage {
        shell,
        action: format!("{back}/disconnection"),
        back,
        what: match chosen {
            [one] => name(one),
            several => count(several.len() as u64, "connection"),
        },
        is_several: chosen.len() > 1,
        has_secret: chosen.iter().any(|connection| connection.has_secret),
        asks_provider: chosen.iter().all(|connection| connection.auth == AuthKind::OAuth),
        dependent: Dependent::new(&dependants, me.here(), &me.calendar(app.clock.now())),
        chosen: chosen
            .iter()
            .map(|it| ChosenConnection { id: it.id.to_string(), name: name(it), href: href(it, me.here()) })
            .collect(),
    }))
}

async fn disconnect(app: &App, me: &SignedIn, ids: &[ConnectionId]) -> Result {
    let chosen = selection::load(app, me, ids).await?;
    let failures = revoke_grants(app, me, &chosen).await;
    let done = jobs::disconnect(&app.db, &app.live, &app.vault, &me.actor, ids, app.clock.now()).await?;
    me.flash(result_message(&chosen, done, failures)).await?;
    Ok(see_other(&me.here().path("/connections")))
}

/// Asks all providers at once to revoke their grants. Returns a sentence for each that could not be asked.
async fn revoke_grants(app: &App, me: &SignedIn, chosen: &[ConnectionDetail]) -> Vec<String> {
    let authorization = AuthorizationService {
        db: &app.db,
        system: &app.system,
        vault: &app.vault,
        egress: &app.egress,
        refresher: &app.refresher,
        public_url: &app.public_url,
    };
    let now = app.clock.now();
    let requests =
        chosen.iter().filter(|it| !it.is_disconnected()).map(|it| authorization.revoke(&me.actor, it.id, now));
    let failures = join_all(requests).await.into_iter().filter_map(|answer| {
        answer.unwrap_or_else(|error| {
            // a grant whose token cannot be decrypted cannot be revoked; that must not prevent disconnecting
            tracing::warn!(error = %error, "Failed to revoke a grant at its provider; the connection is disconnected nevertheless");
            Some("the hub could not open its credential".to_owned())
        })
    });
    failures
        .map(|why| format!("A service could not be asked to end the access: {why}. End the access there as well."))
        .collect()
}

fn result_message(chosen: &[ConnectionDetail], done: DisconnectResult, failures: Vec<String>) -> Flash {
    let is_plural = chosen.len() > 1;
    if done.connections == 0 {
        let words = if is_plural { "They were disconnected before." } else { "It was disconnected before." };
        return Flash::important(words);
    }
    let what = match chosen {
        [one] => format!("{} is disconnected.", name(one)),
        _ if done.connections == 1 => "1 connection is disconnected.".to_owned(),
        _ => format!("{} are disconnected.", count(done.connections as u64, "connection")),
    };
    let ended = jobs_were(done.canceled_jobs, "that had not begun", "cancelled");
    let asked = jobs_were(done.stopping_jobs, "that had begun", "asked to stop");
    let sentences = [what, ended, asked].into_iter().chain(failures).filter(|words| !words.is_empty());
    Flash::success(sentences.collect::<Vec<_>>().join(" "))
}

fn jobs_were(n: usize, which: &str, what: &str) -> String {
    match n {
        0 => String::new(),
        1 => format!("1 job {which} was {what}."),
        n => format!("{} {which} were {what}.", count(n as u64, "job")),
    }
}

#[cfg(test)]
mod tests {
    use super::jobs_were;

    #[test]
    fn jobs_are_counted_in_words() {
        assert_eq!(jobs_were(1, "that had begun", "asked to stop"), "1 job that had begun was asked to stop.");
        assert_eq!(jobs_were(2, "that had begun", "asked to stop"), "2 jobs that had begun were asked to stop.");
    }
}
