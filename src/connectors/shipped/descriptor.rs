//! The description of a REST service in its file: the address of its API, the fields of its form, how the hub
//! authenticates, and a harmless call that verifies a credential.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::after_token::AfterToken;
use super::client_credentials::ClientCredentials;
use super::field::Field;
use super::tool::{ShippedTool, ToolTable};
use crate::oauth::{Provider, SuccessCondition};
use crate::rest::ApiRules;

/// The description of a REST service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Base URL of its API: a template.
    pub base_url: String,
    /// The provider's page about creating an OAuth application or a key.
    pub docs: String,
    /// Fields of the form, besides the sign-in, in their order.
    pub fields: Vec<Field>,
    /// Fields that an administrator fills in with the OAuth application, in their order.
    pub application_fields: Vec<Field>,
    /// OAuth description, if users sign in there.
    pub oauth: Option<Provider>,
    /// Presentation of a key, if the service accepts keys.
    pub key: Option<Key>,
    /// Grant whose access token is the key, if users enter the id and the secret of an application.
    pub client_credentials: Option<ClientCredentials>,
    /// Settings of all API calls.
    pub api: ApiRules,
    /// Requests after a sign-in, in their order.
    pub after_token: Vec<AfterToken>,
    /// Call that returns the account.
    pub account: Option<Account>,
    /// Call that verifies a credential.
    pub check: Check,
    /// Tools, in their order.
    pub tools: Vec<ShippedTool>,
}

impl Descriptor {
    /// Iterates over the names of the values that a sign-in brings.
    pub fn captured_names(&self) -> impl Iterator<Item = &str> {
        let captured = self.oauth.iter().flat_map(|oauth| oauth.capture.keys().chain(oauth.capture_callback.keys()));
        let chosen = self.after_token.iter().flat_map(|request| request.keep.keys());
        captured.chain(chosen).map(String::as_str)
    }
}

/// The presentation of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "style", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Key {
    /// `Authorization: Bearer …`.
    Bearer {
        /// Field with the key.
        field: String,
    },
    /// A header.
    Header {
        /// Name of the header.
        name: String,
        /// Text before the key.
        #[serde(default)]
        prefix: String,
        /// Field with the key.
        field: String,
    },
    /// A query parameter.
    Query {
        /// Name of the parameter.
        name: String,
        /// Field with the key.
        field: String,
    },
    /// The first segment of the path.
    Path {
        /// Text before the key.
        #[serde(default)]
        prefix: String,
        /// Field with the key.
        field: String,
    },
    /// HTTP Basic.
    Basic {
        /// User: a template of field names.
        user: String,
        /// Password: a template of field names.
        password: String,
    },
}

/// The call that returns the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// URL: a template.
    pub url: String,
    /// GET or POST.
    #[serde(default = "get")]
    pub method: String,
    /// Request body.
    pub body: Option<String>,
    /// JSON Pointer to the stable id in the response.
    pub id: String,
    /// JSON Pointer to the label in the response.
    pub label: String,
    /// Name of a further token of the sign-in, which the call presents instead of the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A call that changes nothing and succeeds only with a valid credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// URL: a template.
    pub url: String,
    /// GET or POST.
    #[serde(default = "get")]
    pub method: String,
    /// Request body.
    pub body: Option<String>,
    /// Condition of success, if the service answers a wrong credential with status 200.
    pub success: Option<SuccessCondition>,
}

fn get() -> String {
    "GET".to_owned()
}

/// The parsed tables of a file, with their positions.
pub(super) struct Tables {
    pub(super) base_url: Spanned<String>,
    pub(super) docs: Spanned<String>,
    pub(super) fields: Vec<Spanned<Field>>,
    pub(super) application_fields: Vec<Spanned<Field>>,
    pub(super) oauth: Option<Spanned<Provider>>,
    pub(super) key: Option<Spanned<Key>>,
    pub(super) client_credentials: Option<Spanned<ClientCredentials>>,
    pub(super) api: Option<ApiRules>,
    pub(super) after_token: Vec<Spanned<AfterToken>>,
    pub(super) account: Option<Spanned<Account>>,
    pub(super) check: Spanned<Check>,
    pub(super) tools: Vec<Spanned<ToolTable>>,
}
