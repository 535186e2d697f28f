//! Failures of the hub, as assistants hear of them.

use rmcp::model::ErrorData;

use crate::error::Error;

/// Logs a failure of the hub, and returns its error for the assistant, which says nothing of the cause.
pub(super) fn internal_error(error: &Error, method: &str) -> ErrorData {
    tracing::error!(error = %error, "Failed to answer {method}; the assistant gets an internal error");
    ErrorData::internal_error("The hub failed to answer. Try again in a moment", None)
}
