//! The lifetime of an access token, as a token response states it.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Timestamp;
use crate::oauth::pointers::TimeUnit;
use crate::oauth::provider::Provider;

/// Longest believed lifetime of a token: 400 days.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Returns the lifetime of the access token.
pub(super) fn lifetime(provider: &Provider, answer: &Value, now: Timestamp) -> Option<Duration> {
    let at = provider.response.expires_at.as_deref().and_then(|pointer| answer.pointer(pointer));
    let at = at.and_then(|value| timestamp(value, provider.response.expires_unit));
    // a past expiry is ignored: a few providers send 0 for a token that does not expire
    if let Some(at) = at.filter(|at| *at > now) {
        return Some((at - now).unsigned_abs().min(MAX_LIFETIME));
    }
    let expires_in = answer.pointer(&provider.response.expires_in).and_then(number).filter(|lifetime| *lifetime > 0);
    let lifetime = match (expires_in, provider.lifetime) {
        (Some(expires_in), _) => duration(expires_in.unsigned_abs(), provider.response.expires_unit),
        (None, Some(assumed)) => Duration::from_secs(assumed.into()),
        (None, None) => return None,
    };
    Some(lifetime.min(MAX_LIFETIME))
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

#[cfg(test)]
mod tests {
    use super::{Provider, Timestamp, Value, lifetime};
    use serde_json::json;
    use time::Duration;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-11-26 08:00 UTC);

    fn provider(toml: &str) -> Provider {
        toml::from_str(&format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}"))
            .unwrap()
    }

    #[test]
    fn a_lifetime_is_read_in_its_unit_or_assumed() {
        let lifetime = |toml: &str, answer: Value| lifetime(&provider(toml), &answer, NOW).map(|it| NOW + it - NOW);
        let expires_in = |value: Value| lifetime("", json!({ "expires_in": value }));
        assert_eq!(expires_in(json!(3600)), Some(Duration::HOUR));
        assert_eq!(expires_in(json!("3600")), Some(Duration::HOUR));
        assert_eq!(expires_in(json!(-1)), None);
        assert_eq!(expires_in(json!(u64::MAX)), None, "the number does not fit");
        assert_eq!(expires_in(json!(i64::MAX)), Some(Duration::days(400)));
        assert_eq!(expires_in(json!("3600.5")), Some(Duration::HOUR));
        assert_eq!(expires_in(json!(3.6e3)), Some(Duration::HOUR));
        assert_eq!(expires_in(serde_json::from_str("3.6e3").unwrap()), None, "not 3 seconds");
        let minutes = "response = { expires_unit = 'minutes' }";
        assert_eq!(lifetime(minutes, json!({ "expires_in": 60 })), Some(Duration::HOUR));
        assert_eq!(lifetime("lifetime = 7200", json!({})), Some(2 * Duration::HOUR));
        let ends = "response = { expires_at = '/ends' }";
        let expires_at = |at: Value| lifetime(ends, json!({ "ends": at, "expires_in": 3600 }));
        let at = (NOW + Duration::MINUTE).unix_timestamp();
        assert_eq!(expires_at(json!(at)), Some(Duration::MINUTE));
        assert_eq!(expires_at(json!(0)), Some(Duration::HOUR));
        assert_eq!(expires_at(json!("2026-11-26T09:01:00+01:00")), Some(Duration::MINUTE));
        let milliseconds = "response = { expires_at = '/ends', expires_unit = 'milliseconds' }";
        assert_eq!(lifetime(milliseconds, json!({ "ends": at * 1000 })), Some(Duration::MINUTE));
    }
}
