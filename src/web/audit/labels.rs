//! Labels of the audit log: actions, origins and outcomes in words.

use crate::actor::Origin;
use crate::audit::AuditOutcome;
use crate::web::badge::Badge;

/// Returns the label of an action. An action of a later version is shown as stored.
pub(in crate::web) fn action_label(action: &str) -> String {
    match action {
        "account.created" => "Account created",
        "account.confirmed" => "Email address confirmed",
        "profile.changed" => "Profile changed",
        "appearance.changed" => "Appearance changed",
        "password.changed" => "Password changed",
        "password.refused" => "Current password refused",
        "email.asked" => "New email address asked for",
        "email.changed" => "Email address changed",
        "sessions.revoked" => "Browsers signed out",
        "password.reset" => "Password reset by a mailed link",
        "session.started" => "Signed in",
        "session.refused" => "Sign-in refused",
        "session.delayed" => "Sign-in slowed down",
        "session.ended" => "Signed out",
        "connector.added" => "Connector added",
        "tools.discovered" => "Tools read from the server",
        "connection.created" => "Connection made",
        "connection.reconnected" => "Connected again",
        "connection.renewed" => "Renewal of a token",
        "connection.verified" => "Verification of a key or token",
        "connection.limited" => "More permission wanted",
        "connection.refused" => "Sign-in at a service refused",
        "client.registered" => "Hub registered at a service",
        "connection.checked" => "Check-up of a connection",
        "connection.renamed" => "Connection renamed",
        "connection.preferred" => "Connection used by default",
        "connection.disconnected" => "Connection disconnected",
        "credential.replaced" => "Credential replaced",
        "job.cancel_requested" => "Cancelling asked for",
        "job.finished" => "Tool run",
        "audit.exported" => "Audit log exported",
        other => other,
    }
    .to_owned()
}

/// Returns the label of a stored origin; an origin of a later version is the viewer.
pub(super) fn stored_origin_label(origin: &str) -> String {
    Origin::ALL.into_iter().find(|known| known.as_str() == origin).map_or("You", origin_label).to_owned()
}

/// Returns the label of an origin, addressed to the viewer.
pub(super) const fn origin_label(origin: Origin) -> &'static str {
    match origin {
        Origin::System => "The hub, for you",
        Origin::Browser => "You, in a browser",
        Origin::Assistant => "You, through an assistant",
        Origin::Cli => "On the server’s command line",
    }
}

/// Returns the label of an outcome, as its badge shows it.
pub(super) fn outcome_label(outcome: AuditOutcome) -> &'static str {
    Badge::outcome(outcome.as_str()).word
}

/// Returns the origin as part of a list of filters.
pub(super) const fn origin_phrase(origin: Origin) -> &'static str {
    match origin {
        Origin::System => "by the hub",
        Origin::Browser => "by you in a browser",
        Origin::Assistant => "by you through an assistant",
        Origin::Cli => "on the server’s command line",
    }
}
