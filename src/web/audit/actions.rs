//! The actions that the log can be filtered by, in groups, under the names of [`action_label`].

use super::labels::action_label;
use crate::audit::TextFilter;
use crate::web::filtering::SelectOption;

/// Actions that belong together, and can be selected together.
struct Group {
    /// The word in URLs.
    word: &'static str,
    label: &'static str,
    actions: &'static [&'static str],
}

/// Every action of the log.
const GROUPS: &[Group] = &[
    Group { word: "jobs", label: "All about jobs", actions: &["job.finished", "job.cancel_requested"] },
    Group {
        word: "connectors",
        label: "All about connectors",
        actions: &["connector.added", "client.registered", "tools.discovered"],
    },
    Group {
        word: "connections",
        label: "All about connections",
        actions: &[
            "connection.created",
            "connection.reconnected",
            "connection.renewed",
            "connection.verified",
            "connection.limited",
            "connection.refused",
            "connection.checked",
            "connection.renamed",
            "connection.preferred",
            "credential.replaced",
            "connection.disconnected",
        ],
    },
    Group {
        word: "account",
        label: "All about your account",
        actions: &[
            "account.created",
            "account.confirmed",
            "profile.changed",
            "appearance.changed",
            "email.asked",
            "email.changed",
            "password.changed",
            "password.reset",
            "password.refused",
        ],
    },
    Group {
        word: "sessions",
        label: "All about signing in",
        actions: &["session.started", "session.refused", "session.delayed", "session.ended", "sessions.revoked"],
    },
    Group { word: "log", label: "All about this log", actions: &["audit.exported"] },
];

/// A filter by action: one action, or a group of them.
pub(super) struct ActionFilter {
    /// The word in URLs.
    pub(super) word: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) words: String,
}

/// A group of options in a select.
pub(super) struct OptionGroup {
    pub(super) label: &'static str,
    pub(super) options: Vec<SelectOption>,
}

/// Parses the parameter of an address.
pub(super) fn parse(word: &str) -> Option<ActionFilter> {
    let group = GROUPS.iter().find(|group| group.word == word);
    if let Some(group) = group {
        return Some(ActionFilter { word: group.word, actions: group.actions, words: group.label.to_lowercase() });
    }
    let of_all = GROUPS.iter().flat_map(|group| group.actions.chunks(1));
    of_all
        .filter_map(|one| Some((*one.first()?, one)))
        .find(|(action, _)| *action == word)
        .map(|(action, actions)| ActionFilter { word: action, actions, words: action_label(action) })
}

/// Returns every option, in groups.
pub(super) fn options() -> Vec<OptionGroup> {
    let of = |group: &Group| {
        let each = group.actions.iter().map(|action| SelectOption::new(*action, action_label(action)));
        let options = std::iter::once(SelectOption::new(group.word, group.label)).chain(each).collect();
        OptionGroup { label: group.label.trim_start_matches("All about "), options }
    };
    GROUPS.iter().map(of).collect()
}

/// Builds a text search that also finds actions by their labels.
pub(super) fn text_search(typed: &str) -> Option<TextFilter> {
    let actions = GROUPS.iter().flat_map(|group| group.actions);
    TextFilter::new(typed, actions.map(|action| (*action, action_label(action))))
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, parse};
    use crate::web::audit::action_label;
    use std::collections::BTreeSet;

    /// Actions of the hub's administration, which are in no user's log.
    const OF_THE_HUB: [&str; 1] = ["master_key.changed"];

    /// Reads the names of the actions from the source of the audit log.
    fn of_the_source() -> BTreeSet<&'static str> {
        let source = include_str!("../../audit/action.rs");
        let after = |start: &'static str| source.split(start).skip(1).filter_map(|rest| rest.split('"').next());
        after("on(\"").chain(after("named(\"")).collect()
    }

    #[test]
    fn every_action_can_be_selected_and_has_a_label() {
        let listed: BTreeSet<_> = GROUPS.iter().flat_map(|group| group.actions.iter().copied()).collect();
        let mut of_users = of_the_source();
        of_users.retain(|action| !OF_THE_HUB.contains(action));
        assert_eq!(listed, of_users, "an action is in no group, or a group has one that was removed");
        for action in listed {
            assert_ne!(action_label(action), action, "{action} has no label");
        }
    }

    #[test]
    fn an_action_and_a_group_are_parsed_from_the_address() {
        assert_eq!(parse("job.finished").unwrap().actions, ["job.finished"]);
        assert_eq!(parse("jobs").unwrap().actions, ["job.finished", "job.cancel_requested"]);
        assert!(parse("job").is_none() && parse("").is_none());
    }
}
