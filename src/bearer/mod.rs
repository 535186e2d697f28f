//! Bearer authentication: a request of a program becomes an [`Actor`] by its access token.
//!
//! The MCP endpoint and the JSON API authenticate requests here, and nowhere else. They read no cookie; pages read no token.
//! A token counts in the header `Authorization` only (RFC 6750), never in a query string, which logs and histories keep.

mod program;
mod refusal;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::actor::{Actor, Origin};
use crate::api_tokens::{self, Scope};
use crate::app::App;
use crate::authorization_server;
use crate::error::Error;
use crate::request_source::RequestSource;
use crate::secret::Secret;

pub use program::Program;
pub use refusal::BearerRefusal;

/// Largest accepted header, in bytes. A token of the hub has 53 characters.
const MAX_HEADER_BYTES: usize = 512;

/// The program behind a request.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The person for whom the program acts, in the space of its token.
    pub actor: Actor,
    /// The program.
    pub program: Program,
}

impl Bearer {
    /// Checks that the token permits all of `scopes`.
    ///
    /// # Errors
    /// Returns a refusal that names all of them, so that a program asks once for everything it needs.
    pub fn require(&self, scopes: &'static [Scope]) -> Result<(), BearerRefusal> {
        let is_permitted = scopes.iter().all(|scope| self.program.scopes.contains(*scope));
        if is_permitted { Ok(()) } else { Err(BearerRefusal::InsufficientScope(scopes)) }
    }
}

impl FromRequestParts<App> for Bearer {
    type Rejection = BearerRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, BearerRefusal> {
        let token = read_token(parts)?;
        let program = find_program(app, &token).await?.ok_or(BearerRefusal::InvalidToken)?;
        let actor = actor(&program, &RequestSource::new(parts, &app.proxies));
        Ok(Self { actor, program })
    }
}

/// Finds the program with a token that its person copied, or with one of a grant.
async fn find_program(app: &App, token: &Secret) -> Result<Option<Program>, Error> {
    let now = app.clock.now();
    if let Some(holder) = api_tokens::authenticate(&app.system, token, now).await? {
        return Ok(Some(holder.into()));
    }
    Ok(authorization_server::authenticate(&app.system, token, now).await?.map(Program::from))
}

#[expect(clippy::disallowed_methods, reason = "the token vouches for the user and the space")]
fn actor(program: &Program, source: &RequestSource) -> Actor {
    let user = Actor::new(program.user, Origin::Assistant).within(program.owner).through(Some(program.id));
    user.seen_at(source.ip, source.user_agent.as_deref())
}

/// Reads the token of the only `Authorization` header.
fn read_token(parts: &Parts) -> Result<Secret, BearerRefusal> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Err(BearerRefusal::MissingToken),
        (Some(_), Some(_)) => return Err(BearerRefusal::InvalidToken),
        (Some(header), None) => header,
    };
    let text = header.to_str().map_err(|_| BearerRefusal::InvalidToken)?;
    match text.split_once(' ') {
        Some((scheme, _)) if !scheme.eq_ignore_ascii_case("bearer") => Err(BearerRefusal::MissingToken),
        Some((_, token)) if text.len() <= MAX_HEADER_BYTES => Ok(Secret::new(token.trim())),
        _ => Err(BearerRefusal::InvalidToken),
    }
}
