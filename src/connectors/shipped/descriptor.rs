//! What a file says of a REST service: where its API answers, what is asked of a person, how the hub proves itself, and
//! the harmless call that shows whether it can.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::oauth::{Provider, SuccessCondition};

/// The tables of a file that describes a REST service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Where its API answers: a template.
    pub base_url: String,
    /// The provider's page about making an OAuth application, or a key.
    pub docs: String,
    /// What a person is asked for besides the sign-in, in the order of the form.
    pub fields: Vec<Field>,
    /// How it does OAuth, if one signs in there.
    pub oauth: Option<Provider>,
    /// How a key is presented, if it takes one.
    pub key: Option<Key>,
    /// What every call of its API has.
    pub api: Api,
    /// How to learn whose account it is.
    pub account: Option<Account>,
    /// Proves a credential.
    pub check: Check,
}

/// Something that a person is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What templates call it.
    pub name: String,
    /// What the form calls it.
    pub label: String,
    /// A sentence about it.
    pub hint: Option<String>,
    /// One that could be meant.
    pub example: Option<String>,
    /// What fits.
    pub kind: FieldKind,
    /// Of a host: the domains it may be in.
    #[serde(default)]
    pub under: Vec<String>,
    /// True if it may be left empty.
    #[serde(default)]
    pub optional: bool,
}

/// What fits into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// A line.
    Text,
    /// An address of a person.
    Email,
    /// One part of a host's name.
    DomainLabel,
    /// A host's name.
    Domain,
    /// A line that is sealed, and never shown again.
    Secret,
}

/// How a key is presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "style", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Key {
    /// `Authorization: Bearer …`.
    Bearer {
        /// The field that holds it.
        field: String,
    },
    /// In a header of its own.
    Header {
        /// The header.
        name: String,
        /// What stands before the key.
        #[serde(default)]
        prefix: String,
        /// The field that holds it.
        field: String,
    },
    /// In the address.
    Query {
        /// The parameter.
        name: String,
        /// The field that holds it.
        field: String,
    },
    /// By HTTP Basic.
    Basic {
        /// A template of field names.
        user: String,
        /// The same.
        password: String,
    },
}

/// What every call of an API has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Headers, such as that of a version.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// How to learn whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Where: a template.
    pub url: String,
    /// GET or POST.
    #[serde(default = "get")]
    pub method: String,
    /// What is sent.
    pub body: Option<String>,
    /// Where in the answer what never changes is.
    pub id: String,
    /// Where in the answer what people recognise is.
    pub label: String,
}

/// A call that changes nothing and succeeds only with a good credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Where: a template.
    pub url: String,
    /// GET or POST.
    #[serde(default = "get")]
    pub method: String,
    /// What is sent.
    pub body: Option<String>,
    /// What tells a success where a wrong credential is answered with 200.
    pub success: Option<SuccessCondition>,
}

fn get() -> String {
    "GET".to_owned()
}

/// The tables as they are written.
pub(super) struct Tables {
    pub(super) base_url: Spanned<String>,
    pub(super) docs: Spanned<String>,
    pub(super) fields: Vec<Spanned<Field>>,
    pub(super) oauth: Option<Spanned<Provider>>,
    pub(super) key: Option<Spanned<Key>>,
    pub(super) api: Option<Api>,
    pub(super) account: Option<Spanned<Account>>,
    pub(super) check: Spanned<Check>,
}
