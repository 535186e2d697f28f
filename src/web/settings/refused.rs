//! What a form says when the verb behind it refuses: the faults of its fields, and the status.

use std::time::Duration;

use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::error::{Error, FieldFaults};
use crate::web::when;

/// A form that comes back.
pub(super) struct Refused {
    pub(super) faults: FieldFaults,
    pub(super) status: StatusCode,
    retry_after: Option<u64>,
}

impl Refused {
    /// # Errors
    /// Whatever is not about the form.
    pub(super) fn of(error: Error) -> Result<Self, Error> {
        match error {
            Error::Invalid(faults) => Ok(Self { faults, status: StatusCode::UNPROCESSABLE_ENTITY, retry_after: None }),
            // only the check of the password limits how often
            Error::Limited { message, retry_after } => {
                // rounded up: a try at that time is not refused again
                let wait = Duration::from_secs(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0));
                let mut faults = FieldFaults::default();
                faults.add("current_password", format!("{message}. Try again in {}", when::duration(wait)));
                Ok(Self { faults, status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(wait.as_secs()) })
            }
            other => Err(other),
        }
    }

    /// The finished answer, with the header that says when to come back.
    pub(super) fn mark(retry_after: Option<u64>, mut response: Response) -> Response {
        if let Some(wait) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    pub(super) const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }
}
