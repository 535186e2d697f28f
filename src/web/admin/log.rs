//! `/admin/log`: the log of the hub: what administrators changed, and sign-ins with addresses that have no account.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::shell;
use crate::app::App;
use crate::audit::{self, AuditOutcome, HubEntry};
use crate::ids::AuditId;
use crate::web::actor::Admin;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::url_with_params;
use crate::web::respond::page;
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When};

const PATH: &str = "/admin/log";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    before: String,
}

struct Row {
    what: String,
    /// The account, address or connector that the entry is about.
    about: Option<String>,
    /// The title says that something failed; a sign marks it.
    is_failure: bool,
    who: String,
    ip: Option<String>,
    at: When,
}

impl Row {
    fn new(entry: HubEntry, calendar: &Calendar) -> Self {
        Self {
            what: entry.action.title().to_owned(),
            about: entry.subject(),
            is_failure: entry.outcome == AuditOutcome::Failed,
            who: entry.actor_name.unwrap_or_else(|| "Not signed in".to_owned()),
            ip: entry.ip,
            at: calendar.when(entry.created_at),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/log.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<Row>,
    newest: String,
    older: String,
}

pub(super) async fn index(State(app): State<App>, admin: Admin, FilterQuery(params): FilterQuery<Params>) -> Result {
    let (me, before) = (&admin.0, params.before.parse::<AuditId>().ok());
    let mut tx = app.system.begin().await?;
    let list = audit::list_of_hub(&mut tx, before).await?;
    drop(tx);
    let calendar = me.calendar(app.clock.now());
    let end = list.rows.last().filter(|_| list.more).map(|entry| entry.id.to_string());
    Ok(page(&IndexPage {
        shell: shell(me, "Hub log").await,
        newest: before.map(|_| PATH.to_owned()).unwrap_or_default(),
        older: end.map(|end| url_with_params(PATH, &[("before", &end)])).unwrap_or_default(),
        rows: list.rows.into_iter().map(|entry| Row::new(entry, &calendar)).collect(),
    }))
}
