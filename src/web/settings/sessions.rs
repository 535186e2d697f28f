//! `/settings/sessions`: lists the browsers in which the user is signed in, and signs them out.

use askama::Template;
use axum::extract::State;

use super::{device, shell};
use crate::accounts::sessions::{self, SessionKey, SessionSummary};
use crate::app::App;
use crate::error::Error;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When, count};

const PATH: &str = "/settings/sessions";

struct SessionRow {
    key: String,
    device: String,
    is_here: bool,
    ip: String,
    signed_in_at: When,
    used_at: When,
}

impl SessionRow {
    fn new(session: SessionSummary, here: Option<SessionKey>, calendar: &Calendar) -> Self {
        Self {
            key: session.key.to_string(),
            device: device::describe(session.agent.as_deref()),
            is_here: here == Some(session.key),
            ip: session.ip.unwrap_or_else(|| "unknown".to_owned()),
            signed_in_at: calendar.when(session.created_at),
            used_at: calendar.when(session.seen_at),
        }
    }
}

#[derive(Template)]
#[template(path = "settings/sessions.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<SessionRow>,
    others: usize,
}

#[derive(Template)]
#[template(path = "settings/session.html")]
struct ConfirmPage {
    shell: Shell,
    row: SessionRow,
}

#[derive(Template)]
#[template(path = "settings/session_others.html")]
struct ConfirmOthersPage {
    shell: Shell,
    others: String,
}

pub(super) async fn index(State(app): State<App>, me: SignedIn) -> Result {
    let rows = rows(&app, &me).await?;
    let others = rows.iter().filter(|row| !row.is_here).count();
    Ok(page(&IndexPage { shell: shell(&me, "Sessions").await, rows, others }))
}

pub(super) async fn confirm(State(app): State<App>, me: SignedIn, Path(key): Path<String>) -> Result {
    let row = rows(&app, &me).await?.into_iter().find(|row| row.key == key).ok_or(Error::NotFound("session"))?;
    if row.is_here {
        return Ok(see_other("/sign-out"));
    }
    let shell = shell(&me, "Sign out a browser").await.breadcrumb("Sessions", PATH);
    Ok(page(&ConfirmPage { shell, row }))
}

pub(super) async fn revoke(State(app): State<App>, me: SignedIn, Path(key): Path<String>) -> Result {
    let key: SessionKey = key.parse()?;
    if me.session_key() == Some(key) {
        return Ok(see_other("/sign-out"));
    }
    sessions::revoke(&app.db, &me.actor, key, app.clock.now()).await?;
    me.flash(Flash::success("That browser is signed out.")).await?;
    Ok(see_other(PATH))
}

pub(super) async fn confirm_others(State(app): State<App>, me: SignedIn) -> Result {
    let others = rows(&app, &me).await?.iter().filter(|row| !row.is_here).count();
    if others == 0 {
        return Ok(see_other(PATH));
    }
    let shell = shell(&me, "Sign out everywhere else").await.breadcrumb("Sessions", PATH);
    Ok(page(&ConfirmOthersPage { shell, others: count(others as u64, "other browser") }))
}

pub(super) async fn revoke_others(State(app): State<App>, me: SignedIn) -> Result {
    let here = me.session_key().ok_or(Error::NotFound("session"))?;
    let ended = sessions::revoke_others(&app.db, &me.actor, here, app.clock.now()).await?;
    let flash = match ended {
        0 => Flash::important("No other browser was signed in."),
        ended => Flash::success(format!("Signed out: {}.", count(ended, "other browser"))),
    };
    me.flash(flash).await?;
    Ok(see_other(PATH))
}

/// Returns the sessions of the user, the current one first.
async fn rows(app: &App, me: &SignedIn) -> Result<Vec<SessionRow>, Error> {
    let now = app.clock.now();
    let (here, calendar) = (me.session_key(), me.calendar(now));
    let sessions = sessions::list(&app.db, &me.actor, now).await?;
    let mut rows: Vec<_> = sessions.into_iter().map(|session| SessionRow::new(session, here, &calendar)).collect();
    rows.sort_by_key(|row| !row.is_here);
    Ok(rows)
}
