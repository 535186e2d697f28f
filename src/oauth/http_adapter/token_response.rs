//! Transforms the response of a token endpoint into a standard one, as the provider description says.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use oauth2::HttpResponse;
use serde_json::{Value, json};

use super::HttpAdapter;
use crate::clock::Timestamp;
use crate::egress::{Failure, Response, read_json};
use crate::foreign_text::{clean_name, is_clean_name};
use crate::oauth::pointers::{TokenResponseFormat, to_text};
use crate::oauth::provider::Provider;
use crate::oauth::template::TemplateValues;
use crate::oauth::{failure, host};
use crate::secret::Redactor;

/// Longest believed lifetime of a token: 400 days.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Scope of `OpenID` Connect that brings a refresh token.
const OFFLINE_ACCESS: &str = "offline_access";

/// Reads a token response, and returns the standard response that says the same.
pub(super) async fn transform(
    adapter: &HttpAdapter<'_>,
    response: Response,
    headers: &HeaderMap,
    redactor: &Redactor,
) -> Result<HttpResponse, Failure> {
    let (status, media_type, host) = (response.status(), response.media_type(), host(&adapter.url));
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        // an outage does not end a grant, whatever the body says
        return Err(failure::from_status(host, status, headers));
    }
    let Some(answer) = parse(&media_type, &response.bytes().await?) else {
        return Err(if status.is_success() {
            failure::not_oauth(host, &redactor.redact(&media_type))
        } else {
            failure::from_status(host, status, headers)
        });
    };
    to_standard(adapter.provider, status.is_success(), &answer, redactor, adapter.now)
        .ok_or_else(|| failure::from_status(host, status, headers))
}

/// Builds the standard response that says the same as `answer`. Returns `None` if that is no success and does not say why.
/// The access token is missing from a success that gave none, and from one that fails the success condition.
fn to_standard(
    provider: &Provider,
    accepted: bool,
    answer: &Value,
    redactor: &Redactor,
    now: Timestamp,
) -> Option<HttpResponse> {
    let at = &provider.response;
    let token = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).filter(|token| !token.is_empty());
    let (access, refresh) = (token(&at.access), token(&at.refresh));
    let is_success = if accepted { at.success.as_ref().map(|success| success.holds(answer)) } else { Some(false) };
    if let Some(code) = error(at, answer, is_success) {
        let description =
            answer.pointer(&at.error_description).and_then(to_text).filter(|text| !text.trim().is_empty());
        let further = provider.tokens.values().flat_map(|it| [&it.access, &it.refresh]).filter_map(|it| token(it));
        let redactor = redactor.with(access.into_iter().chain(refresh).chain(further));
        let description = redactor.redact(description.as_ref().unwrap_or(&code));
        let code = if at.invalid_grant_codes.contains(&code) { "invalid_grant" } else { &code };
        let fields = [("error", Some(code.into())), ("error_description", Some(description.into()))];
        return Some(json_response(StatusCode::BAD_REQUEST, fields));
    }
    let token_type = answer.get("token_type").and_then(Value::as_str).unwrap_or("bearer");
    let fields = [
        ("access_token", access.filter(|_| is_success != Some(false)).map(Value::from)),
        ("token_type", Some(token_type.into())),
        ("refresh_token", refresh.map(Value::from)),
        ("expires_in", lifetime(provider, at, answer, now)),
        ("granted", scopes(provider, at, answer, refresh.is_some()).map(Value::from)),
        ("captured", serde_json::to_value(captured(provider, answer)).ok()),
        ("tokens", Some(further_tokens(provider, answer, now))),
    ];
    accepted.then(|| json_response(StatusCode::OK, fields))
}

/// Returns the further tokens of a response by name, each in the standard form.
fn further_tokens(provider: &Provider, answer: &Value, now: Timestamp) -> Value {
    let tokens = provider.tokens.iter().filter_map(|(name, described)| {
        let at = described.format(&provider.response);
        let token = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).filter(|token| !token.is_empty());
        let fields = json!({
            "access_token": token(&at.access)?,
            "refresh_token": token(&at.refresh),
            "expires_in": lifetime(provider, &at, answer, now),
            "granted": scopes(provider, &at, answer, false),
        });
        Some((name.clone(), fields))
    });
    Value::Object(tokens.collect())
}

/// Builds a JSON response of the fields that have a value.
fn json_response<const N: usize>(status: StatusCode, fields: [(&str, Option<Value>); N]) -> HttpResponse {
    let fields: Value = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut response = HttpResponse::new(fields.to_string().into_bytes());
    *response.status_mut() = status;
    response
}

/// Returns the error code of a response. A response that meets the success condition has none; a number counts only in
/// a response that fails it, since some providers send a 0 with each token.
fn error(at: &TokenResponseFormat, answer: &Value, is_success: Option<bool>) -> Option<String> {
    let value = answer.pointer(&at.error)?;
    let counts = match is_success {
        Some(true) => false,
        Some(false) => true,
        None => value.is_string(),
    };
    to_text(value).filter(|code| counts && !code.is_empty())
}

/// Parses JSON, or the form that a few providers still answer with.
fn parse(media_type: &str, body: &[u8]) -> Option<Value> {
    if media_type == "application/x-www-form-urlencoded" {
        let pairs = url::form_urlencoded::parse(body);
        // PostgreSQL stores no NUL
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.replace('\0', "\u{FFFD}").into()));
        return Some(Value::Object(pairs.collect()));
    }
    read_json(body).ok().filter(Value::is_object)
}

/// Returns the granted scopes. `None` if the response names none: then they are those that were requested.
fn scopes(
    provider: &Provider,
    at: &TokenResponseFormat,
    answer: &Value,
    has_refresh_token: bool,
) -> Option<Vec<String>> {
    let separator = at.scope_separator.as_deref().unwrap_or(&provider.scope_separator);
    let scopes: Vec<_> = match answer.pointer(&at.scope)? {
        Value::String(text) if text.trim().is_empty() => return None,
        // some providers answer with commas to a request with spaces, so that both separate
        Value::String(text) => {
            text.split(|letter: char| letter.is_whitespace() || letter == ',' || separator.contains(letter)).collect()
        }
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    // Microsoft does not list this scope of OpenID Connect; the refresh token shows that it was granted
    let shown = has_refresh_token && provider.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let shown = (shown && !scopes.contains(&OFFLINE_ACCESS)).then_some(OFFLINE_ACCESS);
    // a scope with hidden characters is another than the one that it looks like
    let readable = scopes.into_iter().filter(|scope| !scope.is_empty() && is_clean_name(scope));
    Some(readable.chain(shown).map(str::to_owned).collect())
}

/// Returns the lifetime of the access token in seconds, stated or assumed.
fn lifetime(provider: &Provider, at: &TokenResponseFormat, answer: &Value, now: Timestamp) -> Option<Value> {
    let assumed = provider.lifetime.map(|seconds| Duration::from_secs(seconds.into()));
    let lifetime = at.lifetime(answer, now).or(assumed)?.min(MAX_LIFETIME);
    Some(lifetime.as_secs().max(1).into())
}

fn captured(provider: &Provider, answer: &Value) -> TemplateValues {
    let names = provider.capture.iter();
    let value = |pointer: &String| Some(clean_name(&to_text(answer.pointer(pointer)?)?).into_owned());
    names.filter_map(|(name, pointer)| Some((name.clone(), value(pointer)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{HttpAdapter, Provider, Redactor, TemplateValues, Timestamp, parse, to_standard};
    use crate::egress::{Egress, EgressPolicy, Failure};
    use crate::oauth::http_adapter::{AdapterError, Endpoint};
    use crate::oauth::{Client, Grant, RefreshConfig};
    use futures_util::FutureExt;
    use oauth2::RefreshToken;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use time::Duration;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-11-26 08:00 UTC);

    fn provider(toml: &str) -> Provider {
        toml::from_str(&format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}"))
            .unwrap()
    }

    /// Reads a response through the crate. Returns `None` if it is no success and does not say why.
    fn read(toml: &str, accepted: bool, answer: &Value) -> Option<Result<Grant, Failure>> {
        let (provider, config) = (provider(toml), RefreshConfig::default());
        let response = to_standard(&provider, accepted, answer, &Redactor::default(), NOW)?;
        let (egress, values) = (Egress::new(EgressPolicy::default()), TemplateValues::new());
        let client = Client { id: "hub".to_owned(), secret: None };
        let adapter = HttpAdapter::new(&egress, &provider, &values, &client, Endpoint::Refresh(&config), NOW).unwrap();
        let (client, token) = (adapter.standard_client(), RefreshToken::new("r".to_owned()));
        let http_client = |_| std::future::ready(Ok::<_, AdapterError>(response.clone()));
        let response = client.exchange_refresh_token(&token).request_async(&http_client).now_or_never().unwrap();
        Some(response.map(|it| Grant::from_response(&it, NOW)).map_err(|error| adapter.to_failure(error)))
    }

    #[test]
    fn granted_scopes_may_be_separated_by_spaces_or_commas() {
        let answer = |scope: Value| json!({ "access_token": "a", "scope": scope });
        let scopes = |scope: Value| read("", true, &answer(scope)).unwrap().unwrap().scopes;
        let expected = |scopes: &[&str]| Some(scopes.iter().copied().map(str::to_owned).collect());
        assert_eq!(scopes(json!("a b")), expected(&["a", "b"]));
        assert_eq!(scopes(json!("a,b")), expected(&["a", "b"]));
        assert_eq!(scopes(json!(["a", "b"])), expected(&["a", "b"]));
        assert_eq!(scopes(json!(["all of it", ""])), expected(&["all of it"]));
        assert_eq!(scopes(json!(null)), None);
        assert_eq!(scopes(json!("")), None, "a provider without scopes grants what was asked for");
    }

    #[test]
    fn a_refresh_token_shows_that_offline_access_was_granted() {
        let granted = |lines: &str, refresh: Option<&str>| {
            let answer = json!({ "access_token": "a", "refresh_token": refresh, "scope": "Mail.Read" });
            read(lines, true, &answer).unwrap().unwrap().scopes.unwrap()
        };
        let requested = "scopes = ['offline_access', 'Mail.Read']";
        assert_eq!(granted(requested, Some("r")), ["Mail.Read", "offline_access"]);
        assert_eq!(granted(requested, None), ["Mail.Read"]);
        assert_eq!(granted("scopes = ['Mail.Read']", Some("r")), ["Mail.Read"]);
    }

    #[test]
    fn forms_and_json_objects_are_parsed() {
        let form = parse("application/x-www-form-urlencoded", b"access_token=a&scope=x");
        assert_eq!(form, Some(json!({ "access_token": "a", "scope": "x" })));
        assert_eq!(parse("text/html", b"<html>"), None);
        assert_eq!(parse("application/json", b"[]"), None);
    }

    /// Generates JSON as providers write it, and as they should not.
    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[0-9]{1,25}(\\.[0-9]{0,3})?|-1|1e400|.{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let name = "access_token|refresh_token|expires_in|ends|scope|error|error_description|ok|[a-z]{0,3}";
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_response_gives_a_token_or_a_message(answer in json_value(), accepted: bool) {
            let toml = "response = { expires_at = '/ends' }\ncapture = { team = '/ok' }\nlifetime = 60";
            match read(toml, accepted, &answer) {
                None => prop_assert!(!accepted),
                Some(Ok(grant)) => {
                    prop_assert!(accepted && !grant.access.expose().is_empty());
                    prop_assert!(grant.refresh.is_none_or(|it| !it.expose().is_empty()));
                    prop_assert!(grant.expires_at.is_some_and(|at| at > NOW && at <= NOW + Duration::days(400)));
                }
                Some(Err(failure)) => {
                    let class = ["no_token", "oauth_error", "invalid_grant", "access_denied", "invalid_client"];
                    prop_assert!(class.contains(&failure.class), "{}", failure.class);
                    prop_assert!(failure.message.text.starts_with("a.example "), "{}", failure.message);
                }
            }
        }

        #[test]
        fn no_body_panics(bytes: Vec<u8>, form: bool) {
            let _ = parse(if form { "application/x-www-form-urlencoded" } else { "application/json" }, &bytes);
        }
    }
}
