//! Token responses, read as the provider description says.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::failure;
use super::grant::Grant;
use super::pointers::{TimeUnit, TokenResponseFormat};
use super::provider::Provider;
use super::template::TemplateValues;
use crate::clock::Timestamp;
use crate::egress::{Failure, Response};
use crate::secret::{Redactor, Secret};

/// Longest believed lifetime of a token: 400 days.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Reads the grant from a token response.
pub(super) async fn read_grant(
    provider: &Provider,
    host: &str,
    response: Response,
    redactor: &Redactor,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let (status, headers, media_type) = (response.status(), response.headers().clone(), response.media_type());
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        // an outage does not end a grant, whatever the body says
        return Err(failure::from_status(host, status, &headers));
    }
    let Some(answer) = parse(&media_type, &response.bytes().await?) else {
        return Err(if status.is_success() {
            failure::not_oauth(host, &redactor.redact(&media_type))
        } else {
            failure::from_status(host, status, &headers)
        });
    };
    read(provider, host, status.is_success(), &answer, redactor, now)
        .unwrap_or_else(|| Err(failure::from_status(host, status, &headers)))
        .map_err(|failure| failure.with_retry_after(&headers))
}

/// Reads a parsed response. Returns `None` if it is no success and does not say why.
fn read(
    provider: &Provider,
    host: &str,
    accepted: bool,
    answer: &Value,
    redactor: &Redactor,
    now: Timestamp,
) -> Option<Result<Grant, Failure>> {
    let at = &provider.response;
    let token = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).filter(|token| !token.is_empty());
    let (access, refresh) = (token(&at.access), token(&at.refresh));
    let is_success = if accepted { at.success.as_ref().map(|success| success.holds(answer)) } else { Some(false) };
    if let Some(code) = error(at, answer, is_success) {
        let description =
            answer.pointer(&at.error_description).and_then(to_text).filter(|text| !text.trim().is_empty());
        let redactor = redactor.with(access.into_iter().chain(refresh));
        let description = redactor.redact(description.as_ref().unwrap_or(&code));
        let code = if at.invalid_grant_codes.contains(&code) { "invalid_grant" } else { &code };
        return Some(Err(failure::from_error_code(host, code, &description)));
    }
    match access {
        Some(access) if is_success != Some(false) => Some(Ok(Grant {
            access: Secret::new(access),
            refresh: refresh.map(Secret::new),
            expires_at: expires_at(provider, answer, now),
            scopes: scopes(provider, answer),
            captured: captured(provider, answer),
        })),
        _ if accepted => Some(Err(Failure::permanent("no_token", format!("{host} answered, but gave no token"))
            .with_advice("Try again later"))),
        _ => None,
    }
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

/// Returns a text, or a number as it was written.
fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Parses JSON, or the form that a few providers still answer with.
fn parse(media_type: &str, body: &[u8]) -> Option<Value> {
    if media_type == "application/x-www-form-urlencoded" {
        let pairs = url::form_urlencoded::parse(body);
        return Some(Value::Object(pairs.map(|(name, value)| (name.into_owned(), value.into())).collect()));
    }
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

fn expires_at(provider: &Provider, answer: &Value, now: Timestamp) -> Option<Timestamp> {
    let at = provider.response.expires_at.as_deref().and_then(|pointer| answer.pointer(pointer));
    let at = at.and_then(|value| timestamp(value, provider.response.expires_unit));
    // a past expiry is ignored: a few providers send 0 for a token that does not expire
    if let Some(at) = at.filter(|at| *at > now) {
        return Some(at.min(now + MAX_LIFETIME));
    }
    let expires_in = answer.pointer(&provider.response.expires_in).and_then(number).filter(|lifetime| *lifetime > 0);
    let lifetime = match (expires_in, provider.lifetime) {
        (Some(expires_in), _) => duration(expires_in.unsigned_abs(), provider.response.expires_unit),
        (None, Some(assumed)) => Duration::from_secs(assumed.into()),
        (None, None) => return None,
    };
    Some(now + lifetime.min(MAX_LIFETIME))
}

fn timestamp(value: &Value, unit: TimeUnit) -> Option<Timestamp> {
    match number(value) {
        Some(count) => OffsetDateTime::UNIX_EPOCH.checked_add(duration(count.try_into().ok()?, unit).try_into().ok()?),
        None => OffsetDateTime::parse(value.as_str()?.trim(), &Rfc3339).ok(),
    }
}

const fn duration(count: u64, unit: TimeUnit) -> Duration {
    match unit {
        TimeUnit::Seconds => Duration::from_secs(count),
        TimeUnit::Minutes => Duration::from_secs(count.saturating_mul(60)),
        TimeUnit::Milliseconds => Duration::from_millis(count),
    }
}

/// Returns an integer, also one that was written as a text or with a decimal point.
fn number(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse().ok().filter(|_| part.bytes().all(|it| it.is_ascii_digit()))
}

/// Returns the granted scopes. `None` if the response names none: then they are those that were requested.
fn scopes(provider: &Provider, answer: &Value) -> Option<Vec<String>> {
    let separator = provider.response.scope_separator.as_deref().unwrap_or(&provider.scope_separator);
    match answer.pointer(&provider.response.scope)? {
        // some providers answer with commas to a request with spaces, so that both separate
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(
            text.split(|letter: char| letter.is_whitespace() || letter == ',' || separator.contains(letter))
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

fn captured(provider: &Provider, answer: &Value) -> TemplateValues {
    let names = provider.capture.iter();
    names.filter_map(|(name, pointer)| Some((name.clone(), to_text(answer.pointer(pointer)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Provider, Redactor, expires_at, parse, read, scopes};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use time::Duration;
    use time::macros::datetime;

    fn provider(toml: &str) -> Provider {
        toml::from_str(&format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}"))
            .unwrap()
    }

    #[test]
    fn a_lifetime_is_read_in_its_unit_or_assumed() {
        let now = datetime!(2026-11-26 08:00 UTC);
        let lifetime =
            |toml: &str, answer: serde_json::Value| expires_at(&provider(toml), &answer, now).map(|at| at - now);
        assert_eq!(lifetime("", json!({ "expires_in": 3600 })), Some(Duration::HOUR));
        assert_eq!(lifetime("", json!({ "expires_in": "3600" })), Some(Duration::HOUR));
        assert_eq!(
            lifetime("response = { expires_unit = 'minutes' }", json!({ "expires_in": 60 })),
            Some(Duration::HOUR)
        );
        assert_eq!(lifetime("lifetime = 7200", json!({})), Some(2 * Duration::HOUR));
        assert_eq!(lifetime("", json!({ "expires_in": -1 })), None);
        assert_eq!(lifetime("", json!({ "expires_in": u64::MAX })), None, "the number does not fit");
        assert_eq!(lifetime("", json!({ "expires_in": i64::MAX })), Some(Duration::days(400)));
        assert_eq!(lifetime("", json!({ "expires_in": "3600.5" })), Some(Duration::HOUR));
        assert_eq!(lifetime("", json!({ "expires_in": 3.6e3 })), Some(Duration::HOUR));
        assert_eq!(lifetime("", serde_json::from_str(r#"{ "expires_in": 3.6e3 }"#).unwrap()), None, "not 3 seconds");
        let at = (now + Duration::MINUTE).unix_timestamp();
        let expiring = |at: serde_json::Value| json!({ "ends": at, "expires_in": 3600 });
        assert_eq!(lifetime("response = { expires_at = '/ends' }", expiring(json!(at))), Some(Duration::MINUTE));
        assert_eq!(lifetime("response = { expires_at = '/ends' }", expiring(json!(0))), Some(Duration::HOUR));
        let rfc3339 = expiring(json!("2026-11-26T09:01:00+01:00"));
        assert_eq!(lifetime("response = { expires_at = '/ends' }", rfc3339), Some(Duration::MINUTE));
        let thousandths = "response = { expires_at = '/ends', expires_unit = 'milliseconds' }";
        assert_eq!(lifetime(thousandths, json!({ "ends": at * 1000 })), Some(Duration::MINUTE));
    }

    #[test]
    fn granted_scopes_may_be_separated_by_spaces_or_commas() {
        let read = |toml: &str, answer: serde_json::Value| scopes(&provider(toml), &answer);
        assert_eq!(read("", json!({ "scope": "a b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": "a,b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": ["a", "b"] })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({})), None);
        assert_eq!(read("", json!({ "scope": "" })), None, "a provider without scopes grants what was asked for");
    }

    #[test]
    fn forms_and_json_objects_are_parse() {
        assert_eq!(
            parse("application/x-www-form-urlencoded", b"access_token=a&scope=x"),
            Some(json!({ "access_token": "a", "scope": "x" }))
        );
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
            let provider = provider("response = { expires_at = '/ends' }\ncapture = { team = '/ok' }\nlifetime = 60");
            let redactor = Redactor::default();
            let now = datetime!(2026-11-26 08:00 UTC);
            match read(&provider, "as.example", accepted, &answer, &redactor, now) {
                Some(Ok(grant)) => {
                    prop_assert!(accepted && !grant.access.expose().is_empty());
                    prop_assert!(grant.refresh.is_none_or(|it| !it.expose().is_empty()));
                    prop_assert!(grant.expires_at.is_some_and(|at| at > now && at <= now + Duration::days(400)));
                }
                Some(Err(failure)) => prop_assert!(failure.message.text.starts_with("as.example "), "{}", failure.message),
                None => prop_assert!(!accepted),
            }
        }

        #[test]
        fn no_body_panics(bytes: Vec<u8>, form: bool) {
            let _ = parse(if form { "application/x-www-form-urlencoded" } else { "application/json" }, &bytes);
        }
    }
}
