//! The query string of a list's filters. A form sends its empty fields too, so an address with empty parameters is redirected to
//! the one without them: an address that is copied, bookmarked or compared says only what filters.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::Uri;
use http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::extract::{Query, requested_uri};
use super::filtering::url_with_query;
use super::respond::see_other;

/// The query string of a list, without empty parameters.
#[derive(Debug)]
pub(super) struct FilterQuery<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for FilterQuery<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        // a part of a page says itself which address the page has
        let is_part = parts.headers.get("hx-request-type").is_some_and(|kind| kind == "partial");
        if let Some(address) = without_empty_params(requested_uri(parts)).filter(|_| !is_part) {
            return Err(see_other(&address));
        }
        let Query(params) = Query::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self(params))
    }
}

/// Returns the address without its empty parameters; `None` if the address has none.
fn without_empty_params(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    let is_set = |value: &str| !value.trim().is_empty();
    if !query.is_empty() && form_urlencoded::parse(query.as_bytes()).all(|(_, value)| is_set(&value)) {
        return None;
    }
    let mut kept = form_urlencoded::Serializer::new(String::new());
    kept.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| is_set(value)));
    Some(url_with_query(uri.path(), kept))
}

#[cfg(test)]
mod tests {
    use super::without_empty_params;
    use http::Uri;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use url::form_urlencoded::{Serializer, parse};

    fn clean(address: &str) -> Option<String> {
        without_empty_params(&address.parse().unwrap())
    }

    #[test]
    fn empty_parameters_are_dropped_and_others_stay() {
        assert_eq!(clean("/jobs?status=&tool=a%26b&since=").as_deref(), Some("/jobs?tool=a%26b"));
        assert_eq!(clean("/jobs?status=&tool=+%20").as_deref(), Some("/jobs"));
        assert_eq!(clean("/jobs?").as_deref(), Some("/jobs"));
        assert_eq!((clean("/jobs"), clean("/jobs?tool=a%26b")), (None, None));
        // a NUL is for the page to refuse
        assert_eq!(clean("/jobs?tool=%00"), None);
    }

    proptest! {
        #[test]
        fn a_redirect_ends_at_its_first_target_and_keeps_every_value(
            pairs in vec(("[a-z]{1,4}", "[ \\t]{0,2}|\\PC{0,6}"), 0..6)
        ) {
            let query = Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let uri: Uri = format!("/audit?{query}").parse().unwrap();
            let target = without_empty_params(&uri).unwrap_or_else(|| uri.to_string());
            prop_assert_eq!(clean(&target), None);
            let target: Uri = target.parse().unwrap();
            let kept: Vec<_> = parse(target.query().unwrap_or_default().as_bytes()).into_owned().collect();
            let set: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
            prop_assert_eq!(kept, set);
        }
    }
}
