//! Labels of the audit log: who acted, from where, and outcomes in words.

use crate::actor::Origin;
use crate::audit::{AuditOutcome, EntryCount, Stored};
use crate::ids::UserId;
use crate::web::badge::Badge;
use crate::web::filtering::SelectOption;
use crate::web::when::grouped;

/// The person who acted, as the viewer knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    /// The viewer.
    You,
    /// Another member of the organisation.
    Member,
}

impl Person {
    pub(super) fn seen_by(viewer: UserId, user: UserId) -> Self {
        if user == viewer { Self::You } else { Self::Member }
    }
}

/// Returns the label of a stored origin; an origin of another version names the person only.
pub(super) const fn stored_origin_label(origin: &Stored<Origin>, person: Person) -> &'static str {
    match (origin, person) {
        (Stored::Value(origin), _) => origin_label(*origin, person),
        (Stored::OtherText(_), Person::You) => "You",
        (Stored::OtherText(_), Person::Member) => "A member",
    }
}

/// Returns the label of an origin, addressed to the viewer.
pub(super) const fn origin_label(origin: Origin, person: Person) -> &'static str {
    match (origin, person) {
        (Origin::System, Person::You) => "The hub, for you",
        (Origin::System, Person::Member) => "The hub, for a member",
        (Origin::Browser, Person::You) => "You, in a browser",
        (Origin::Browser, Person::Member) => "A member, in a browser",
        (Origin::Assistant, Person::You) => "You, through an assistant",
        (Origin::Assistant, Person::Member) => "A member, through an assistant",
        (Origin::Cli, _) => "On the server’s command line",
    }
}

/// Returns the number of entries in words: "412 entries", "More than 500 entries". A later page is not counted.
pub(super) fn count_label(count: Option<EntryCount>) -> String {
    match count {
        None => "Older entries".to_owned(),
        Some(EntryCount::Exactly(1)) => "1 entry".to_owned(),
        Some(EntryCount::Exactly(n)) => format!("{} entries", grouped(n)),
        Some(EntryCount::MoreThan(n)) => format!("More than {} entries", grouped(n)),
        Some(EntryCount::SoFar(n)) => format!("{} found so far", grouped(n)),
    }
}

/// Returns the label of an outcome, as its badge shows it.
pub(super) const fn outcome_label(outcome: AuditOutcome) -> &'static str {
    Badge::outcome(outcome).word
}

/// Returns the options for the outcome.
pub(super) fn outcome_options() -> Vec<SelectOption> {
    let all = AuditOutcome::ALL.into_iter().map(|it| SelectOption::new(it.as_str(), outcome_label(it)));
    std::iter::once(SelectOption::new("", "Any outcome")).chain(all).collect()
}

/// Returns the origin as part of a list of filters.
pub(super) const fn origin_phrase(origin: Origin, person: Person) -> &'static str {
    match (origin, person) {
        (Origin::System, _) => "by the hub",
        (Origin::Browser, Person::You) => "by you in a browser",
        (Origin::Browser, Person::Member) => "by a member in a browser",
        (Origin::Assistant, Person::You) => "by you through an assistant",
        (Origin::Assistant, Person::Member) => "by a member through an assistant",
        (Origin::Cli, _) => "on the server’s command line",
    }
}
