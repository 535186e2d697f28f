//! `/settings/assistants`: how to connect an assistant, and those that are connected.

use askama::Template;
use axum::extract::State;
use time::Duration;

use super::assistant_snippets::{Snippet, snippets};
use super::shell;
use super::tokens::{endpoint, memberships};
use crate::api_tokens::Scope;
use crate::app::App;
use crate::authorization_server::{self, AssistantGrant};
use crate::error::Error;
use crate::ids::{AssistantGrantId, ProgramId};
use crate::jobs::{self, ProgramCalls};
use crate::organisations::Membership;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{ById, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When};

const PATH: &str = "/settings/assistants";

struct AssistantRow {
    id: String,
    name: String,
    host: String,
    permissions: Vec<&'static str>,
    /// The organisation whose tools it uses.
    organisation: Option<String>,
    connected_at: When,
    used_at: Option<When>,
    /// Number of its calls in the last day, and of those that failed.
    calls: String,
}

impl AssistantRow {
    fn new(
        grant: AssistantGrant,
        me: &SignedIn,
        memberships: &[Membership],
        calls: &[ProgramCalls],
        calendar: &Calendar,
    ) -> Self {
        let calls = calls.iter().find(|calls| calls.program == program_id(&grant));
        let is_own = grant.owner == me.actor.user_id().as_owner();
        let membership = memberships.iter().find(|membership| membership.organisation == grant.owner);
        let name = membership.map_or("an organisation that you have left", |membership| membership.name.as_str());
        Self {
            id: grant.id.to_string(),
            name: grant.name,
            host: grant.host,
            permissions: grant.scopes.iter().map(Scope::description).collect(),
            organisation: (!is_own).then(|| name.to_owned()),
            connected_at: calendar.when(grant.created_at),
            used_at: calendar.when_any(grant.last_used_at),
            calls: calls.map_or_else(|| "none".to_owned(), describe_calls),
        }
    }
}

/// Returns the program that the jobs of a grant name.
const fn program_id(grant: &AssistantGrant) -> ProgramId {
    ProgramId::from_uuid(grant.id.uuid())
}

fn describe_calls(calls: &ProgramCalls) -> String {
    if calls.failed == 0 { calls.calls.to_string() } else { format!("{}, {} failed", calls.calls, calls.failed) }
}

/// Returns the calls of the last day of these grants, in each space that the person may enter.
async fn find_calls(
    app: &App,
    me: &SignedIn,
    memberships: &[Membership],
    grants: &[AssistantGrant],
) -> Result<Vec<ProgramCalls>, Error> {
    let since = app.clock.now() - Duration::DAY;
    let spaces = memberships.iter().map(|membership| me.clone().within(membership.clone()));
    let mut calls = Vec::new();
    for person in std::iter::once(me.clone()).chain(spaces) {
        let of_space = grants.iter().filter(|grant| grant.owner == person.actor.owner_id());
        let programs: Vec<_> = of_space.map(program_id).collect();
        if !programs.is_empty() {
            calls.extend(jobs::count_by_program(&app.db, &person.actor, &programs, since).await?);
        }
    }
    Ok(calls)
}

/// The endpoint of an organisation.
struct OrganisationEndpoint {
    name: String,
    address: String,
}

#[derive(Template)]
#[template(path = "settings/assistants.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<AssistantRow>,
    /// The address of the person's own endpoint.
    endpoint: String,
    organisations: Vec<OrganisationEndpoint>,
    snippets: Vec<Snippet>,
}

#[derive(Template)]
#[template(path = "settings/assistant_disconnection.html")]
struct DisconnectionPage {
    shell: Shell,
    row: AssistantRow,
}

pub(super) async fn index(State(app): State<App>, me: SignedIn) -> Result {
    let now = app.clock.now();
    let grants = authorization_server::list(&app.db, &me.actor, now).await?;
    let (memberships, calendar) = (memberships(&app, &me).await?, me.calendar(now));
    let calls = find_calls(&app, &me, &memberships, &grants).await?;
    let row = |grant| AssistantRow::new(grant, &me, &memberships, &calls, &calendar);
    let rows = grants.into_iter().map(row).collect();
    let organisation = |membership: &Membership| OrganisationEndpoint {
        name: membership.name.clone(),
        address: endpoint(&app, Some(membership)),
    };
    let endpoint = endpoint(&app, None);
    Ok(page(&IndexPage {
        shell: shell(&me, "Assistants").await,
        rows,
        organisations: memberships.iter().map(organisation).collect(),
        snippets: snippets(&endpoint),
        endpoint,
    }))
}

pub(super) async fn confirm(State(app): State<App>, me: SignedIn, Path(path): Path<ById>) -> Result {
    let now = app.clock.now();
    let grant = authorization_server::find(&app.db, &me.actor, grant_id(&path)?, now).await?;
    let memberships = memberships(&app, &me).await?;
    let calls = find_calls(&app, &me, &memberships, std::slice::from_ref(&grant)).await?;
    let row = AssistantRow::new(grant, &me, &memberships, &calls, &me.calendar(now));
    let shell = shell(&me, &format!("Disconnect {}", row.name)).await.breadcrumb("Assistants", PATH);
    Ok(page(&DisconnectionPage { shell, row }))
}

pub(super) async fn disconnect(State(app): State<App>, me: SignedIn, Path(path): Path<ById>) -> Result {
    let grant = authorization_server::disconnect(&app.system, &me.actor, grant_id(&path)?, app.clock.now()).await?;
    me.flash(Flash::success(format!("“{}” is disconnected.", grant.name))).await?;
    Ok(see_other(PATH))
}

fn grant_id(path: &ById) -> Result<AssistantGrantId, Error> {
    path.id.parse().map_err(|_| Error::NotFound("assistant"))
}
