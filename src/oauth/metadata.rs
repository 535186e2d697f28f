//! Metadata documents (RFC 8414, RFC 9728). Each has several places, and the first one with a usable document counts.

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use url::Url;

use super::{bounded, failure, host};
use crate::egress::{Egress, Failure, Request, read_json};
use crate::foreign_text::is_clean_name;

/// Returns the first document that `read` accepts. `read` returns `None` for JSON of another kind. A place that fails, or whose
/// document is refused, leads to the next; after a failure of the network, other places at the same origin are left out.
///
/// # Errors
/// The first failure, if no document is accepted.
pub(super) async fn find<T>(
    egress: &Egress,
    places: Vec<Url>,
    read: impl Fn(&Url, &Value) -> Option<Result<T, Failure>>,
) -> Result<Option<T>, Failure> {
    let (mut first_failure, mut unreachable) = (None, Vec::new());
    for place in places {
        if unreachable.contains(&place.origin()) {
            continue;
        }
        let request = bounded(Request::new(Method::GET, place.clone()))
            .header(header::ACCEPT, HeaderValue::from_static("application/json"));
        let failure = match egress.send(request).await {
            Err(error) => {
                unreachable.push(place.origin());
                error.into()
            }
            Ok(response) if is_failure(response.status()) => {
                failure::from_status(host(&place), response.status(), response.headers())
            }
            Ok(response) if !response.status().is_success() => continue,
            Ok(response) => match response.bytes().await {
                Err(error) => error.into(),
                Ok(body) => {
                    let document = read_json(&body).ok();
                    match document.and_then(|document| read(&place, &document)) {
                        Some(Ok(found)) => return Ok(Some(found)),
                        Some(Err(refused)) => refused,
                        None => continue,
                    }
                }
            },
        };
        first_failure.get_or_insert(failure);
    }
    first_failure.map_or(Ok(None), Err)
}

/// Says whether a status tells nothing about the document. Any other error means that there is none.
fn is_failure(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Returns `base` with another path, and without query and fragment.
pub(super) fn with_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(path);
    url
}

/// Returns the identifiers of an array, such as scopes; none if there is no array. Leaves out those with hidden characters.
pub(super) fn text_list(document: &Value, field: &str) -> Vec<String> {
    let list = document.get(field).and_then(Value::as_array).into_iter().flatten();
    let texts = list.filter_map(Value::as_str).map(str::trim);
    texts.filter(|text| !text.is_empty() && is_clean_name(text)).map(str::to_owned).collect()
}
