//! The extractors of handlers. Unreadable input becomes an error page, and text with a NUL is rejected, because the
//! database cannot store it.

mod files;
mod multipart;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::error::Error;

pub(super) use files::is_form_with_files;
pub use files::{FormWithFiles, MAX_UPLOAD_BYTES};

/// The largest form body, in bytes.
pub const MAX_FORM_BYTES: usize = 256 * 1024;

/// The content type of a submitted form.
pub(super) const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The largest number of fields in a form.
pub const MAX_FORM_FIELDS: usize = 5_000;

/// Parameters of the path. A path that does not fit is a 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// The parameter `id` of a path. Parameters are named, because a page of an organisation has `org` before them.
#[derive(Debug, Deserialize)]
pub struct ById<T = String> {
    /// The id, as text or parsed.
    pub id: T,
}

/// The parameter `slug` of a path.
#[derive(Debug, Deserialize)]
pub struct BySlug {
    /// The slug.
    pub slug: String,
}

/// The query string. A value that does not fit is a 422 that says so.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// A form with known fields.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// A form as submitted: every pair in order, with duplicates.
#[derive(Clone, Debug, Default)]
pub struct FormPairs(pub Vec<(String, String)>);

impl FormPairs {
    /// Returns the first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[expect(clippy::disallowed_types, reason = "our extractor wraps it")]
impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        if has_nul(parts.uri.path().as_bytes()) {
            return Err(Error::not_found());
        }
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Error::not_found())
    }
}

#[expect(clippy::disallowed_types, reason = "our extractor wraps it")]
impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let unreadable = || {
            Error::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The part of the address after the question mark has a value that this page does not know. Remove it to see everything.",
            )
        };
        if has_nul(parts.uri.query().unwrap_or_default().as_bytes()) {
            return Err(unreadable());
        }
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|_| unreadable())
    }
}

#[expect(clippy::disallowed_types, reason = "our extractor wraps it")]
impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let headers = request.headers().clone();
        let body = form_body(request, state).await?;
        let mut request =
            Request::post("/").body(body.into()).map_err(|error| Error::from(anyhow::Error::from(error)))?;
        *request.headers_mut() = headers;
        axum::extract::Form::from_request(request, &()).await.map(|axum::extract::Form(value)| Self(value)).map_err(
            |_| {
                Error::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "The form was incomplete. Open the page again and send it from there.",
                )
            },
        )
    }
}

impl<S: Send + Sync> FromRequest<S> for FormPairs {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let body = form_body(request, state).await?;
        let pairs: Vec<_> = form_urlencoded::parse(&body)
            .take(MAX_FORM_FIELDS + 1)
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        if pairs.len() > MAX_FORM_FIELDS {
            return Err(too_many_fields());
        }
        Ok(Self(pairs))
    }
}

/// Reads the body of a url-encoded form, within the limit and without a NUL.
async fn form_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    if !is_form(request.headers()) {
        return Err(Error::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This address takes a form. Open the page and send it from there.",
        ));
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = Bytes::from_request(request, state).await.map_err(|rejection| body_error(&rejection, length))?;
    if body.len() > MAX_FORM_BYTES {
        return Err(too_large(Some(body.len()), MAX_FORM_BYTES, SHORTER));
    }
    if has_nul(&body) {
        return Err(unstorable());
    }
    Ok(body)
}

fn too_many_fields() -> Error {
    Error::new(StatusCode::PAYLOAD_TOO_LARGE, "The form has more than 5,000 fields. Send the values as JSON instead.")
}

fn unstorable() -> Error {
    Error::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "What you typed has a character that cannot be stored (NUL). Go back and remove it.",
    )
}

fn body_error(rejection: &BytesRejection, length: Option<usize>) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(length, MAX_FORM_BYTES, SHORTER);
    }
    Error::new(rejection.status(), "The form arrived incomplete. Go back and send it again.")
}

/// The next step of a person whose form was too large.
const SHORTER: &str = "Shorten what you typed, or send it in parts.";

/// Says how large the form was, if it said so, and how large it may be. Special characters count three times in a form.
fn too_large(length: Option<usize>, limit: usize, advice: &str) -> Error {
    let limit = limit / 1024;
    let message = match length {
        Some(length) => format!("The form had {} kB, and the hub takes {limit} kB.", length.div_ceil(1024)),
        None => format!("The form had more than the {limit} kB that the hub takes."),
    };
    Error::new(StatusCode::PAYLOAD_TOO_LARGE, format!("{message} {advice}"))
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM_CONTENT_TYPE)
}

/// Returns the address as requested. A page of an organisation sees its own address without the beginning.
pub(super) fn requested_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri)
}

/// Finds a NUL in an encoded form: raw, or as its escape.
fn has_nul(encoded: &[u8]) -> bool {
    encoded.contains(&0) || encoded.windows(3).any(|window| window == b"%00")
}

#[cfg(test)]
mod tests {
    use super::{Form, FormPairs, MAX_FORM_BYTES};
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use http::StatusCode;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    fn form(body: impl Into<Body>) -> Request {
        Request::post("/").header("content-type", "application/x-www-form-urlencoded").body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn pairs_keep_order_and_duplicates() {
        let pairs = FormPairs::from_request(form("r=3&v%2Ftitle=a+b&r=1"), &()).await.unwrap();
        assert_eq!(pairs.0, [("r", "3"), ("v/title", "a b"), ("r", "1")].map(|(k, v)| (k.into(), v.into())));
        assert_eq!(pairs.get("r"), Some("3"));
    }

    #[tokio::test]
    async fn a_form_over_its_limits_is_refused() {
        let large = FormPairs::from_request(form("x".repeat(MAX_FORM_BYTES + 1)), &()).await.unwrap_err();
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(format!("{large:?}").contains("The form had 257 kB, and the hub takes 256 kB."), "{large:?}");
        let many = FormPairs::from_request(form("a=1&".repeat(super::MAX_FORM_FIELDS + 1)), &()).await.unwrap_err();
        assert_eq!(many.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_nul_never_reaches_the_database() {
        let error = Form::<Named>::from_request(form("name=a%00b"), &()).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(Form::<Named>::from_request(form("name=ab"), &()).await.unwrap().0.name, "ab");
    }

    #[tokio::test]
    async fn a_body_that_is_not_a_form_is_refused() {
        let request = Request::post("/").header("content-type", "application/json").body(Body::from("{}")).unwrap();
        let error = FormPairs::from_request(request, &()).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
