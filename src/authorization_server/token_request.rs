//! The token request: an assistant exchanges a code or a refresh token for the next two tokens (RFC 6749, sections 4.1.3 and 6).

use time::Duration;

use super::credential::{Credential, proves};
use super::store_codes::StoredCode;
use super::store_tokens::TokenGrant;
use crate::api_tokens::{Scope, Scopes};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::secret::Secret;

/// The time for which an access token works.
pub const ACCESS_TOKEN_TTL: Duration = Duration::HOUR;

/// The time for which a refresh token works. Each exchange begins it again.
pub(super) const REFRESH_TOKEN_TTL: Duration = Duration::days(60);

/// The time in which an exchange may be repeated, because its answer was lost.
const REPEAT_PERIOD: Duration = Duration::seconds(30);

/// The credential that an assistant exchanges.
#[derive(Clone, Debug)]
pub enum GrantRequest<'a> {
    /// A code, from the answer of a person.
    Code {
        /// The code.
        code: Secret,
        /// PKCE verifier.
        verifier: &'a str,
        /// Address to which the code was sent; `None` if the request leaves it out.
        redirect_uri: Option<&'a str>,
    },
    /// A refresh token.
    Refresh {
        /// The token.
        token: Secret,
        /// Scopes, separated by spaces; `None` for those of the grant.
        scope: Option<&'a str>,
    },
}

impl GrantRequest<'_> {
    /// Returns the kind of the credential.
    pub(super) const fn kind(&self) -> Credential {
        match self {
            Self::Code { .. } => Credential::Code,
            Self::Refresh { .. } => Credential::RefreshToken,
        }
    }
}

/// A request for tokens.
#[derive(Clone, Debug)]
pub struct TokenRequest<'a> {
    /// Client id of the assistant.
    pub client_id: &'a str,
    /// Address of the endpoint; `None` if the request leaves it out.
    pub resource: Option<&'a str>,
    /// The credential.
    pub grant: GrantRequest<'a>,
}

/// The tokens that an assistant gets.
#[derive(Debug)]
pub struct IssuedTokens {
    /// Calls the endpoint, for [`ACCESS_TOKEN_TTL`].
    pub access: Secret,
    /// Is exchanged for the next two tokens.
    pub refresh: Secret,
    /// Scopes that the tokens permit.
    pub scopes: Scopes,
}

/// The reason why no tokens are issued.
#[derive(Debug)]
pub enum TokenFault {
    /// The code or the refresh token does not work. The sentence says why.
    InvalidGrant(&'static str),
    /// The tokens of the grant are for another endpoint.
    InvalidTarget,
    /// The grant does not have these scopes.
    InvalidScope,
    /// No assistant has this client id; it may register anew.
    UnknownClient,
    /// The hub failed.
    Failed(Error),
}

impl From<Error> for TokenFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for TokenFault {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) const UNKNOWN_CODE: TokenFault =
    TokenFault::InvalidGrant("The code is unknown, has expired, or was issued to another client");

pub(super) const UNKNOWN_TOKEN: TokenFault = TokenFault::InvalidGrant(
    "The refresh token is unknown, has expired, or was issued to another client. Sign in again",
);

pub(super) const USED_TWICE: TokenFault =
    TokenFault::InvalidGrant("This was exchanged before, so the connection was ended for safety. Sign in again");

pub(super) const ENDED: TokenFault = TokenFault::InvalidGrant("The connection was ended. Sign in again");

/// A refused credential.
pub(super) enum Rejection {
    /// It does not work.
    Refused(TokenFault),
    /// It was exchanged before: its grant ends.
    Reused,
}

impl From<TokenFault> for Rejection {
    fn from(fault: TokenFault) -> Self {
        Self::Refused(fault)
    }
}

/// Checks a code, and returns the generation of the tokens that it is exchanged for.
pub(super) fn check_code(
    code: &StoredCode,
    client_id: &str,
    verifier: &str,
    redirect_uri: Option<&str>,
    now: Timestamp,
) -> Result<i32, Rejection> {
    if code.grant.client_id != client_id {
        return Err(UNKNOWN_CODE.into());
    }
    if !proves(verifier, &code.challenge) {
        return Err(TokenFault::InvalidGrant("The code_verifier does not belong to the code_challenge").into());
    }
    if code.is_used {
        return Err(Rejection::Reused);
    }
    if code.expires_at <= now {
        return Err(UNKNOWN_CODE.into());
    }
    if redirect_uri.is_some_and(|uri| uri != code.redirect_uri) {
        return Err(TokenFault::InvalidGrant("The redirect_uri is not that of the authorization request").into());
    }
    Ok(1)
}

/// Checks a refresh token of a generation, and returns that of the tokens that it is exchanged for.
pub(super) fn check_refresh(
    grant: &TokenGrant,
    client_id: &str,
    generation: i32,
    scope: Option<&str>,
    now: Timestamp,
) -> Result<i32, Rejection> {
    if grant.client_id != client_id {
        return Err(UNKNOWN_TOKEN.into());
    }
    let was_just_exchanged = generation + 1 == grant.generation
        && grant.refreshed_at.is_some_and(|refreshed_at| now - refreshed_at <= REPEAT_PERIOD);
    if generation != grant.generation && !was_just_exchanged {
        return Err(Rejection::Reused);
    }
    let is_granted = |text: &str| grant.scopes.iter().any(|scope| scope.as_str() == text);
    let is_known = |text: &str| Scope::ALL.into_iter().any(|scope| scope.as_str() == text);
    if scope.is_some_and(|scope| scope.split(' ').any(|text| is_known(text) && !is_granted(text))) {
        return Err(TokenFault::InvalidScope.into());
    }
    Ok(generation + 1)
}
