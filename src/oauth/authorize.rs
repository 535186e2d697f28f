//! The way to the provider and back: the address a person is sent to, and what they bring home.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::failure::{Failure, FailureKind};
use super::provider::{PkceMethod, Provider};
use super::template::{self, TemplateValues};
use crate::secret::Secret;

/// A random word that the provider gives back unseen: whoever brings it was sent by us.
#[derive(Clone, Debug)]
pub struct State(Secret);

impl State {
    /// From 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// As a callback brings it: any text, which may be nobody's.
    #[must_use]
    pub fn from_callback(text: &str) -> Self {
        Self(Secret::new(text))
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose()).to_vec()
    }

    /// For the addresses it travels in.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A verifier, which the code is bound to (RFC 7636).
#[derive(Clone, Debug)]
pub struct Pkce(Secret);

impl Pkce {
    /// From 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// One that was stored.
    #[must_use]
    pub const fn from_verifier(verifier: Secret) -> Self {
        Self(verifier)
    }

    /// The verifier itself: for the vault, and for the token endpoint.
    #[must_use]
    pub const fn verifier(&self) -> &Secret {
        &self.0
    }

    fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }
}

/// A sign-in that begins.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationParams<'a> {
    /// Who the hub is to the provider.
    pub client_id: &'a str,
    /// Where the provider sends people back to.
    pub redirect: &'a Url,
    /// What is asked for.
    pub scopes: &'a [String],
    /// Comes back with them.
    pub state: &'a State,
    /// Binds the code.
    pub pkce: &'a Pkce,
}

/// The address at which a person consents.
pub fn authorization_url(
    provider: &Provider,
    values: &TemplateValues,
    asked: AuthorizationParams<'_>,
) -> Result<Url, Failure> {
    let mut url = template::url(&provider.authorize_url, values)?;
    let mut parameters = vec![
        ("response_type", "code".to_owned()),
        ("client_id", asked.client_id.to_owned()),
        ("redirect_uri", asked.redirect.to_string()),
        ("state", asked.state.expose().to_owned()),
    ];
    if !asked.scopes.is_empty() {
        parameters.push((&provider.scope_param, asked.scopes.join(&provider.scope_separator)));
    }
    if provider.pkce == PkceMethod::S256 {
        parameters.push(("code_challenge", asked.pkce.challenge()));
        parameters.push(("code_challenge_method", "S256".to_owned()));
    }
    if let Some(resource) = &provider.resource {
        parameters.push(("resource", resource.clone()));
    }
    for (name, value) in &provider.authorize_params {
        // what a provider's file says goes before what is usual
        parameters.retain(|(usual, _)| usual != name);
        parameters.push((name, value.clone()));
    }
    let mut query = url.query_pairs_mut();
    for (name, value) in parameters.into_iter().filter(|(_, value)| provider.keep_empty || !value.is_empty()) {
        query.append_pair(renamed(provider, name), &value);
    }
    drop(query);
    Ok(url)
}

/// What the provider calls a parameter.
pub(super) fn renamed<'a>(provider: &'a Provider, name: &'a str) -> &'a str {
    provider.rename.get(name).map_or(name, String::as_str)
}

/// What a person brought home.
#[derive(Clone, Debug)]
pub struct CallbackParams {
    /// To be exchanged.
    pub code: Secret,
    /// What the provider's file says to keep.
    pub captured: TemplateValues,
}

impl CallbackParams {
    /// Reads the parameters of a callback that belongs to a sign-in at this provider.
    ///
    /// # Errors
    /// Of [`FailureKind::InvalidGrant`] if the person or the provider said no. The words of a callback that names another issuer are
    /// not repeated: they are not the provider's.
    pub fn read(provider: &Provider, query: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let host = provider.host();
        let wrong = |message: String| Failure::new(FailureKind::Permanent, "callback", message);
        match (&provider.issuer, query.get("iss")) {
            (Some(issuer), Some(said)) if issuer != said => {
                return Err(Failure::new(
                    FailureKind::Permanent,
                    "issuer_mismatch",
                    format!("The answer came from somebody else than {host}, so nothing was taken from it"),
                ));
            }
            (_, None) if provider.names_itself => {
                return Err(wrong(format!("The answer does not say that it is from {host}, which promises to say so")));
            }
            _ => {}
        }
        if let Some(code) = query.get("error") {
            let words = query.get("error_description").filter(|words| !words.trim().is_empty());
            return Err(Failure::named(&host, code, words.unwrap_or(code)));
        }
        let code = query.get(&provider.code_param).filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| wrong(format!("{host} sent you back without a code")))?;
        let kept = provider.capture_callback.iter();
        let captured =
            kept.filter_map(|(name, parameter)| Some((name.clone(), query.get(parameter)?.clone()))).collect();
        Ok(Self { code: Secret::new(code), captured })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AuthorizationParams, CallbackParams, FailureKind, Pkce, Provider, State, TemplateValues, authorization_url,
    };
    use std::collections::BTreeMap;
    use url::Url;

    fn provider(toml: &str) -> Provider {
        let text = format!(
            "authorize_url = 'https://as.example/authorize?tenant=1'\ntoken_url = 'https://as.example/token'\n{toml}"
        );
        toml::from_str(&text).unwrap()
    }

    fn asked_of(provider: &Provider) -> BTreeMap<String, String> {
        let (state, pkce) = (State::new([1; 32]), Pkce::new([2; 32]));
        let redirect = Url::parse("https://hub.example/oauth/callback").unwrap();
        let asked = AuthorizationParams {
            client_id: "hub",
            redirect: &redirect,
            scopes: &["read".to_owned(), "write".to_owned()],
            state: &state,
            pkce: &pkce,
        };
        let url = authorization_url(provider, &TemplateValues::new(), asked).unwrap();
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    #[test]
    fn a_plain_provider_is_asked_as_the_standards_say() {
        let asked = asked_of(&provider("resource = 'https://api.example'"));
        assert_eq!(asked["tenant"], "1", "what stood in the address stays");
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "hub"));
        assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("read write", "S256"));
        assert_eq!(asked["code_challenge"].len(), 43);
        assert_eq!((asked["resource"].as_str(), asked["state"].len()), ("https://api.example", 43));
    }

    #[test]
    fn a_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B
        let pkce = Pkce::from_verifier(crate::secret::Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_differs_is_said_by_the_description() {
        let asked = asked_of(&provider(
            "pkce = 'off'\nscope_separator = ','\nscope_param = 'user_scope'\nrename = { client_id = 'client_key' }\n\
             authorize_params = { access_type = 'offline', response_type = 'grant' }",
        ));
        assert!(!asked.contains_key("code_challenge") && !asked.contains_key("client_id"));
        assert_eq!((asked["client_key"].as_str(), asked["user_scope"].as_str()), ("hub", "read,write"));
        assert_eq!((asked["access_type"].as_str(), asked["response_type"].as_str()), ("offline", "grant"));
    }

    fn returned(toml: &str, query: &[(&str, &str)]) -> Result<CallbackParams, super::Failure> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        CallbackParams::read(&provider(toml), &query)
    }

    #[test]
    fn a_callback_of_another_issuer_is_not_believed_nor_repeated() {
        let issuer = "issuer = 'https://as.example'";
        let other = [("iss", "https://evil.example"), ("error", "access_denied"), ("error_description", "CALL 555")];
        let failure = returned(issuer, &other).unwrap_err();
        assert_eq!(failure.class, "issuer_mismatch");
        assert!(!failure.message.contains("555") && !failure.message.contains("evil"), "{}", failure.message);
        assert!(returned(issuer, &[("iss", "https://as.example"), ("code", "c")]).is_ok());
        assert!(returned(issuer, &[("code", "c")]).is_ok(), "not every server names itself");
        let promised = format!("{issuer}\nnames_itself = true");
        assert_eq!(returned(&promised, &[("code", "c")]).unwrap_err().class, "callback");
    }

    #[test]
    fn a_denial_is_told_in_words_and_a_code_is_needed() {
        let denied = returned("", &[("error", "access_denied"), ("error_description", "You said no")]).unwrap_err();
        assert_eq!(denied.kind, FailureKind::InvalidGrant);
        assert_eq!(denied.message, "as.example says that access was denied (You said no)");
        assert_eq!(returned("", &[("code", "")]).unwrap_err().message, "as.example sent you back without a code");
        let kept = returned(
            "code_param = 'auth_code'\ncapture_callback = { realm = 'realmId' }",
            &[("auth_code", "c"), ("realmId", "7")],
        );
        assert_eq!(kept.unwrap().captured["realm"], "7");
    }
}
