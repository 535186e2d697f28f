//! How one provider does OAuth: the part of a connector's file that says so.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::pointers::{ResponsePointers, SuccessCondition};

/// A provider. Addresses are templates (`https://{subdomain}.example.com/token`); pointers are JSON Pointers into the
/// token endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of a file that is there or not")]
pub struct Provider {
    /// Where a person consents.
    pub authorize_url: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: String,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What there is to ask for, as far as it says: a client registers itself for all of that, and asks for what it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// What each scope lets the hub do, in words that begin with a verb.
    #[serde(default)]
    pub scope_words: BTreeMap<String, String>,
    /// What stands between two scopes.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// What the provider calls the parameter.
    #[serde(default = "scope")]
    pub scope_param: String,
    /// Whether the code is bound to a verifier.
    #[serde(default)]
    pub pkce: PkceMethod,
    /// How the hub proves itself at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// How parameters are written for the token endpoint.
    #[serde(default)]
    pub body: BodyFormat,
    /// Sent to the authorization endpoint besides the usual.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, String>,
    /// Sent with a code besides the usual.
    #[serde(default)]
    pub token_params: BTreeMap<String, String>,
    /// Headers of requests to the token endpoint, and of the one that ends a grant.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Our names of parameters, and theirs.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// The name of the code in the callback.
    #[serde(default = "code")]
    pub code_param: String,
    /// True if parameters without a value are sent; else they are left out, so that an empty one in `authorize_params`,
    /// `token_params` or `refresh.params` takes out what is usual.
    #[serde(default)]
    pub keep_empty: bool,
    /// True if the token endpoint wants the state too.
    #[serde(default)]
    pub echo_state: bool,
    /// How a token is renewed; none if it cannot be, or does not end.
    pub refresh: Option<RefreshConfig>,
    /// Where in an answer things are.
    #[serde(default)]
    pub response: ResponsePointers,
    /// Seconds that an access token is good for when the answer does not say.
    pub lifetime: Option<u32>,
    /// Seconds before its end at which a token is renewed.
    #[serde(default = "skew")]
    pub skew: u32,
    /// Values to keep from the token answer: name and pointer.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// Values to keep from the callback: name and query parameter.
    #[serde(default)]
    pub capture_callback: BTreeMap<String, String>,
    /// How a grant is ended; none if only its owner can, at the provider.
    pub revoke: Option<RevocationConfig>,
    /// A refresh token that is not used for so many days dies: one is used when half of them are over.
    pub idle_days: Option<u32>,
    /// Who answers, as its metadata say: then a callback must name it.
    pub issuer: Option<String>,
    /// True if the provider promises to name itself in every callback (RFC 9207).
    #[serde(default)]
    pub names_itself: bool,
    /// What the token is for (RFC 8707).
    pub resource: Option<String>,
    /// Where clients register themselves, if they may.
    pub registration_url: Option<String>,
    /// True if a client may be named by the address of a document that describes it.
    #[serde(default)]
    pub reads_client_documents: bool,
}

impl Provider {
    /// Who answers: what clients are kept under.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.token_url)
    }

    /// What these scopes let the hub do.
    #[must_use]
    pub fn in_words(&self, scopes: &[String]) -> String {
        let words: Vec<_> = scopes.iter().map(|scope| self.scope_words.get(scope).unwrap_or(scope).as_str()).collect();
        words.join("; ")
    }

    /// What a client may ever want: what is asked for, and what there is besides.
    #[must_use]
    pub fn all_scopes(&self) -> Vec<String> {
        let besides = self.scopes_supported.iter().filter(|scope| !self.scopes.contains(scope));
        self.scopes.iter().chain(besides).cloned().collect()
    }

    /// The host that sentences name.
    #[must_use]
    pub fn host(&self) -> String {
        let address = self.issuer.as_deref().unwrap_or(&self.authorize_url);
        let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| "the provider".to_owned())
    }
}

/// How the hub proves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// Id and secret among the parameters.
    #[default]
    Post,
    /// By HTTP Basic, both parts encoded as RFC 6749 says.
    Basic,
    /// By HTTP Basic, both parts as they are.
    BasicRaw,
    /// By HTTP Basic, with the secret where the user stands.
    BasicSecretAsUser,
    /// By a statement that is signed with the client's key (RFC 7523), under the name that is registered for this. The
    /// secret is that key: PKCS #8 in PEM, of RSA, of P-256 or of Ed25519. It is addressed to `issuer`, else to the endpoint.
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
    /// By a certificate that the connection itself shows (RFC 8705), under the name that is registered for this. The secret
    /// is that certificate, with those that lead to its authority, and its private key, all in PEM.
    #[serde(rename = "tls_client_auth")]
    Tls,
    /// Not at all: the id alone.
    None,
}

impl ClientAuth {
    const ALL: [Self; 7] =
        [Self::Post, Self::Basic, Self::BasicRaw, Self::BasicSecretAsUser, Self::PrivateKeyJwt, Self::Tls, Self::None];

    /// The word in files, and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Basic => "basic",
            Self::BasicRaw => "basic-raw",
            Self::BasicSecretAsUser => "basic-secret-as-user",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Tls => "tls_client_auth",
            Self::None => "none",
        }
    }

    /// True of a client whose secret is a private key: it is never sent, and nobody but a person can bring it.
    #[must_use]
    pub const fn has_key(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::Tls)
    }
}

impl FromStr for ClientAuth {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|it| it.as_str() == word).ok_or(())
    }
}

/// How parameters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyFormat {
    /// As a form.
    #[default]
    Form,
    /// As a JSON object.
    Json,
    /// In the address.
    Query,
}

/// Whether a code is bound to a verifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PkceMethod {
    /// By its SHA-256.
    #[default]
    S256,
    /// Not at all, where a provider refuses it.
    #[serde(rename = "off")]
    Off,
}

/// How a token is renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshConfig {
    /// Where; none: at the token endpoint.
    pub url: Option<String>,
    /// POST, or GET with all parameters in the address.
    #[serde(default = "post")]
    pub method: String,
    /// The grant type.
    #[serde(default = "refresh_token")]
    pub grant: String,
    /// Which token is exchanged.
    #[serde(default)]
    pub subject: TokenKind,
    /// True if the secret is left out.
    #[serde(default)]
    pub public: bool,
    /// Sent besides the usual.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self {
            url: None,
            method: post(),
            grant: refresh_token(),
            subject: TokenKind::Refresh,
            public: false,
            params: BTreeMap::new(),
        }
    }
}

/// One of the two tokens of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// The one that renews.
    #[default]
    Refresh,
    /// The one that calls present.
    Access,
}

/// How a grant is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationConfig {
    /// Where. `{client_id}` is known here.
    pub url: String,
    /// POST, DELETE, or GET with all parameters in the address.
    #[serde(default = "post")]
    pub method: String,
    /// Who asks.
    #[serde(default)]
    pub auth: RevocationAuth,
    /// Which token is ended.
    #[serde(default)]
    pub token: TokenKind,
    /// The name of its parameter.
    #[serde(default = "token")]
    pub param: String,
    /// How it is written.
    #[serde(default)]
    pub body: BodyFormat,
    /// What tells that it worked from a failure that is answered with 200.
    pub success: Option<SuccessCondition>,
}

/// Who asks for a grant to be ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationAuth {
    /// The hub, as at the token endpoint.
    #[default]
    Client,
    /// Whoever holds the token: it is presented as a bearer.
    Bearer,
    /// The hub, by HTTP Basic, whatever it does at the token endpoint.
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

fn refresh_token() -> String {
    "refresh_token".to_owned()
}

fn token() -> String {
    "token".to_owned()
}

const fn skew() -> u32 {
    300
}
