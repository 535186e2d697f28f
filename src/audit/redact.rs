//! Redaction by value: a secret is taken out wherever it stands, whatever its field is called.

use std::borrow::Cow;

use crate::secret::Secret;

/// Below this length a "secret" would blank out ordinary words.
const SHORTEST: usize = 6;

/// `text` without any of the secrets, as they are and as they look inside a JSON string.
#[must_use]
pub fn redact<'a>(text: &'a str, secrets: &[&Secret]) -> Cow<'a, str> {
    let mut out = Cow::Borrowed(text);
    for secret in secrets.iter().map(|secret| secret.expose()).filter(|secret| secret.len() >= SHORTEST) {
        let quoted = serde_json::Value::String(secret.to_owned()).to_string();
        for form in [secret, quoted.trim_matches('"')] {
            if out.contains(form) {
                out = Cow::Owned(out.replace(form, "[redacted]"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::redact;
    use crate::secret::Secret;

    #[test]
    fn a_secret_is_removed_wherever_it_stands() {
        let secret = Secret::new("s3cr\"et-token");
        let text = r#"{"echo":"Bearer s3cr\"et-token","plain":"s3cr"et-token"}"#;
        let clean = redact(text, &[&secret]);
        assert!(!clean.contains("et-token"), "{clean}");
        assert_eq!(clean.matches("[redacted]").count(), 2);
    }

    #[test]
    fn short_values_and_clean_text_stay() {
        assert_eq!(redact("a cat sat", &[&Secret::new("cat")]), "a cat sat");
    }
}
