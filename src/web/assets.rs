//! Static files: embedded, named by the hash of their content, compressed at compile time, cached forever by browsers.
//!
//! Pages name the files through these functions, so a page and its files always come from one build.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// An embedded file, plain and compressed.
struct Asset {
    path: &'static str,
    mime: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// The path of the style sheet.
#[must_use]
pub const fn css_href() -> &'static str {
    CSS.path
}

/// The path of the script: htmx, its SSE extension and our behaviours.
#[must_use]
pub const fn js_href() -> &'static str {
    JS.path
}

/// The path of the icon sprite; a fragment `#name` picks an icon.
#[must_use]
pub const fn icons_href() -> &'static str {
    ICONS.path
}

/// The path of the tab icon.
#[must_use]
pub const fn favicon_href() -> &'static str {
    FAVICON.path
}

/// Returns the compressed sizes of the style sheet and of the script, in bytes.
#[must_use]
pub const fn wire_sizes() -> (usize, usize) {
    (CSS.brotli.len(), JS.brotli.len())
}

/// Returns the path and bytes of each file, for tests that write them to disk.
#[cfg(test)]
pub(super) fn all() -> [(&'static str, &'static [u8]); 4] {
    [&CSS, &JS, &ICONS, &FAVICON].map(|asset| (asset.path, asset.plain))
}

/// Serves the files under their hashed paths. An old hash is a 404, never a wrong file.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    [&CSS, &JS, &ICONS, &FAVICON].into_iter().fold(Router::new(), |router, asset| {
        router.route(asset.path, get(async move |request: Request| asset.answer(request.headers())))
    })
}

impl Asset {
    fn answer(&self, request: &HeaderMap) -> Response {
        let (body, encoding) = match accepted_encoding(request) {
            Some("br") => (self.brotli, Some("br")),
            Some("gzip") => (self.gzip, Some("gzip")),
            _ => (self.plain, None),
        };
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.mime));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// Returns the best encoding that the client accepts.
fn accepted_encoding(request: &HeaderMap) -> Option<&'static str> {
    let accepts = |encoding: &str| {
        request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(',')).any(
            |offer| {
                let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
                let refused = weight.trim().trim_start_matches("q=").parse().is_ok_and(|q: f32| q <= 0.0);
                name.trim().eq_ignore_ascii_case(encoding) && !refused
            },
        )
    };
    ["br", "gzip"].into_iter().find(|name| accepts(name))
}

#[cfg(test)]
mod tests {
    use super::{CSS, FAVICON, ICONS, JS, accepted_encoding};
    use http::HeaderMap;
    use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

    fn accepting(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())])
    }

    #[test]
    fn the_smallest_accepted_encoding_is_sent() {
        assert_eq!(accepted_encoding(&accepting("gzip, deflate, br;q=0.9, zstd")), Some("br"));
        assert_eq!(accepted_encoding(&accepting("gzip, br;q=0")), Some("gzip"));
        assert_eq!(accepted_encoding(&accepting("identity")), None);
        assert_eq!(accepted_encoding(&HeaderMap::new()), None);
    }

    #[test]
    fn an_uncompressed_answer_declares_no_encoding() {
        assert!(CSS.answer(&HeaderMap::new()).headers().get(CONTENT_ENCODING).is_none());
        assert_eq!(CSS.answer(&accepting("br")).headers()[CONTENT_ENCODING], "br");
    }

    #[test]
    fn compressed_files_are_smaller_and_paths_hold_distinct_hashes() {
        let all = [&CSS, &JS, &ICONS];
        assert!(all.iter().all(|asset| asset.brotli.len() < asset.gzip.len() && asset.gzip.len() < asset.plain.len()));
        assert_ne!(CSS.path.split('/').nth(2), FAVICON.path.split('/').nth(2));
    }
}
