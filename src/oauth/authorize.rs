//! The authorization request and its callback (RFC 6749, section 4.1; RFC 7636; RFC 9207).

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use sha2::{Digest, Sha256};
use url::Url;

use super::failure::from_error_code;
use super::http_adapter::StandardClient;
use super::parameters;
use super::provider::{PkceMethod, Provider};
use super::template::{self, TemplateValues};
use crate::egress::Failure;
use crate::foreign_text::clean_name;
use crate::secret::Secret;

/// The advice for a callback that cannot be used.
const RESTART: &str = "Start again from the connector’s page";

/// The `state` parameter: a random word that ties a callback to its authorization request.
#[derive(Clone, Debug)]
pub struct State(Secret);

impl State {
    /// Encodes 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// Wraps the value of a callback, which may belong to no request.
    #[must_use]
    pub fn from_callback(text: &str) -> Self {
        Self(Secret::new(text))
    }

    /// Returns the hash that the database stores.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose()).to_vec()
    }

    /// Returns the value, for URLs.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A PKCE code verifier (RFC 7636).
#[derive(Clone, Debug)]
pub struct Pkce(Secret);

impl Pkce {
    /// Encodes 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// Wraps a stored verifier.
    #[must_use]
    pub const fn from_verifier(verifier: Secret) -> Self {
        Self(verifier)
    }

    /// Returns the verifier, for the vault and the token endpoint.
    #[must_use]
    pub const fn verifier(&self) -> &Secret {
        &self.0
    }

    /// Returns the verifier as the crate's type.
    pub(super) fn to_code_verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.0.expose().to_owned())
    }
}

/// The parameters of one authorization request.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationParams<'a> {
    /// The hub's client id.
    pub client_id: &'a str,
    /// The callback URL.
    pub redirect: &'a Url,
    /// The requested scopes.
    pub scopes: &'a [String],
    /// The state, which the callback repeats.
    pub state: &'a State,
    /// The verifier that binds the code.
    pub pkce: &'a Pkce,
}

/// Builds the URL at which a person consents.
pub fn authorization_url(
    provider: &Provider,
    values: &TemplateValues,
    params: AuthorizationParams<'_>,
) -> Result<Url, Failure> {
    let mut url = template::url(&provider.authorize_url, values)?;
    let mut endpoint = url.clone();
    endpoint.set_query(None);
    let standard =
        StandardClient::new(ClientId::new(params.client_id.to_owned())).set_auth_uri(AuthUrl::from_url(endpoint));
    let mut request = standard
        .authorize_url(|| CsrfToken::new(params.state.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(params.redirect.clone())));
    if !params.scopes.is_empty() {
        request = request.add_scope(Scope::new(params.scopes.join(&provider.scope_separator)));
    }
    if provider.pkce == PkceMethod::S256 {
        request =
            request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&params.pkce.to_code_verifier()));
    }
    if let Some(resource) = &provider.resource {
        request = request.add_extra_param("resource", resource);
    }
    let (standard, _) = request.url();
    // from here on, as the provider description says
    let mut parameters = standard.query_pairs().into_owned().collect();
    parameters::rename(&mut parameters, "scope", &provider.scope_param);
    parameters::override_with(&mut parameters, &provider.authorize_params);
    let further = provider.tokens.values();
    parameters.extend(further.map(|it| (it.scope_param.clone(), it.scopes.join(&provider.scope_separator))));
    url.query_pairs_mut().extend_pairs(parameters::to_wire(provider, parameters));
    Ok(url)
}

/// The parameters of a successful callback.
#[derive(Clone, Debug)]
pub struct CallbackParams {
    /// The authorization code.
    pub code: Secret,
    /// Values that the provider description captures from the callback.
    pub captured: TemplateValues,
}

impl CallbackParams {
    /// Reads the query of a callback that belongs to a sign-in at this provider.
    ///
    /// # Errors
    /// [`FailureKind::InvalidGrant`](super::FailureKind::InvalidGrant) if the person or the provider declined. Text of a
    /// callback that names another issuer is not quoted: it is not the provider's.
    pub fn read(provider: &Provider, query: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let host = provider.host();
        let invalid = |class, message: String| Failure::permanent(class, message).with_advice(RESTART);
        match (&provider.issuer, query.get("iss")) {
            (Some(issuer), Some(iss)) if issuer != iss => {
                let message = format!("The callback names another issuer than {host}, so the hub ignored it");
                return Err(invalid("issuer_mismatch", message));
            }
            (_, None) if provider.callback_names_issuer => {
                let message = format!("The callback does not name its issuer, although {host} always does");
                return Err(invalid("callback", message));
            }
            _ => {}
        }
        if let Some(code) = query.get("error") {
            let description = query.get("error_description").filter(|text| !text.trim().is_empty());
            return Err(from_error_code(&host, code, description.unwrap_or(code)));
        }
        let code = query.get(&provider.code_param).filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| invalid("callback", format!("{host} sent you back without a code")))?;
        let names = provider.capture_callback.iter();
        let captured =
            names.filter_map(|(name, parameter)| Some((name.clone(), clean_name(query.get(parameter)?).into_owned())));
        let captured = captured.collect();
        Ok(Self { code: Secret::new(code), captured })
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthorizationParams, CallbackParams, Pkce, Provider, State, TemplateValues, authorization_url};
    use crate::egress::FailureKind;
    use std::collections::BTreeMap;
    use url::Url;

    fn provider(toml: &str) -> Provider {
        let text = format!(
            "authorize_url = 'https://as.example/authorize?tenant=1'\ntoken_url = 'https://as.example/token'\n{toml}"
        );
        toml::from_str(&text).unwrap()
    }

    fn query_of(provider: &Provider) -> BTreeMap<String, String> {
        let (state, pkce) = (State::new([1; 32]), Pkce::new([2; 32]));
        let redirect = Url::parse("https://hub.example/oauth/callback").unwrap();
        let params = AuthorizationParams {
            client_id: "hub",
            redirect: &redirect,
            scopes: &["read".to_owned(), "write".to_owned()],
            state: &state,
            pkce: &pkce,
        };
        let url = authorization_url(provider, &TemplateValues::new(), params).unwrap();
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    #[test]
    fn a_standard_provider_gets_the_standard_parameters() {
        let query = query_of(&provider("resource = 'https://api.example'"));
        assert_eq!(query["tenant"], "1", "the URL keeps its query");
        assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", "hub"));
        assert_eq!((query["scope"].as_str(), query["code_challenge_method"].as_str()), ("read write", "S256"));
        assert_eq!(query["code_challenge"].len(), 43);
        assert_eq!((query["resource"].as_str(), query["state"].len()), ("https://api.example", 43));
    }

    #[test]
    fn the_description_overrides_the_standard_parameters() {
        let query = query_of(&provider(
            "pkce = 'off'\nscope_separator = ','\nscope_param = 'user_scope'\nrename = { client_id = 'client_key' }\n\
             authorize_params = { access_type = 'offline', response_type = 'grant' }",
        ));
        assert!(!query.contains_key("code_challenge") && !query.contains_key("client_id"));
        assert_eq!((query["client_key"].as_str(), query["user_scope"].as_str()), ("hub", "read,write"));
        assert_eq!((query["access_type"].as_str(), query["response_type"].as_str()), ("offline", "grant"));
    }

    fn callback(toml: &str, query: &[(&str, &str)]) -> Result<CallbackParams, super::Failure> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        CallbackParams::read(&provider(toml), &query)
    }

    #[test]
    fn a_callback_of_another_issuer_is_ignored_and_not_quoted() {
        let issuer = "issuer = 'https://as.example'";
        let other = [("iss", "https://evil.example"), ("error", "access_denied"), ("error_description", "CALL 555")];
        let failure = callback(issuer, &other).unwrap_err();
        assert_eq!(failure.class, "issuer_mismatch");
        assert!(!failure.message.text.contains("555") && !failure.message.text.contains("evil"), "{}", failure.message);
        assert!(callback(issuer, &[("iss", "https://as.example"), ("code", "c")]).is_ok());
        assert!(callback(issuer, &[("code", "c")]).is_ok(), "not every server sends iss");
        let promised = format!("{issuer}\nnames_itself = true");
        assert_eq!(callback(&promised, &[("code", "c")]).unwrap_err().class, "callback");
    }

    #[test]
    fn a_denial_is_explained_and_a_code_is_required() {
        let denied = callback("", &[("error", "access_denied"), ("error_description", "You said no")]).unwrap_err();
        assert_eq!(denied.kind, FailureKind::InvalidGrant);
        assert_eq!(denied.message.text, "as.example says that access was denied (You said no)");
        assert_eq!(callback("", &[("code", "")]).unwrap_err().message.text, "as.example sent you back without a code");
        let captured = callback(
            "code_param = 'auth_code'\ncapture_callback = { realm = 'realmId' }",
            &[("auth_code", "c"), ("realmId", "7")],
        );
        assert_eq!(captured.unwrap().captured["realm"], "7");
    }
}
