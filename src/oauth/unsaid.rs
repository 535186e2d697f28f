//! What no sentence may hold, should a provider say it back.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use http::HeaderValue;

use super::Client;
use super::proof::Parameters;
use crate::secret::Secret;

/// Parameters whose values are nobody else's.
const SECRET: [&str; 7] =
    ["code", "code_verifier", "state", "refresh_token", "access_token", "client_secret", "client_assertion"];

/// The secrets of one request, in each way in which they are written.
pub(super) struct Unsaid(Vec<String>);

impl Unsaid {
    /// What a request is made with: the client's secret, its proof, and what stands under these names.
    pub(super) fn of(client: &Client, proof: Option<&HeaderValue>, parameters: &Parameters) -> Self {
        let secret = client.secret.iter().map(Secret::expose);
        let proof = proof.and_then(|header| header.to_str().ok()?.strip_prefix("Basic "));
        let sent =
            parameters.iter().filter(|(name, _)| SECRET.contains(&name.as_str())).map(|(_, value)| value.as_str());
        Self(secret.chain(proof).chain(sent).flat_map(spellings).collect())
    }

    /// The same, and these too.
    pub(super) fn and<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        Self(self.0.iter().cloned().chain(more.into_iter().flat_map(spellings)).collect())
    }

    /// The text without them. It must be whole: of a text that was cut short, half a secret would stay.
    pub(super) fn out_of(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

/// As it is, as in forms and addresses, as in JSON, and in Base64; the longest first.
fn spellings(secret: &str) -> Vec<String> {
    let in_json = serde_json::Value::from(secret).to_string();
    let in_json = in_json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    let mut all = vec![
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        in_json.to_owned(),
        BASE64_STANDARD.encode(secret),
    ];
    all.retain(|spelling| !spelling.is_empty());
    all.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{Client, HeaderValue, Secret, Unsaid};
    use proptest::prelude::*;

    fn unsaid(secret: &str, code: &str) -> Unsaid {
        let client = Client { id: "hub".to_owned(), secret: Some(Secret::new(secret)) };
        Unsaid::of(
            &client,
            Some(&HeaderValue::from_static("Basic aHViOg==")),
            &vec![("code".to_owned(), code.to_owned()), ("grant_type".to_owned(), "x".to_owned())],
        )
    }

    #[test]
    fn what_a_provider_says_back_is_not_repeated_however_it_is_written() {
        let unsaid = unsaid("s/1 \"", "4/0Ab");
        assert_eq!(unsaid.out_of("code=4%2F0Ab is over, 4/0Ab too"), "code=[secret] is over, [secret] too");
        assert_eq!(
            unsaid.out_of(r#"{"client_secret":"s/1 \""} s%2F1+%22"#),
            r#"{"client_secret":"[secret]"} [secret]"#
        );
        assert_eq!(unsaid.out_of("you sent Basic aHViOg=="), "you sent Basic [secret]");
        assert_eq!(unsaid.and(["new"]).out_of("new x"), "[secret] x");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_secret(secret in "[ -~]{8,20}", before: String, after: String) {
            let left = unsaid(&secret, "c0de-c0de").out_of(&format!("{before}{secret}{after}c0de-c0de"));
            prop_assert!(!left.contains(&secret) && !left.contains("c0de-c0de"));
        }
    }
}
