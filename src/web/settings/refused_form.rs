//! Turns a refused command into the faults of its form and the status of the answer.

use std::time::Duration;

use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::error::{Error, FieldFaults};
use crate::web::when;

/// A form that is shown again with its faults.
pub(super) struct RefusedForm {
    pub(super) faults: FieldFaults,
    pub(super) status: StatusCode,
    retry_after: Option<u64>,
}

impl RefusedForm {
    /// # Errors
    /// Returns errors that do not concern the form.
    pub(super) fn from_error(error: Error) -> Result<Self, Error> {
        match error {
            Error::Invalid(faults) => Ok(Self { faults, status: StatusCode::UNPROCESSABLE_ENTITY, retry_after: None }),
            // only the check of the password is throttled
            Error::Limited { message, retry_after } => {
                // rounded up, so that a retry at that time is accepted
                let wait = Duration::from_secs(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0));
                let mut faults = FieldFaults::default();
                faults.add("current_password", format!("{message}. Try again in {}", when::interval(wait)));
                Ok(Self { faults, status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(wait.as_secs()) })
            }
            other => Err(other),
        }
    }

    /// Adds the `Retry-After` header, if there is a wait.
    pub(super) fn with_retry_after(retry_after: Option<u64>, mut response: Response) -> Response {
        if let Some(wait) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    pub(super) const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }
}
