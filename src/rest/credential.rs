//! The place of a credential in a request.

use http::HeaderName;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use url::Url;

use super::template::Template;
use super::values::Values;
use crate::oauth::TemplateValues;
use crate::secret::Secret;

/// A credential that was entered with the hub's application, such as the token of a bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolAuth {
    /// Name of the header that presents it.
    pub header: String,
    /// Value of the header.
    pub value: Template,
}

/// The position of a credential in a request.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are name and value of the header or the parameter")]
pub enum ApiCredential {
    /// No credential.
    None,
    /// A header; `value` is all of it.
    Header { name: HeaderName, value: Secret },
    /// A parameter of the query.
    Query { name: String, value: Secret },
    /// The first segment of the path; `value` is all of it.
    Path { value: Secret },
}

impl ApiCredential {
    /// Adds the credential to the URL of a request, if that is its place.
    pub(super) fn write_into_url(&self, url: &mut Url) {
        match self {
            Self::None | Self::Header { .. } => {}
            Self::Query { name, value } => {
                url.query_pairs_mut().append_pair(name, value.expose());
            }
            Self::Path { value } => {
                let rest = url.path().to_owned();
                url.set_path("");
                // a segment cannot leave its place, whatever the key holds
                if let Ok(mut segments) = url.path_segments_mut() {
                    segments.clear().push(value.expose());
                }
                url.set_path(&format!("{}{rest}", url.path()));
            }
        }
    }

    /// Returns the URL that holds the credential as text for people: the credential is not encoded.
    pub(super) fn url_text(&self, url: Url) -> String {
        match (self, url.path_segments().and_then(|mut segments| segments.next())) {
            (Self::Path { value }, Some(encoded)) if !encoded.is_empty() => {
                url.as_str().replacen(encoded, value.expose(), 1)
            }
            _ => url.into(),
        }
    }

    /// Reports whether a service that does not know the credential may say so with this status.
    pub(super) fn is_refused_by(&self, status: u16) -> bool {
        status == 401 || (status == 404 && matches!(self, Self::Path { .. }))
    }
}

impl ApiCredential {
    /// Builds the credential of a tool. `None` if one of its values is missing.
    #[must_use]
    pub fn from_tool(auth: &ToolAuth, values: &TemplateValues) -> Option<Self> {
        let inputs = Map::new();
        let value = auth.value.fill(&Values::new(&inputs).with_connection(values))?;
        Some(Self::Header { name: HeaderName::try_from(&auth.header).ok()?, value: Secret::new(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiCredential, Secret};
    use proptest::prelude::*;
    use url::Url;

    fn written(value: &str) -> Url {
        let mut url = Url::parse("https://api.test/getChat?a=b").unwrap();
        ApiCredential::Path { value: Secret::new(value) }.write_into_url(&mut url);
        url
    }

    #[test]
    fn a_credential_is_the_first_segment_of_the_path() {
        assert_eq!(written("bot1:ABC-d").as_str(), "https://api.test/bot1:ABC-d/getChat?a=b");
        assert_eq!(written("a/b?c#d").as_str(), "https://api.test/a%2Fb%3Fc%23d/getChat?a=b");
        let masked = ApiCredential::Path { value: Secret::new("bot(your key)") };
        assert_eq!(masked.url_text(written("bot(your key)")), "https://api.test/bot(your key)/getChat?a=b");
    }

    proptest! {
        #[test]
        fn no_credential_leaves_its_segment(value: String) {
            let url = written(&format!("bot{value}"));
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!((segments.len(), segments[1], url.query()), (2, "getChat", Some("a=b")), "{}", url);
        }
    }
}
