//! The description of a provider: the OAuth part of a connector's file, or the result of discovery.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::ClientAuth;
use super::host_of;
use super::named_token::NamedToken;
use super::pointers::{SuccessCondition, TokenResponseFormat};

/// A provider. URLs are templates (`https://{subdomain}.example.com/token`); pointers are JSON Pointers into the token
/// response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an optional line of a file")]
pub struct Provider {
    /// The authorization endpoint.
    pub authorize_url: String,
    /// The token endpoint.
    pub token_url: String,
    /// The scopes to request.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// All scopes that the server lists. The hub registers for all of them, and requests those it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// A phrase for each scope that says what it permits and begins with a verb.
    #[serde(default)]
    pub scope_words: BTreeMap<String, String>,
    /// The separator between scopes.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// The name of the scope parameter.
    #[serde(default = "scope")]
    pub scope_param: String,
    /// The PKCE method.
    #[serde(default)]
    pub pkce: PkceMethod,
    /// The client authentication at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// The format of parameters for the token endpoint.
    #[serde(default)]
    pub body: BodyFormat,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, String>,
    /// Further parameters of the code exchange.
    #[serde(default)]
    pub token_params: BTreeMap<String, String>,
    /// Headers of token and revocation requests.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Standard names of parameters, and the provider's names.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// The name of the code in the callback.
    #[serde(default = "code")]
    pub code_param: String,
    /// The hub sends parameters without a value. Otherwise the hub leaves them out, so that an empty one in
    /// `authorize_params`, `token_params` or `refresh.params` removes a standard parameter.
    #[serde(default)]
    pub keep_empty: bool,
    /// The hub sends the state to the token endpoint.
    #[serde(default)]
    pub echo_state: bool,
    /// The refresh request; `None` if tokens cannot be refreshed or do not expire.
    pub refresh: Option<RefreshConfig>,
    /// The format of a token response.
    #[serde(default)]
    pub response: TokenResponseFormat,
    /// Lifetime of an access token in seconds, if the response does not say.
    pub lifetime: Option<u32>,
    /// Seconds before its expiry at which a token is refreshed.
    #[serde(default = "skew")]
    pub skew: u32,
    /// Further tokens of one consent, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tokens: BTreeMap<String, NamedToken>,
    /// Values to capture from the token response: name and pointer.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// Values to capture from the callback: name and query parameter.
    #[serde(default)]
    pub capture_callback: BTreeMap<String, String>,
    /// The revocation request; `None` if only the owner can revoke a grant, at the provider.
    pub revoke: Option<RevocationConfig>,
    /// Days after which an unused refresh token expires. The hub uses it after half of them.
    pub idle_days: Option<u32>,
    /// The issuer (RFC 8414). If set, a callback that names an issuer must name this one.
    pub issuer: Option<String>,
    /// The provider names itself as the issuer in every callback (RFC 9207).
    #[serde(default, rename = "names_itself")]
    pub callback_names_issuer: bool,
    /// The resource indicator (RFC 8707).
    pub resource: Option<String>,
    /// The URL at which a challenge placed the metadata of the resource (RFC 9728). A later discovery begins there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_metadata: Option<String>,
    /// The registration endpoint (RFC 7591).
    pub registration_url: Option<String>,
    /// The provider accepts the URL of a client id metadata document as a client id.
    #[serde(default, rename = "reads_client_documents")]
    pub supports_client_id_metadata: bool,
}

impl Provider {
    /// Returns the issuer, under which clients are stored.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.token_url)
    }

    /// Describes what these scopes permit.
    #[must_use]
    pub fn in_words(&self, scopes: &[String]) -> String {
        let phrases: Vec<_> =
            scopes.iter().map(|scope| self.scope_words.get(scope).unwrap_or(scope).as_str()).collect();
        phrases.join("; ")
    }

    /// Returns the scopes to register for: the requested ones, then the other supported ones.
    #[must_use]
    pub fn all_scopes(&self) -> Vec<String> {
        let others = self.scopes_supported.iter().filter(|scope| !self.scopes.contains(scope));
        self.scopes.iter().chain(others).cloned().collect()
    }

    /// Returns the host that messages name.
    #[must_use]
    pub fn host(&self) -> String {
        host_of(self.issuer.as_deref().unwrap_or(&self.authorize_url))
    }
}

/// The format of parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyFormat {
    /// A form body.
    #[default]
    Form,
    /// A JSON body.
    Json,
    /// The query of the URL.
    Query,
}

/// A PKCE method (RFC 7636).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PkceMethod {
    /// SHA-256.
    #[default]
    S256,
    /// No PKCE, for providers that reject it.
    #[serde(rename = "off")]
    Off,
}

/// The refresh request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefreshConfig {
    /// The URL; `None` for the token endpoint.
    pub url: Option<String>,
    /// POST, or GET with all parameters in the query.
    pub method: String,
    /// The grant type.
    #[serde(rename = "grant")]
    pub grant_type: String,
    /// The token to exchange.
    pub subject: TokenKind,
    /// The hub omits the client secret.
    #[serde(rename = "public")]
    pub omits_client_secret: bool,
    /// Further parameters.
    pub params: BTreeMap<String, String>,
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self {
            url: None,
            method: post(),
            grant_type: "refresh_token".to_owned(),
            subject: TokenKind::Refresh,
            omits_client_secret: false,
            params: BTreeMap::new(),
        }
    }
}

/// The kind of a token in a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// The refresh token.
    #[default]
    Refresh,
    /// The access token.
    Access,
}

/// The revocation request (RFC 7009).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationConfig {
    /// The URL. `{client_id}` has a value here.
    pub url: String,
    /// POST, DELETE, or GET with all parameters in the query.
    #[serde(default = "post")]
    pub method: String,
    /// The authentication of the request.
    #[serde(default)]
    pub auth: RevocationAuth,
    /// The token to revoke.
    #[serde(default)]
    pub token: TokenKind,
    /// The name of the token's parameter. Without a name nothing is sent: the bearer token is the one to revoke.
    #[serde(default = "token")]
    pub param: String,
    /// The format of the parameters.
    #[serde(default)]
    pub body: BodyFormat,
    /// A condition that tells a success from a failure with status 200.
    pub success: Option<SuccessCondition>,
    /// Names of the further tokens to revoke, if the first one stays valid: others may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
}

/// The authentication of a revocation request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationAuth {
    /// Client authentication, as at the token endpoint.
    #[default]
    Client,
    /// The token itself, as a bearer token.
    Bearer,
    /// Client authentication by HTTP Basic, whatever the token endpoint uses.
    Basic,
}

fn space() -> String {
    " ".to_owned()
}

fn scope() -> String {
    "scope".to_owned()
}

fn code() -> String {
    "code".to_owned()
}

fn post() -> String {
    "POST".to_owned()
}

fn token() -> String {
    "token".to_owned()
}

const fn skew() -> u32 {
    300
}
