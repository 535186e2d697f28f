//! The credential of a call in its headers: a bearer token, or headers with other names.
//!
//! Both are stored as one text. A bearer token never begins with a brace (RFC 6750, section 2.1), and headers are an object in JSON.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::egress::Request;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Headers that are a credential together.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderCredential {
    /// Values by name.
    pub headers: BTreeMap<String, String>,
    /// Texts in the values that nobody may see.
    pub secrets: Vec<String>,
}

impl HeaderCredential {
    /// Returns the text that the vault seals.
    pub fn to_secret(&self) -> Result<Secret> {
        Ok(Secret::new(serde_json::to_string(self).map_err(Error::internal)?))
    }

    fn from_secret(credential: &Secret) -> Option<Self> {
        let text = credential.expose();
        text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// Returns the texts of a credential that nobody may see.
#[must_use]
pub fn secret_texts(credential: &Secret) -> Vec<Secret> {
    match HeaderCredential::from_secret(credential) {
        Some(headers) => headers.secrets.into_iter().map(Secret::new).collect(),
        None => vec![credential.clone()],
    }
}

/// Adds a credential to a request. A header that no request can have is left out; the server then answers as for any request
/// without one.
pub(super) fn add_credential(request: Request, credential: &Secret) -> Request {
    let Some(HeaderCredential { headers, .. }) = HeaderCredential::from_secret(credential) else {
        return request.bearer(credential);
    };
    headers.iter().fold(request, |request, (name, value)| {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                request.header(name, value)
            }
            _ => request,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{HeaderCredential, secret_texts};
    use crate::secret::Secret;

    #[test]
    fn only_headers_are_read_as_headers() {
        let headers = [("X-Key".to_owned(), "Token k1".to_owned()), ("X-Region".to_owned(), "eu".to_owned())];
        let stored = HeaderCredential { headers: headers.into(), secrets: vec!["k1".to_owned()] }.to_secret().unwrap();
        assert_eq!(HeaderCredential::from_secret(&stored).unwrap().headers.len(), 2);
        assert_eq!(secret_texts(&stored).iter().map(Secret::expose).collect::<Vec<_>>(), ["k1"]);
        for token in ["abc", "", "{", "{\"api_key\":\"k1\"}", "[]"] {
            assert!(HeaderCredential::from_secret(&Secret::new(token)).is_none(), "{token}");
            assert_eq!(secret_texts(&Secret::new(token))[0].expose(), token);
        }
    }
}
