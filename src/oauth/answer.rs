//! What a token endpoint answered, read as its provider's description says.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::failure::{Failure, Kind};
use super::pointers::Unit;
use super::provider::Provider;
use super::template::Values;
use super::token::Grant;
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
    now: Timestamp,
) -> Result<Grant, Failure> {
    let (status, headers, media_type) = (response.status(), response.headers().clone(), response.media_type());
    let answer = parsed(&media_type, &response.bytes().await?);
    let text = |pointer: &str| answer.as_ref().and_then(|it| it.pointer(pointer)).and_then(Value::as_str);
    if let Some(code) = text(&provider.response.error).filter(|code| !code.is_empty()) {
        let named = Failure::named(host, code, text(&provider.response.error_description));
        return Err(named.until(&headers));
    }
    if !status.is_success() {
        return Err(Failure::status(host, status, &headers));
    }
    let Some(answer) = answer else { return Err(Failure::not_oauth(host, &media_type)) };
    let failed = provider.response.success.as_ref().is_some_and(|success| !success.holds(&answer));
    let access = answer.pointer(&provider.response.access).and_then(Value::as_str).filter(|token| !token.is_empty());
    match access {
        Some(access) if !failed => Ok(Grant {
            access: Secret::new(access),
            refresh: answer.pointer(&provider.response.refresh).and_then(Value::as_str).map(Secret::new),
            expires_at: expires_at(provider, &answer, now),
            scopes: scopes(provider, &answer),
            captured: captured(provider, &answer),
        }),
        _ => Err(Failure::new(Kind::Wrong, "no_token", format!("{host} answered, but gave no token"))),
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
    let at = provider.response.expires_at.as_deref().and_then(|pointer| number(answer.pointer(pointer)?));
    if let Some(at) = at.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()) {
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

const fn in_unit(count: u64, unit: Unit) -> Duration {
    match unit {
        Unit::Seconds => Duration::from_secs(count),
        Unit::Minutes => Duration::from_secs(count.saturating_mul(60)),
        Unit::Milliseconds => Duration::from_millis(count),
    }
}

/// A number, also one that was written as a text or with a point.
fn number(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.split('.').next()?.parse().ok()
}

/// None if the answer does not say: then what was asked for was granted.
fn scopes(provider: &Provider, answer: &Value) -> Option<Vec<String>> {
    let separator = provider.response.scope_separator.as_deref().unwrap_or(&provider.scope_separator);
    match answer.pointer(&provider.response.scope)? {
        // some send commas and are sent spaces, so either parts
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

fn captured(provider: &Provider, answer: &Value) -> Values {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let kept = provider.capture.iter();
    kept.filter_map(|(name, pointer)| Some((name.clone(), text(answer.pointer(pointer)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Provider, expires_at, parsed, scopes};
    use serde_json::json;
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
        let at = json!({ "ends": (now + Duration::MINUTE).unix_timestamp() });
        assert_eq!(life("response = { expires_at = '/ends' }", at), Some(Duration::MINUTE));
    }

    #[test]
    fn granted_scopes_are_parted_by_whatever_parts_them() {
        let read = |toml: &str, answer: serde_json::Value| scopes(&provider(toml), &answer);
        assert_eq!(read("", json!({ "scope": "a b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": "a,b" })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({ "scope": ["a", "b"] })).unwrap(), ["a", "b"]);
        assert_eq!(read("", json!({})), None);
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
}
