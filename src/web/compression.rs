//! Compresses pages and files, but no streams: compression would delay their pieces.
//!
//! The compressing layer wraps each body in one with room for a compressor, whether it compresses or not. Each live page
//! would keep those 6 KiB, so the body of a stream passes by the layer in the extensions of its response.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::middleware::map_response;
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::respond::UNBUFFERED;

/// Level 4 compresses a page to within a few percent of the best level, in a tenth of the time.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// The body of a stream on its way past the compression. Extensions are shared, and a body is not, so it is behind a lock.
#[derive(Clone)]
struct StreamBody(Arc<Mutex<Body>>);

/// Compresses the responses of `pages`, except streams.
pub(super) fn compress<S: Clone + Send + Sync + 'static>(pages: Router<S>) -> Router<S> {
    pages
        .layer(map_response(async |response| take_stream_out(response)))
        .layer(CompressionLayer::new().quality(LEVEL))
        .layer(map_response(async |response| put_stream_back(response)))
}

fn take_stream_out(mut response: Response) -> Response {
    if response.headers().contains_key(UNBUFFERED) {
        let body = mem::take(response.body_mut());
        response.extensions_mut().insert(StreamBody(Arc::new(Mutex::new(body))));
    }
    response
}

fn put_stream_back(mut response: Response) -> Response {
    if let Some(StreamBody(body)) = response.extensions_mut().remove() {
        *response.body_mut() = mem::take(&mut *body.lock().unwrap_or_else(PoisonError::into_inner));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::response::IntoResponse;
    use axum::routing::get;
    use http::Request;
    use tower::ServiceExt;

    use super::compress;
    use crate::web::respond::unbuffered;

    const TEXT: &str = "the same words again and again, the same words again and again";

    #[tokio::test]
    async fn pages_are_compressed_and_streams_are_passed_on_as_they_are() {
        let pages = Router::new()
            .route("/page", get(async || TEXT))
            .route("/stream", get(async || unbuffered(TEXT.into_response())));
        let pages = compress(pages);
        for (path, encoding) in [("/page", Some("br")), ("/stream", None)] {
            let request = Request::get(path).header("accept-encoding", "br").body(Body::empty()).unwrap();
            let response = pages.clone().oneshot(request).await.unwrap();
            let told = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
            assert_eq!(told, encoding, "{path}");
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(body == TEXT, encoding.is_none(), "{path}");
        }
    }
}
