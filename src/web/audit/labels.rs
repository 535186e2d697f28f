//! Labels of the audit log: who acted, from where, and outcomes in words.

use std::collections::HashMap;

use crate::accounts;
use crate::actor::Origin;
use crate::app::App;
use crate::audit::{AuditOutcome, EntryCount, Stored};
use crate::error::Result;
use crate::foreign_text::clean_name;
use crate::ids::UserId;
use crate::web::badge::Badge;
use crate::web::filtering::SelectOption;
use crate::web::when::grouped;

/// The person who acted, as the viewer knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person<'a> {
    /// The viewer.
    You,
    /// Another member of the organisation, by name.
    Named(&'a str),
    /// Another member of the organisation, whose name is not known: of a filter, or without an account now.
    Member,
}

/// The viewer of a log, and the names of the others who act in it.
pub(super) struct People {
    viewer: UserId,
    names: HashMap<UserId, String>,
}

impl People {
    /// Reads the names of the users of these entries: few, since a page has 50 entries. A log of one person reads none.
    pub(super) async fn load(app: &App, viewer: UserId, users: impl Iterator<Item = UserId>) -> Result<Self> {
        let mut others: Vec<_> = users.filter(|user| *user != viewer).collect();
        others.sort();
        others.dedup();
        let mut names = HashMap::new();
        for user in others {
            if let Some(account) = accounts::find(&app.system, user).await? {
                names.insert(user, account.display_name);
            }
        }
        Ok(Self { viewer, names })
    }

    pub(super) fn person(&self, user: UserId) -> Person<'_> {
        match self.names.get(&user) {
            _ if user == self.viewer => Person::You,
            Some(name) => Person::Named(name),
            None => Person::Member,
        }
    }
}

impl Person<'_> {
    /// Returns the words for the person: at the beginning of a label, or inside of it.
    fn name_for(self, is_first: bool) -> String {
        match (self, is_first) {
            (Person::You, true) => "You".to_owned(),
            (Person::You, false) => "you".to_owned(),
            (Person::Named(name), _) => clean_name(name).into_owned(),
            (Person::Member, true) => "A member".to_owned(),
            (Person::Member, false) => "a member".to_owned(),
        }
    }
}

/// Returns the label of a stored origin; an origin of another version names the person only.
pub(super) fn stored_origin_label(origin: &Stored<Origin>, person: Person<'_>) -> String {
    match origin {
        Stored::Value(origin) => origin_label(*origin, person),
        Stored::OtherText(_) => person.name_for(true),
    }
}

/// Returns the label of an origin, addressed to the viewer.
pub(super) fn origin_label(origin: Origin, person: Person<'_>) -> String {
    match origin {
        Origin::System => format!("The hub, for {}", person.name_for(false)),
        Origin::Browser => format!("{}, in a browser", person.name_for(true)),
        Origin::Assistant => format!("{}, through an assistant", person.name_for(true)),
        Origin::Cli => "On the server’s command line".to_owned(),
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
pub(super) fn origin_phrase(origin: Origin, person: Person<'_>) -> String {
    match origin {
        Origin::System => "by the hub".to_owned(),
        Origin::Browser => format!("by {} in a browser", person.name_for(false)),
        Origin::Assistant => format!("by {} through an assistant", person.name_for(false)),
        Origin::Cli => "on the server’s command line".to_owned(),
    }
}
