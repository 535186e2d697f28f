//! The parameters of an authorization request (RFC 6749, section 4.1.1, with PKCE and resource indicators).

use crate::api_tokens::{Scope, Scopes};

/// Number of characters of a challenge of the method S256.
const CHALLENGE_CHARS: usize = 43;

/// Largest number of characters of a state.
const MAX_STATE_CHARS: usize = 2048;

/// The parameters of a request, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationParams {
    /// Client id of the assistant.
    pub client_id: String,
    /// Address of the answer.
    pub redirect_uri: String,
    /// Kind of the answer; must be `code`.
    pub response_type: String,
    /// Text that comes back with the answer.
    pub state: String,
    /// PKCE challenge.
    pub code_challenge: String,
    /// PKCE method; must be `S256`.
    pub code_challenge_method: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Address of the endpoint.
    pub resource: String,
    /// Name of a parameter that was sent more than once.
    repeated: Option<String>,
}

impl AuthorizationParams {
    /// Reads the pairs of a query or a form. Unknown ones are ignored.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut params = Self::default();
        for (name, value) in pairs {
            let Some(member) = params.member(name) else { continue };
            if member.is_empty() {
                value.clone_into(member);
            } else if member != value {
                params.repeated = Some(name.to_owned());
            }
        }
        params
    }

    /// Returns the pairs that were sent, for the fields of a form.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", &self.response_type),
            ("state", &self.state),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
            ("scope", &self.scope),
            ("resource", &self.resource),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str())).collect()
    }

    fn member(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "client_id" => &mut self.client_id,
            "redirect_uri" => &mut self.redirect_uri,
            "response_type" => &mut self.response_type,
            "state" => &mut self.state,
            "code_challenge" => &mut self.code_challenge,
            "code_challenge_method" => &mut self.code_challenge_method,
            "scope" => &mut self.scope,
            "resource" => &mut self.resource,
            _ => return None,
        })
    }

    /// Returns the scopes that the assistant asks for. Those that the hub does not have are ignored, such as `openid`.
    pub(super) fn scopes(&self) -> Scopes {
        let asked: Scopes =
            Scope::ALL.into_iter().filter(|scope| self.scope.split(' ').any(|text| text == scope.as_str())).collect();
        if asked.is_empty() { Scopes::TOOLS } else { asked }
    }

    /// Checks the parameters that need no database. Returns the code and the description of a fault.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let invalid = |description: &str| Err(("invalid_request", description.to_owned()));
        if let Some(name) = &self.repeated {
            return invalid(&format!("The parameter {name} was sent twice"));
        }
        if self.response_type != "code" {
            return Err(("unsupported_response_type", "The parameter response_type must be code".to_owned()));
        }
        if self.code_challenge_method != "S256" {
            return invalid("The parameter code_challenge_method must be S256");
        }
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if self.code_challenge.len() != CHALLENGE_CHARS || !self.code_challenge.bytes().all(is_base64url) {
            return invalid("The parameter code_challenge must be a SHA-256 digest in base64url");
        }
        if self.state.chars().count() > MAX_STATE_CHARS {
            return invalid("The parameter state is too long");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AuthorizationParams;
    use crate::api_tokens::Scopes;

    fn params() -> AuthorizationParams {
        AuthorizationParams::from_pairs([
            ("response_type", "code"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("prompt", "consent"),
        ])
    }

    #[test]
    fn a_request_without_a_proof_key_is_refused() {
        assert_eq!(params().check(), Ok(()));
        let long = "s".repeat(2049);
        for (code, name, value) in [
            ("unsupported_response_type", "response_type", "token"),
            ("invalid_request", "code_challenge_method", "plain"),
            ("invalid_request", "code_challenge_method", ""),
            ("invalid_request", "code_challenge", "short"),
            ("invalid_request", "state", &long),
        ] {
            let mut request = params();
            value.clone_into(request.member(name).unwrap());
            assert_eq!(request.check().map_err(|(code, _)| code), Err(code), "{name}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_a_fault_unless_it_says_the_same() {
        let twice = |second| AuthorizationParams::from_pairs([("resource", "https://a.example"), ("resource", second)]);
        assert_eq!(twice("https://a.example").repeated, None);
        assert_eq!(twice("https://b.example").repeated.as_deref(), Some("resource"));
    }

    #[test]
    fn the_fields_of_the_form_are_the_request_again() {
        let params = params();
        assert_eq!(AuthorizationParams::from_pairs(params.to_pairs()), params);
    }

    #[test]
    fn unknown_scopes_are_ignored() {
        let scopes = |scope: &str| AuthorizationParams::from_pairs([("scope", scope)]).scopes();
        assert_eq!(scopes("openid tools:read audit:read offline_access").to_texts(), ["tools:read", "audit:read"]);
        assert_eq!((scopes(""), scopes("openid")), (Scopes::TOOLS, Scopes::TOOLS));
    }
}
