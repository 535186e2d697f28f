//! The token endpoint: a code or a refresh token against a grant.

use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use super::authorize::{CallbackParams, Pkce, State};
use super::failure::Failure;
use super::proof::{Parameters, Proof, as_theirs, prove};
use super::provider::{BodyFormat, PkceMethod, Provider, RefreshConfig, TokenKind};
use super::template::{self, TemplateValues};
use super::unsaid::Unsaid;
use super::{Client, answer, bounded, host};
use crate::clock::Timestamp;
use crate::egress::{Egress, Request};
use crate::secret::Secret;

/// What a provider gave.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What calls present.
    pub access: Secret,
    /// What renews it; none: the former one, if there was one, is still good.
    pub refresh: Option<Secret>,
    /// When `access` ends, if that is known.
    pub expires_at: Option<Timestamp>,
    /// What was granted; none: what was asked for.
    pub scopes: Option<Vec<String>>,
    /// What the provider's file says to keep.
    pub captured: TemplateValues,
}

impl Grant {
    /// From when the token is to be renewed: as long before its end as the provider's description keeps in hand, but
    /// never more than half of its life; and before what renews it dies of not being used.
    #[must_use]
    pub fn refresh_at(&self, provider: &Provider, now: Timestamp) -> Option<Timestamp> {
        let ends = self.expires_at.map(|end| {
            let life = end - now;
            end - time::Duration::seconds(provider.skew.into()).max(life / 5).min(life / 2)
        });
        let dies = provider.idle_days.map(|days| now + time::Duration::days(days.into()) / 2);
        ends.into_iter().chain(dies).min()
    }
}

/// Exchanges a code.
pub async fn exchange(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    code: (&CallbackParams, &Pkce, &State, &Url),
    now: Timestamp,
) -> Result<Grant, Failure> {
    let (returned, pkce, state, redirect) = code;
    let mut parameters = vec![
        pair("grant_type", "authorization_code"),
        pair("code", returned.code.expose()),
        pair("redirect_uri", redirect.as_str()),
    ];
    if provider.pkce == PkceMethod::S256 {
        parameters.push(pair("code_verifier", pkce.verifier().expose()));
    }
    if provider.echo_state {
        parameters.push(pair("state", state.expose()));
    }
    parameters.extend(resource(provider));
    override_with(&mut parameters, &provider.token_params);
    let url = template::url(&provider.token_url, values)?;
    let mut grant = ask(egress, provider, url, &Method::POST, client, parameters, now).await?;
    grant.captured.extend(returned.captured.clone());
    Ok(grant)
}

/// Renews a grant. `token` is the one that the provider's file says is exchanged.
pub async fn refresh(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    token: &Secret,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let how = provider.refresh.clone().unwrap_or_default();
    let name = match how.subject {
        TokenKind::Refresh => "refresh_token",
        TokenKind::Access => "access_token",
    };
    let mut parameters = vec![pair("grant_type", &how.grant), pair(name, token.expose())];
    parameters.extend(resource(provider));
    override_with(&mut parameters, &how.params);
    let url = template::url(how.url.as_ref().unwrap_or(&provider.token_url), values)?;
    let method = method(&how);
    let client = if how.public { Client { secret: None, ..client.clone() } } else { client.clone() };
    ask(egress, provider, url, &method, &client, parameters, now).await
}

fn method(how: &RefreshConfig) -> Method {
    if how.method.eq_ignore_ascii_case("GET") { Method::GET } else { Method::POST }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn resource(provider: &Provider) -> Option<(String, String)> {
    provider.resource.as_deref().map(|resource| pair("resource", resource))
}

fn override_with(parameters: &mut Parameters, others: &std::collections::BTreeMap<String, String>) {
    for (name, value) in others {
        parameters.retain(|(usual, _)| usual != name);
        parameters.push(pair(name, value));
    }
}

async fn ask(
    egress: &Egress,
    provider: &Provider,
    url: Url,
    method: &Method,
    client: &Client,
    parameters: Parameters,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let at = host(&url).to_owned();
    let (proof, parameters) = prove(provider, provider.client_auth, client, &url, parameters, now)?;
    let unsaid = Unsaid::of(client, proof.as_ref().and_then(Proof::header), &parameters);
    let parameters = as_theirs(provider, parameters);
    let body = if method == Method::GET { BodyFormat::Query } else { provider.body };
    let request = written(bounded(Request::new(method.clone(), url.clone())), url, body, parameters)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let request = with_headers(provider, request, proof)?;
    answer::grant(provider, &at, egress.send(request).await?, &unsaid, now).await
}

/// The request with the provider's headers, and with what proves the hub.
pub(super) fn with_headers(
    provider: &Provider,
    mut request: Request,
    proof: Option<Proof>,
) -> Result<Request, Failure> {
    for (name, value) in &provider.headers {
        let fits = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) = fits.ok_or_else(|| Failure::setting(format!("The header “{name}” cannot be sent")))?;
        request = request.header(name, value);
    }
    Ok(match proof {
        Some(proof) => proof.on(request),
        None => request,
    })
}

/// The request with its parameters where they go.
pub(super) fn written(request: Request, mut url: Url, body: BodyFormat, parameters: Parameters) -> Request {
    match body {
        BodyFormat::Form => {
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            request.body("application/x-www-form-urlencoded", form)
        }
        BodyFormat::Json => {
            let object = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
            request.body("application/json", serde_json::Value::Object(object).to_string())
        }
        BodyFormat::Query => {
            url.query_pairs_mut().extend_pairs(parameters);
            request.with_url(url)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grant, Provider, Secret, TemplateValues};
    use time::Duration;
    use time::macros::datetime;

    #[test]
    fn a_grant_is_renewed_before_it_ends_and_before_what_renews_it_dies() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let urls = "authorize_url = 'https://as.example/a'\ntoken_url = 'https://as.example/t'\n";
        let renewed = |lines: &str, life: Option<Duration>| {
            let provider: Provider = toml::from_str(&format!("{urls}{lines}")).unwrap();
            let expires_at = life.map(|life| now + life);
            let grant = Grant {
                access: Secret::new("a"),
                refresh: Some(Secret::new("r")),
                expires_at,
                scopes: None,
                captured: TemplateValues::default(),
            };
            grant.refresh_at(&provider, now).map(|at| at - now)
        };
        assert_eq!(renewed("", Some(Duration::HOUR)), Some(Duration::minutes(48)), "a fifth of its life before");
        assert_eq!(renewed("", Some(Duration::minutes(6))), Some(Duration::minutes(3)), "never more than half of it");
        assert_eq!(renewed("skew = 1200", Some(Duration::HOUR)), Some(Duration::minutes(40)));
        assert_eq!(renewed("idle_days = 90", Some(Duration::HOUR)), Some(Duration::minutes(48)));
        assert_eq!(renewed("idle_days = 90", None), Some(Duration::days(45)));
        assert_eq!(renewed("", None), None);
    }
}
