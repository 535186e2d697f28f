//! What a token endpoint answered, read as its provider's description says.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::failure::{Failure, FailureKind};
use super::pointers::{ResponsePointers, TimeUnit};
use super::provider::Provider;
use super::template::TemplateValues;
use super::token::Grant;
use super::unsaid::Unsaid;
use crate::clock::Timestamp;
use crate::egress::Response;
use crate::secret::Secret;

/// A longer life than this is not believed: 400 days, more than any token's.
const LONGEST_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Reads the grant out of an answer.
pub(super) async fn grant(
    provider: &Provider,
    host: &str,
    response: Response,
    unsaid: &Unsaid,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let (status, headers, media_type) = (response.status(), response.headers().clone(), response.media_type());
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        // whatever it says of the grant: an outage ends none
        return Err(Failure::status(host, status, &headers));
    }
    let Some(answer) = parsed(&media_type, &response.bytes().await?) else {
        return Err(if status.is_success() {
            Failure::not_oauth(host, &unsaid.out_of(&media_type))
        } else {
            Failure::status(host, status, &headers)
        });
    };
    read(provider, host, status.is_success(), &answer, unsaid, now)
        .unwrap_or_else(|| Err(Failure::status(host, status, &headers)))
        .map_err(|failure| failure.until(&headers))
}

/// None if the answer is no success and does not say why.
fn read(
    provider: &Provider,
    host: &str,
    accepted: bool,
    answer: &Value,
    unsaid: &Unsaid,
    now: Timestamp,
) -> Option<Result<Grant, Failure>> {
    let at = &provider.response;
    let token = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).filter(|token| !token.is_empty());
    let (access, refresh) = (token(&at.access), token(&at.refresh));
    let judged = if accepted { at.success.as_ref().map(|success| success.holds(answer)) } else { Some(false) };
    if let Some(code) = error(at, answer, judged) {
        let said = answer.pointer(&at.error_description).and_then(words).filter(|text| !text.trim().is_empty());
        let said = unsaid.and(access.into_iter().chain(refresh)).out_of(said.as_ref().unwrap_or(&code));
        let code = if at.dead.contains(&code) { "invalid_grant" } else { &code };
        return Some(Err(Failure::named(host, code, &said)));
    }
    match access {
        Some(access) if judged != Some(false) => Some(Ok(Grant {
            access: Secret::new(access),
            refresh: refresh.map(Secret::new),
            expires_at: expires_at(provider, answer, now),
            scopes: scopes(provider, answer),
            captured: captured(provider, answer),
        })),
        _ if accepted => {
            Some(Err(Failure::new(FailureKind::Permanent, "no_token", format!("{host} answered, but gave no token"))))
        }
        _ => None,
    }
}

/// The error that an answer names. One that the description calls a success has none, whatever stands there; a number
/// is one only in an answer that is no success, since some send a 0 with each token.
fn error(at: &ResponsePointers, answer: &Value, judged: Option<bool>) -> Option<String> {
    let found = answer.pointer(&at.error)?;
    let counts = match judged {
        Some(true) => false,
        Some(false) => true,
        None => found.is_string(),
    };
    words(found).filter(|code| counts && !code.is_empty())
}

/// A text, or a number as it was written.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// JSON, or the form that a few providers still answer with.
fn parsed(media_type: &str, body: &[u8]) -> Option<Value> {
    if media_type == "application/x-www-form-urlencoded" {
        let pairs = url::form_urlencoded::parse(body);
        return Some(Value::Object(pairs.map(|(name, value)| (name.into_owned(), value.into())).collect()));
    }
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

fn expires_at(provider: &Provider, answer: &Value, now: Timestamp) -> Option<Timestamp> {
    let at = provider.response.expires_at.as_deref().and_then(|pointer| answer.pointer(pointer));
    let at = at.and_then(|value| moment(value, provider.response.expires_unit));
    // what is over already says nothing of a token that was given this moment: a few send 0 for one that does not end
    if let Some(at) = at.filter(|at| *at > now) {
        return Some(at.min(now + LONGEST_LIFE));
    }
    let said = answer.pointer(&provider.response.expires_in).and_then(number).filter(|life| *life > 0);
    let life = match (said, provider.lifetime) {
        (Some(said), _) => in_unit(said.unsigned_abs(), provider.response.expires_unit),
        (None, Some(assumed)) => Duration::from_secs(assumed.into()),
        (None, None) => return None,
    };
    Some(now + life.min(LONGEST_LIFE))
}

fn moment(value: &Value, unit: TimeUnit) -> Option<Timestamp> {
    match number(value) {
        Some(count) => OffsetDateTime::UNIX_EPOCH.checked_add(in_unit(count.try_into().ok()?, unit).try_into().ok()?),
        None => OffsetDateTime::parse(value.as_str()?.trim(), &Rfc3339).ok(),
    }
}

const fn in_unit(count: u64, unit: TimeUnit) -> Duration {
    match unit {
        TimeUnit::Seconds => Duration::from_secs(count),
        TimeUnit::Minutes => Duration::from_secs(count.saturating_mul(60)),
        TimeUnit::Milliseconds => Duration::from_millis(count),
    }
}

/// A number, also one that was written as a text or with a point.
fn number(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse().ok().filter(|_| part.bytes().all(|it| it.is_ascii_digit()))
}

/// None if the answer does not say: then what was asked for was granted.
fn scopes(provider: &Provider, answer: &Value) -> Option<Vec<String>> {
    let separator = provider.response.scope_separator.as_deref().unwrap_or(&provider.scope_separator);
    match answer.pointer(&provider.response.scope)? {
        // some send commas and are sent spaces, so either parts
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
    let kept = provider.capture.iter();
    kept.filter_map(|(name, pointer)| Some((name.clone(), words(answer.pointer(pointer)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Provider, Unsaid, expires_at, parsed, read, scopes};
    use crate::oauth::Client;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use time::Duration;
    use time::macros::datetime;

    fn provider(toml: &str) -> Provider {
        toml::from_str(&format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}"))
            .unwrap()
    }

    #[test]
    fn a_life_is_read_in_its_unit_assumed_or_unknown() {
        let now = datetime!(2026-11-26 08:00 UTC);
        let life = |toml: &str, answer: serde_json::Value| expires_at(&provider(toml), &answer, now).map(|at| at - now);
        assert_eq!(life("", json!({ "expires_in": 3600 })), Some(Duration::HOUR));
        assert_eq!(life("", json!({ "expires_in": "3600" })), Some(Duration::HOUR));
        assert_eq!(life("response = { expires_unit = 'minutes' }", json!({ "expires_in": 60 })), Some(Duration::HOUR));
        assert_eq!(life("lifetime = 7200", json!({})), Some(2 * Duration::HOUR));
        assert_eq!(life("", json!({ "expires_in": -1 })), None);
        assert_eq!(life("", json!({ "expires_in": u64::MAX })), None, "what is no number of ours is not one");
        assert_eq!(life("", json!({ "expires_in": i64::MAX })), Some(Duration::days(400)));
        assert_eq!(life("", json!({ "expires_in": "3600.5" })), Some(Duration::HOUR));
        assert_eq!(life("", json!({ "expires_in": 3.6e3 })), Some(Duration::HOUR));
        assert_eq!(life("", serde_json::from_str(r#"{ "expires_in": 3.6e3 }"#).unwrap()), None, "not 3 seconds");
        let at = (now + Duration::MINUTE).unix_timestamp();
        let ends = |at: serde_json::Value| json!({ "ends": at, "expires_in": 3600 });
        assert_eq!(life("response = { expires_at = '/ends' }", ends(json!(at))), Some(Duration::MINUTE));
        assert_eq!(life("response = { expires_at = '/ends' }", ends(json!(0))), Some(Duration::HOUR));
        let words = ends(json!("2026-11-26T09:01:00+01:00"));
        assert_eq!(life("response = { expires_at = '/ends' }", words), Some(Duration::MINUTE));
        let thousandths = "response = { expires_at = '/ends', expires_unit = 'milliseconds' }";
        assert_eq!(life(thousandths, json!({ "ends": at * 1000 })), Some(Duration::MINUTE));
    }

    #[test]
    fn granted_scopes_are_parted_by_whatever_parts_them() {
        let read = |toml: &str, answer: serde_json::Value| scopes(&provider(toml), &answer);
        assert_eq!(read("", json!({ "scope": "a b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": "a,b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": ["a", "b"] })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({})), None);
        assert_eq!(read("", json!({ "scope": "" })), None, "a provider without scopes grants what was asked for");
    }

    #[test]
    fn a_form_is_an_answer_and_a_web_page_is_none() {
        assert_eq!(
            parsed("application/x-www-form-urlencoded", b"access_token=a&scope=x"),
            Some(json!({ "access_token": "a", "scope": "x" }))
        );
        assert_eq!(parsed("text/html", b"<html>"), None);
        assert_eq!(parsed("application/json", b"[]"), None);
    }

    /// JSON as providers write it, and as none should.
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
        fn whatever_is_answered_is_a_token_or_a_sentence(answer in json_value(), accepted: bool) {
            let provider = provider("response = { expires_at = '/ends' }\ncapture = { team = '/ok' }\nlifetime = 60");
            let unsaid = Unsaid::of(&Client { id: String::new(), secret: None }, None, &vec![]);
            let now = datetime!(2026-11-26 08:00 UTC);
            match read(&provider, "as.example", accepted, &answer, &unsaid, now) {
                Some(Ok(grant)) => {
                    prop_assert!(accepted && !grant.access.expose().is_empty());
                    prop_assert!(grant.refresh.is_none_or(|it| !it.expose().is_empty()));
                    prop_assert!(grant.expires_at.is_some_and(|at| at > now && at <= now + Duration::days(400)));
                }
                Some(Err(failure)) => prop_assert!(failure.message.starts_with("as.example "), "{}", failure.message),
                None => prop_assert!(!accepted),
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, form: bool) {
            let _ = parsed(if form { "application/x-www-form-urlencoded" } else { "application/json" }, &bytes);
        }
    }
}
