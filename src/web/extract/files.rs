//! The extractor of forms that may have files.

use axum::extract::{FromRequest, Request};
use futures_util::StreamExt as _;
use http::{HeaderMap, StatusCode, header};

use super::multipart::{self, Part};
use super::{Error, FormPairs, MAX_FORM_FIELDS, too_large, too_many_fields, unstorable};
use crate::schema_form::Upload;

/// The largest body of a form with files, in bytes.
pub const MAX_UPLOAD_BYTES: usize = 5 * 1024 * 1024;

/// The most that is read of a form that is too large. A browser that still sends shows no answer.
const MAX_DISCARDED_BYTES: usize = 64 * 1024 * 1024;

/// The next step of a person whose files were too large.
const SMALLER: &str = "Choose a smaller file, of up to 190 kB.";

/// A form as submitted, which may have files: every pair in order. The text of a file's pair is that of [`Upload`].
#[derive(Debug)]
pub struct FormWithFiles(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for FormWithFiles {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let Some(boundary) = boundary_of(request.headers()) else {
            return FormPairs::from_request(request, state).await.map(|FormPairs(pairs)| Self(pairs));
        };
        let body = read_body(request).await?;
        let parts = multipart::split(&body, &boundary, MAX_FORM_FIELDS + 1).ok_or_else(incomplete)?;
        if parts.len() > MAX_FORM_FIELDS {
            return Err(too_many_fields());
        }
        parts.into_iter().filter_map(|part| read_part(part).transpose()).collect::<Result<_, _>>().map(Self)
    }
}

/// Reports whether a request has a form with files.
pub(in crate::web) fn is_form_with_files(headers: &HeaderMap) -> bool {
    boundary_of(headers).is_some()
}

fn boundary_of(headers: &HeaderMap) -> Option<String> {
    multipart::boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).map(ToOwned::to_owned)
}

/// Reads the body, within the limit. What is beyond is read and dropped.
async fn read_body(request: Request) -> Result<Vec<u8>, Error> {
    let mut chunks = request.into_body().into_data_stream();
    let (mut body, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| incomplete())?;
        length += chunk.len();
        if length > MAX_DISCARDED_BYTES {
            break;
        }
        if length > MAX_UPLOAD_BYTES {
            body = Vec::new();
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    if length > MAX_UPLOAD_BYTES { Err(too_large(Some(length), MAX_UPLOAD_BYTES, SMALLER)) } else { Ok(body) }
}

/// Reads a part. A control for files sends one without a name if nobody chose a file.
fn read_part(part: Part<'_>) -> Result<Option<(String, String)>, Error> {
    let Part { name, file_name, content } = part;
    let text = match file_name {
        Some(file_name) if file_name.is_empty() && content.is_empty() => return Ok(None),
        Some(file_name) => Upload::new(&file_name, content).to_text(),
        None => std::str::from_utf8(content).map_err(|_| incomplete())?.to_owned(),
    };
    if name.contains('\0') || text.contains('\0') { Err(unstorable()) } else { Ok(Some((name, text))) }
}

fn incomplete() -> Error {
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, "The form arrived incomplete. Go back and send it again.")
}

#[cfg(test)]
mod tests {
    use super::{FormWithFiles, MAX_FORM_FIELDS, MAX_UPLOAD_BYTES};
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use http::StatusCode;

    const TYPE: &str = "multipart/form-data; boundary=xYz";

    fn form(parts: &str) -> Request {
        Request::post("/").header("content-type", TYPE).body(Body::from(format!("{parts}--xYz--\r\n"))).unwrap()
    }

    fn part(head: &str, content: &str) -> String {
        format!("--xYz\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    }

    #[tokio::test]
    async fn a_file_is_a_pair_of_name_and_base64() {
        let parts = [
            part("name=\"v/a\"", "text"),
            part("name=\"u/a\"; filename=\"x.png\"", "\0\u{1}"),
            part("name=\"u/b\"; filename=\"\"", ""),
        ];
        let FormWithFiles(pairs) = FormWithFiles::from_request(form(&parts.concat()), &()).await.unwrap();
        assert_eq!(pairs, [("v/a", "text"), ("u/a", "x.png,AAE=")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[tokio::test]
    async fn a_url_encoded_form_is_read_as_ever() {
        let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let FormWithFiles(pairs) = FormWithFiles::from_request(request.body("a=b".into()).unwrap(), &()).await.unwrap();
        assert_eq!(pairs, [("a".to_owned(), "b".to_owned())]);
    }

    #[tokio::test]
    async fn a_form_over_its_limits_is_refused() {
        let large = part("name=\"u/a\"; filename=\"x\"", &"x".repeat(MAX_UPLOAD_BYTES));
        let error = FormWithFiles::from_request(form(&large), &()).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(format!("{error:?}").contains("The form had 5121 kB, and the hub takes 5120 kB."), "{error:?}");
        let many = part("name=\"a\"", "").repeat(MAX_FORM_FIELDS + 1);
        let error = FormWithFiles::from_request(form(&many), &()).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for (parts, told) in [
            ("--xYz\r\nContent-Dis".to_owned(), "incomplete"),
            (part("name=\"v/a\"", "a\0b"), "NUL"),
            (part("name=\"v/a\0\"", "ab"), "NUL"),
        ] {
            let error = FormWithFiles::from_request(form(&parts), &()).await.unwrap_err();
            assert_eq!(error.status(), StatusCode::UNPROCESSABLE_ENTITY);
            assert!(format!("{error:?}").contains(told), "{error:?}");
        }
    }
}
