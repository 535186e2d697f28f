//! The ways to connect a service, and the form that they share.

use http::StatusCode;
use serde::Deserialize;

use crate::connections::{self, Connection, FormValues, label};
use crate::connectors::{AuthKind, Connector};
use crate::error::FieldFaults;

/// The submitted form, for every method.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConnectionForm {
    pub(super) label: String,
    pub(super) token: String,
    /// Expiry date of the token or key.
    pub(super) ends_on: String,
    /// Id of an OAuth application that the user has made at the provider.
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// `1` if the hub is to register again, because the provider does not know it.
    pub(super) anew: String,
    /// Issuer of a new provider that the user has confirmed.
    pub(super) issuer: String,
    /// Other fields of the service.
    #[serde(flatten)]
    pub(super) fields: FormValues,
}

/// The way in which a user connects a service. `is_first` is false if the user has other accounts there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectMethod {
    /// The user enters a bearer token.
    Token { is_first: bool },
    /// The user enters a key and other fields.
    Key { is_first: bool },
    /// The user signs in at the provider.
    SignIn { is_first: bool },
    /// The service needs no credential.
    Button,
}

impl ConnectMethod {
    /// Returns `None` if nothing can be added, or if users cannot connect the service.
    pub(super) fn find(connector: &Connector, connections: &[Connection]) -> Option<Self> {
        let mut live = connections.iter().filter(|connection| !connection.status.is_disconnected());
        if connections::takes_token(connector) {
            return Some(Self::Token { is_first: live.next().is_none() });
        }
        if connections::takes_key(connector) {
            return Some(Self::Key { is_first: live.next().is_none() });
        }
        if connector.auth == AuthKind::OAuth {
            return Some(Self::SignIn { is_first: live.next().is_none() });
        }
        (connector.auth == AuthKind::None && live.next().is_none()).then_some(Self::Button)
    }

    /// Returns the label of a blank form: empty for further accounts, because labels distinguish them.
    pub(super) const fn blank_label(self) -> &'static str {
        match self {
            Self::Button => label::FIRST,
            Self::Token { is_first } | Self::Key { is_first } | Self::SignIn { is_first } => {
                if is_first {
                    label::FIRST
                } else {
                    ""
                }
            }
        }
    }

    /// Returns the text of the link to the form.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Token { is_first: false } | Self::Key { is_first: false } | Self::SignIn { is_first: false } => {
                "Add another account"
            }
            _ => "Connect",
        }
    }
}

/// The values of a form with their faults, which are empty when the form is first shown.
#[derive(Clone, Copy)]
pub(super) struct FilledForm<'a> {
    pub(super) values: &'a ConnectionForm,
    pub(super) faults: &'a FieldFaults,
}

impl FilledForm<'_> {
    /// Returns the status of the page that shows the form.
    pub(super) fn status(&self) -> StatusCode {
        form_status(self.faults)
    }
}

/// Returns the status of a page that shows a form with these faults.
pub(super) fn form_status(faults: &FieldFaults) -> StatusCode {
    if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
