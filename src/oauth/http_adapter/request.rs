//! Transforms a standard request into the request that the provider expects.

use http::{HeaderName, HeaderValue, Method, header};
use oauth2::HttpRequest;
use url::Url;

use super::client_auth::{self, Authentication};
use super::{Endpoint, HttpAdapter};
use crate::egress::{Failure, Request};
use crate::oauth::failure::{invalid_provider, unusable_description};
use crate::oauth::parameters::{self, Parameters};
use crate::oauth::provider::{BodyFormat, Provider, RevocationAuth, RevocationConfig, TokenKind};
use crate::oauth::{Client, GRANT_REQUEST_TIMEOUT, bounded};
use crate::secret::{Redactor, Secret};

/// Parameters whose values are secret.
const SECRET_PARAMETERS: [&str; 7] =
    ["code", "code_verifier", "state", "refresh_token", "access_token", "client_secret", "client_assertion"];

/// Transforms a request of the crate. Also returns a redactor for its secrets, which is empty for a revocation: no message
/// quotes its response.
pub(super) fn transform(adapter: &HttpAdapter<'_>, standard: &HttpRequest) -> Result<(Request, Redactor), Failure> {
    let HttpAdapter { provider, endpoint, url, client, .. } = adapter;
    let mut parameters: Parameters = url::form_urlencoded::parse(standard.body()).into_owned().collect();
    parameters.extend(additions(provider, endpoint));
    let authentication = match standard.headers().get(header::AUTHORIZATION) {
        Some(basic) => Some(Authentication::header(basic.clone())),
        None => client_auth::authenticate(provider, adapter.auth, client, url, &mut parameters, adapter.now)?,
    };
    let (method, format) = match endpoint {
        Endpoint::CodeExchange(_) | Endpoint::ClientToken => {
            parameters::override_with(&mut parameters, &provider.token_params);
            (Method::POST, provider.body)
        }
        Endpoint::Refresh(config) => {
            if config.subject == TokenKind::Access {
                parameters::rename(&mut parameters, "refresh_token", "access_token");
            }
            parameters::override_with(&mut parameters, [("grant_type", &config.grant_type)]);
            parameters::override_with(&mut parameters, &config.params);
            let is_get = config.method.eq_ignore_ascii_case("GET");
            (if is_get { Method::GET } else { Method::POST }, provider.body)
        }
        Endpoint::Revocation(config, _) => {
            let method = Method::try_from(config.method.as_str());
            (method.map_err(|error| unusable_description(&error))?, config.body)
        }
    };
    let (parameters, redactor) = match endpoint {
        Endpoint::Revocation(config, _) => (revocation_parameters(provider, config, parameters), Redactor::default()),
        Endpoint::CodeExchange(_) | Endpoint::ClientToken | Endpoint::Refresh(_) => {
            let redactor = redactor(client, authentication.as_ref(), &parameters);
            (parameters::to_wire(provider, parameters), redactor)
        }
    };
    let format = if method == Method::GET { BodyFormat::Query } else { format };
    let request = bounded(Request::new(method, url.clone()));
    let request = match endpoint {
        Endpoint::CodeExchange(_) | Endpoint::ClientToken | Endpoint::Refresh(_) => {
            request.timeout(GRANT_REQUEST_TIMEOUT)
        }
        Endpoint::Revocation(..) => request,
    };
    let request = write(request, url.clone(), format, parameters)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let request = with_headers(provider, request)?;
    let request = match authentication {
        Some(authentication) => authentication.apply(request),
        None => request,
    };
    let request = match endpoint {
        Endpoint::Revocation(config, access) if config.auth == RevocationAuth::Bearer => request.bearer(access),
        _ => request,
    };
    Ok((request, redactor))
}

/// Returns the parameters that the description adds to a standard token request: the state and the resource.
fn additions(provider: &Provider, endpoint: &Endpoint<'_>) -> Parameters {
    let (state, resource) = match endpoint {
        Endpoint::CodeExchange(state) => (provider.echo_state.then_some(*state), provider.resource.as_deref()),
        Endpoint::ClientToken | Endpoint::Refresh(_) => (None, provider.resource.as_deref()),
        Endpoint::Revocation(..) => (None, None),
    };
    let additions = [("state", state), ("resource", resource)].into_iter();
    additions.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
}

/// Names the token as the endpoint does, whatever the provider's other names are.
fn revocation_parameters(provider: &Provider, config: &RevocationConfig, parameters: Parameters) -> Parameters {
    let is_bearer = config.auth == RevocationAuth::Bearer;
    let (mut own, others): (Parameters, Parameters) =
        parameters.into_iter().partition(|(name, _)| ["token", "token_type_hint"].contains(&name.as_str()));
    // the hint belongs to RFC 7009: an endpoint that deviates from it may reject unknown parameters
    if is_bearer || config.body != BodyFormat::Form || config.param != "token" {
        own.retain(|(name, _)| name == "token");
    }
    if config.param.is_empty() {
        own.clear();
    }
    parameters::rename(&mut own, "token", &config.param);
    if !is_bearer {
        own.extend(parameters::to_wire(provider, others));
    }
    own
}

/// Writes the parameters into the body or the URL of a request to `url`.
fn write(request: Request, mut url: Url, format: BodyFormat, parameters: Parameters) -> Request {
    match format {
        BodyFormat::Form => {
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            request.body("application/x-www-form-urlencoded", form)
        }
        BodyFormat::Json => {
            let object = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
            request.body("application/json", serde_json::Value::Object(object).to_string())
        }
        BodyFormat::Query if parameters.is_empty() => request,
        BodyFormat::Query => {
            url.query_pairs_mut().extend_pairs(parameters);
            request.with_url(url)
        }
    }
}

/// Adds the provider's headers.
fn with_headers(provider: &Provider, mut request: Request) -> Result<Request, Failure> {
    for (name, value) in &provider.headers {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) = parsed.ok_or_else(|| invalid_provider(format!("The header “{name}” cannot be sent")))?;
        request = request.header(name, value);
    }
    Ok(request)
}

/// Builds a redactor for the secrets of one request: the client's secret, its Basic credentials and secret parameters.
fn redactor(client: &Client, authentication: Option<&Authentication>, parameters: &Parameters) -> Redactor {
    let secret = client.secret.iter().map(Secret::expose);
    let basic = authentication.and_then(Authentication::basic);
    let sent = parameters.iter().filter(|(name, _)| SECRET_PARAMETERS.contains(&name.as_str()));
    Redactor::new(secret.chain(basic).chain(sent.map(|(_, value)| value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::{Authentication, Client, HeaderValue, Secret, redactor};

    #[test]
    fn secrets_of_the_request_are_redacted() {
        let client = Client { id: "hub".to_owned(), secret: Some(Secret::new("s/1 \"")) };
        let basic = Authentication::header(HeaderValue::from_static("Basic aHViOg=="));
        let parameters =
            [("code", "4/0Ab"), ("grant_type", "x")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let redactor = redactor(&client, Some(&basic), &parameters.to_vec());
        assert_eq!(redactor.redact("code=4%2F0Ab is over, x s%2F1+%22"), "code=[redacted] is over, x [redacted]");
        assert_eq!(redactor.redact("you sent Basic aHViOg=="), "you sent Basic [redacted]");
    }
}
