//! The requirements of a strict provider, as data.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

/// Names and values of parameters or headers.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];

/// The authentication of the client that an endpoint requires.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Proof {
    /// `client_id` and `client_secret` as parameters.
    Post,
    /// This pair by HTTP Basic, and no parameter.
    Basic(&'static str),
    /// `client_id` as the only parameter.
    Public,
    /// The access token as a bearer token, and no parameter.
    Bearer,
}

/// The place and encoding of parameters.
#[derive(Clone, Copy)]
pub(crate) enum Encoding {
    Form,
    Json,
    Query,
    /// There are no parameters.
    Nothing,
}

/// The requirements of an endpoint.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) proof: Proof,
    pub(crate) encoding: Encoding,
    /// The parameters besides the token and the proof.
    pub(crate) parameters: Pairs,
    /// The parameter with a token, and whether that is the access token. Without a name there is none.
    pub(crate) token: (&'static str, bool),
}

/// The requirements of a provider, written by hand: the code of the hub has no part in them.
#[derive(Clone, Copy)]
pub(crate) struct ProviderRules {
    /// Requires PKCE. If false, the provider refuses a challenge and a verifier.
    pub(crate) uses_pkce: bool,
    /// The parameter of the scopes, and its value.
    pub(crate) scope: (&'static str, &'static str),
    /// Parameters of the authorization request that are added or replaced, or removed by the value `-`.
    pub(crate) authorize_parameters: Pairs,
    /// The same for the exchange of the code.
    pub(crate) exchange_parameters: Pairs,
    /// Parameters with another name at this provider.
    pub(crate) names: Pairs,
    /// The headers of each request except the authorization request.
    pub(crate) headers: Pairs,
    pub(crate) authorize_path: &'static str,
    /// The name of the code in the callback, and the further parameters of the callback.
    pub(crate) callback: (&'static str, Pairs),
    /// Requires the state in the exchange of the code.
    pub(crate) requires_state: bool,
    pub(crate) exchange: Endpoint,
    pub(crate) refresh: Endpoint,
    /// Replaces the refresh token at each refresh, and refuses the former one.
    pub(crate) rotates: bool,
    pub(crate) revocation: Endpoint,
    /// Builds the answer with tokens.
    pub(crate) token_answer: fn(&Tokens) -> Answer,
    /// Builds the answer to a revocation.
    pub(crate) revocation_answer: fn() -> Answer,
}

impl Default for ProviderRules {
    fn default() -> Self {
        let token = Endpoint {
            method: "POST",
            path: "/token",
            proof: Proof::Post,
            encoding: Encoding::Form,
            parameters: &[],
            token: ("refresh_token", false),
        };
        Self {
            uses_pkce: true,
            scope: ("scope", "read write"),
            authorize_parameters: &[],
            exchange_parameters: &[],
            names: &[],
            headers: &[("accept", "application/json")],
            authorize_path: "/authorize",
            callback: ("code", &[]),
            requires_state: false,
            exchange: token,
            refresh: Endpoint { parameters: &[("grant_type", "refresh_token")], ..token },
            rotates: false,
            revocation: Endpoint {
                path: "/revoke",
                parameters: &[("token_type_hint", "refresh_token")],
                token: ("token", false),
                ..token
            },
            token_answer: |tokens| Answer::json(tokens.standard_answer()),
            revocation_answer: || Answer::json(json!({})),
        }
    }
}

/// The tokens that the provider issued last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// The number of answers with tokens so far.
    pub(crate) count: u32,
}

impl Tokens {
    pub(super) fn after(before: &Self) -> Self {
        let count = before.count + 1;
        Self { access: format!("acc3ss-{count}"), refresh: format!("r3fresh-{count}"), count }
    }

    /// Returns the answer of RFC 6749.
    pub(crate) fn standard_answer(&self) -> Value {
        json!({
            "access_token": self.access, "refresh_token": self.refresh, "token_type": "Bearer",
            "expires_in": 3600, "scope": "read write",
        })
    }
}

/// An answer: status, content type, body.
pub(crate) struct Answer(pub(crate) u16, pub(crate) &'static str, pub(crate) String);

impl Answer {
    #[expect(clippy::needless_pass_by_value, reason = "a literal is written at each call")]
    pub(crate) fn json(value: Value) -> Self {
        Self(200, "application/json", value.to_string())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.0).unwrap(), [(header::CONTENT_TYPE, self.1)], self.2).into_response()
    }
}
