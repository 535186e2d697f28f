//! The authorization server for assistants: a person connects an assistant by signing in, without a token to copy.
//!
//! It issues codes with PKCE (S256 only), names itself in every answer (RFC 9207), and binds tokens to the endpoint of one space
//! (RFC 8707). An assistant is a public client: described by a metadata document at the URL that is its client id, or by a
//! registration (RFC 7591). [`AuthorizationServer::check`] checks a request, the person answers it on the consent page,
//! [`allow`] makes a grant and its code, `TokenIssuer` exchanges codes and refresh tokens, and [`authenticate`] finds the grant of an
//! access token. The database has hashes only.
//!
//! `web::consent` and `web::settings` have the pages, [`crate::authorization_endpoints`] what programs ask, and [`crate::bearer`] authenticates with
//! the tokens. [`crate::oauth`] is the other side: the hub as a client of providers.

mod assistant;
mod authorization_params;
mod authorization_request;
mod client_metadata;
mod credential;
mod grant;
mod grants;
mod metadata_document;
mod redirect_uri;
mod registration;
mod resource;
mod store_assistants;
mod store_codes;
mod store_grants;
mod store_tokens;
mod token_issuer;
mod token_request;

pub use assistant::Assistant;
pub use authorization_params::AuthorizationParams;
pub use authorization_request::{AuthorizationFault, AuthorizationRequest, AuthorizationServer};
pub use client_metadata::MetadataFault;
pub use grant::{AssistantGrant, GrantHolder, MAX_GRANTS};
pub use grants::{allow, authenticate, disconnect, find, list};
pub use redirect_uri::{Destination, RedirectUri};
pub use registration::{MAX_REGISTRATIONS, RegistrationFault, register};
pub use resource::{Resource, issuer};
pub(crate) use token_issuer::TokenIssuer;
pub use token_request::{ACCESS_TOKEN_TTL, GrantRequest, IssuedTokens, TokenFault, TokenRequest};
