//! Failures of the hub, as assistants hear of them.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use rmcp::model::ErrorData;

use crate::error::Error;

/// Logs a failure of the hub, and returns its error for the assistant, which says nothing of the cause.
pub(super) fn internal_error(error: &Error, method: &str) -> ErrorData {
    tracing::error!(error = %error, "Failed to answer {method}; the assistant gets an internal error");
    ErrorData::internal_error("The hub failed to answer. Try again in a moment", None)
}

/// Runs the handler of a method. A panic becomes an error: rmcp runs handlers in tasks of its own, and would never answer.
pub(super) async fn catch_panic<T>(handler: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
    AssertUnwindSafe(handler).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("A handler of the MCP endpoint panicked; the assistant gets an internal error");
        Err(ErrorData::internal_error("The hub failed to answer. Look at its jobs before you repeat a call", None))
    })
}

#[cfg(test)]
mod tests {
    use super::catch_panic;
    use rmcp::model::ErrorData;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered() {
        let panicking = async { if true { panic!("a fault of the handler") } else { Ok::<(), ErrorData>(()) } };
        assert_eq!(catch_panic(panicking).await.map_err(|error| error.code.0), Err(-32603));
        assert_eq!(catch_panic(async { Ok(7) }).await.ok(), Some(7));
    }
}
