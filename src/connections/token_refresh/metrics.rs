//! Counts refreshes by their result.

use super::request::RefreshResponse;
use crate::oauth::FailureKind;
use crate::telemetry::table::TOKEN_REFRESHES;

/// Counts a refresh whose outcome is stored.
pub(super) fn count(response: &RefreshResponse) {
    let result = match response {
        RefreshResponse::Granted(_) => "refreshed",
        RefreshResponse::Superseded => "superseded",
        RefreshResponse::Failed(failed) => match failed.failure.kind {
            FailureKind::InvalidGrant => "invalid_grant",
            FailureKind::InvalidClient => "invalid_client",
            _ => "failed",
        },
    };
    TOKEN_REFRESHES.increment(&[result]);
}

/// Counts a refresh that a fault of the hub ended, such as a locked vault.
pub(super) fn count_error() {
    TOKEN_REFRESHES.increment(&["error"]);
}
