//! An id for every request, shown on error pages and written to the log, so that support can find the log line.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use uuid::Uuid;

const HEADER: &str = "x-request-id";

/// The id of a request, stored in its extensions.
#[derive(Clone, Debug)]
pub(super) struct RequestId(String);

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl RequestId {
    /// Takes the id that a proxy has set, if it is plainly an id; otherwise makes one.
    fn new(request: &Request) -> Self {
        let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
        match header {
            Some(id) if is_plain(id) => Self(id.to_owned()),
            _ => Self(Uuid::new_v4().simple().to_string().split_off(16)),
        }
    }
}

/// Accepts only characters that cannot forge lines in a log.
fn is_plain(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Middleware that assigns the id. It is the outermost layer, so that everything inside knows the id.
pub(super) async fn assign(mut request: Request, next: Next) -> Response {
    let id = RequestId::new(&request);
    let header = HeaderValue::from_str(&id.0);
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    if let Ok(value) = header {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{RequestId, is_plain};
    use axum::body::Body;
    use axum::extract::Request;

    #[test]
    fn an_id_of_a_proxy_is_used_only_if_it_is_plain() {
        assert!(is_plain("0af7651916cd43dd-8448eb211c80319c"));
        assert!(!is_plain("short"));
        assert!(!is_plain("id with spaces and \u{1b}[31m"));
        let request = Request::builder().header("x-request-id", "a b").body(Body::empty()).unwrap();
        assert_eq!(RequestId::new(&request).to_string().len(), 16);
    }
}
