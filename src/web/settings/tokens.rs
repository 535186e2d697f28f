//! `/settings/tokens`: lists the access tokens of the user's programs, and revokes them.

use askama::Template;
use axum::extract::State;

use super::shell;
use crate::api_tokens::{self, ApiToken, Scope};
use crate::app::App;
use crate::error::Error;
use crate::ids::ApiTokenId;
use crate::organisations::{self, Membership};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{ById, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When};

const PATH: &str = "/settings/tokens";

pub(super) struct TokenRow {
    id: String,
    pub(super) name: String,
    start: String,
    pub(super) permissions: Vec<&'static str>,
    /// The organisation that the token is for.
    pub(super) organisation: Option<String>,
    used_at: Option<When>,
    pub(super) ends_at: When,
}

impl TokenRow {
    pub(super) fn new(token: ApiToken, me: &SignedIn, memberships: &[Membership], calendar: &Calendar) -> Self {
        let is_own = token.owner == me.actor.user_id().as_owner();
        let membership = memberships.iter().find(|membership| membership.organisation == token.owner);
        let name = membership.map_or("an organisation that you have left", |membership| membership.name.as_str());
        Self {
            id: token.id.to_string(),
            name: token.name,
            start: token.start,
            permissions: token.scopes.iter().map(Scope::description).collect(),
            organisation: (!is_own).then(|| name.to_owned()),
            used_at: calendar.when_any(token.last_used_at),
            ends_at: calendar.when(token.expires_at),
        }
    }
}

#[derive(Template)]
#[template(path = "settings/tokens.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<TokenRow>,
    /// The address of the MCP endpoint.
    endpoint: String,
}

#[derive(Template)]
#[template(path = "settings/token_revocation.html")]
struct RevocationPage {
    shell: Shell,
    row: TokenRow,
}

pub(super) async fn index(State(app): State<App>, me: SignedIn) -> Result {
    let now = app.clock.now();
    let tokens = api_tokens::list(&app.db, &me.actor, now).await?;
    let (memberships, calendar) = (memberships(&app, &me).await?, me.calendar(now));
    let rows = tokens.into_iter().map(|token| TokenRow::new(token, &me, &memberships, &calendar)).collect();
    let endpoint = endpoint(&app, None);
    Ok(page(&IndexPage { shell: shell(&me, "Tokens").await, rows, endpoint }))
}

pub(super) async fn confirm(State(app): State<App>, me: SignedIn, Path(path): Path<ById>) -> Result {
    let now = app.clock.now();
    let token = api_tokens::find(&app.db, &me.actor, token_id(&path)?, now).await?;
    let row = TokenRow::new(token, &me, &memberships(&app, &me).await?, &me.calendar(now));
    let shell = below_tokens(&me, format!("Revoke {}", row.name)).await;
    Ok(page(&RevocationPage { shell, row }))
}

pub(super) async fn revoke(State(app): State<App>, me: SignedIn, Path(path): Path<ById>) -> Result {
    let token = api_tokens::revoke(&app.system, &me.actor, token_id(&path)?, app.clock.now()).await?;
    me.flash(Flash::success(format!("The token “{}” is revoked.", token.name))).await?;
    Ok(see_other(PATH))
}

/// Returns the shell of a page below the list of tokens.
pub(super) async fn below_tokens(me: &SignedIn, title: impl AsRef<str>) -> Shell {
    shell(me, title.as_ref()).await.breadcrumb("Tokens", PATH)
}

/// Returns the memberships of the user, by which a token's organisation is named.
pub(super) async fn memberships(app: &App, me: &SignedIn) -> Result<Vec<Membership>, Error> {
    organisations::list_memberships(&app.system, me.actor.user_id()).await
}

/// Returns the address at which a token works.
pub(super) fn endpoint(app: &App, organisation: Option<&Membership>) -> String {
    let base = app.public_url.as_str().trim_end_matches('/');
    match organisation {
        Some(membership) => format!("{base}/orgs/{}/mcp", membership.slug),
        None => format!("{base}/mcp"),
    }
}

fn token_id(path: &ById) -> Result<ApiTokenId, Error> {
    path.id.parse().map_err(|_| Error::NotFound("token"))
}
