//! The hub as an OAuth client: its id and secret at a provider, and the methods of client authentication.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The hub's registration at a provider.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret, private key or certificate; `None` for a public client.
    pub secret: Option<Secret>,
}

/// A method of client authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// Id and secret as parameters.
    #[default]
    Post,
    /// HTTP Basic, both parts encoded as RFC 6749 says.
    Basic,
    /// HTTP Basic, neither part encoded.
    BasicRaw,
    /// HTTP Basic, with the secret as the user name.
    BasicSecretAsUser,
    /// A client assertion (RFC 7523), under the registered name of the method. The secret is the private key: PKCS #8 in
    /// PEM, of RSA, P-256 or Ed25519. The audience is `issuer`, otherwise the endpoint.
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
    /// Mutual TLS (RFC 8705), under the registered name of the method. The secret is the certificate, its chain and its
    /// private key, all in PEM.
    #[serde(rename = "tls_client_auth")]
    Tls,
    /// A public client: the id alone.
    None,
}

impl ClientAuth {
    const ALL: [Self; 7] =
        [Self::Post, Self::Basic, Self::BasicRaw, Self::BasicSecretAsUser, Self::PrivateKeyJwt, Self::Tls, Self::None];

    /// Returns the word for it in files and in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
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

    /// The registered names of methods (RFC 7591), in the order in which the hub prefers them: first those that need no person.
    const METHODS: [(&str, Self); 6] = [
        ("none", Self::None),
        ("client_secret_post", Self::Post),
        ("client_secret_basic", Self::Basic),
        ("private_key_jwt", Self::PrivateKeyJwt),
        ("tls_client_auth", Self::Tls),
        // the client does the same, whether or not an authority has signed its certificate
        ("self_signed_tls_client_auth", Self::Tls),
    ];

    /// Chooses the preferred method of a server. One that names none accepts `client_secret_basic` (RFC 8414).
    pub(super) fn choose(names: &[String]) -> Self {
        let supported = Self::METHODS.iter().find(|(method, _)| names.iter().any(|name| name == method));
        supported.map_or(Self::Basic, |(_, auth)| *auth)
    }

    /// Returns the method with this registered name.
    pub(super) fn from_method_name(name: &str) -> Option<Self> {
        Self::METHODS.iter().find(|(method, _)| *method == name).map(|(_, auth)| *auth)
    }

    /// Returns the registered name of the method; the variants of HTTP Basic share theirs.
    pub(super) fn method_name(self) -> &'static str {
        Self::METHODS.iter().find(|(_, auth)| *auth == self).map_or("client_secret_basic", |(method, _)| method)
    }

    /// Says whether the secret is a private key: it is never sent, and only a person can enter it.
    #[must_use]
    pub const fn has_key(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::Tls)
    }
}

impl FromStr for ClientAuth {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|auth| auth.stored_text() == word).ok_or(())
    }
}
