//! Labels of the audit log: origins and outcomes in words.

use crate::actor::Origin;
use crate::audit::{AuditOutcome, Stored};
use crate::web::badge::Badge;

/// Returns the label of a stored origin; an origin of another version is the viewer.
pub(super) const fn stored_origin_label(origin: &Stored<Origin>) -> &'static str {
    match origin {
        Stored::Value(origin) => origin_label(*origin),
        Stored::OtherText(_) => "You",
    }
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
pub(super) const fn outcome_label(outcome: AuditOutcome) -> &'static str {
    Badge::outcome(outcome).word
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
