//! The acts that the log can be narrowed to, in groups; each is called what [`words`] calls it.

use super::views::words;
use crate::audit::Text;
use crate::web::filtering::SelectOption;

/// Acts that belong together, and may be asked for together.
struct Group {
    /// The word in URLs.
    word: &'static str,
    label: &'static str,
    actions: &'static [&'static str],
}

/// Every act of the log.
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

/// What an address may ask for: an act, or a group of them.
pub(super) struct ActionFilter {
    /// The word in URLs.
    pub(super) word: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) words: String,
}

/// A group of choices in a select.
pub(super) struct Choices {
    pub(super) label: &'static str,
    pub(super) options: Vec<SelectOption>,
}

/// Reads a word of an address.
pub(super) fn read(word: &str) -> Option<ActionFilter> {
    let whole = GROUPS.iter().find(|group| group.word == word);
    if let Some(group) = whole {
        return Some(ActionFilter { word: group.word, actions: group.actions, words: group.label.to_lowercase() });
    }
    let of_all = GROUPS.iter().flat_map(|group| group.actions.chunks(1));
    of_all
        .filter_map(|one| Some((*one.first()?, one)))
        .find(|(action, _)| *action == word)
        .map(|(action, actions)| ActionFilter { word: action, actions, words: words(action) })
}

/// Everything that may be chosen.
pub(super) fn choices() -> Vec<Choices> {
    let of = |group: &Group| {
        let each = group.actions.iter().map(|action| SelectOption::new(*action, words(action)));
        let options = std::iter::once(SelectOption::new(group.word, group.label)).chain(each).collect();
        Choices { label: group.label.trim_start_matches("All about "), options }
    };
    GROUPS.iter().map(of).collect()
}

/// What was typed, to be found in what the reader knows each act as.
pub(super) fn text(typed: &str) -> Option<Text> {
    let actions = GROUPS.iter().flat_map(|group| group.actions);
    Text::new(typed, actions.map(|action| (*action, words(action))))
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, read};
    use crate::web::audit::words;
    use std::collections::BTreeSet;

    /// Acts of whoever runs the hub: no user's log has them.
    const OF_THE_HUB: [&str; 1] = ["master_key.changed"];

    /// The actions, as the log's source names them.
    fn of_the_source() -> BTreeSet<&'static str> {
        let source = include_str!("../../audit/action.rs");
        let after = |start: &'static str| source.split(start).skip(1).filter_map(|rest| rest.split('"').next());
        after("on(\"").chain(after("named(\"")).collect()
    }

    #[test]
    fn every_act_can_be_asked_for_and_has_words() {
        let listed: BTreeSet<_> = GROUPS.iter().flat_map(|group| group.actions.iter().copied()).collect();
        let mut of_users = of_the_source();
        of_users.retain(|action| !OF_THE_HUB.contains(action));
        assert_eq!(listed, of_users, "an act is in no group, or a group has one that is gone");
        for action in listed {
            assert_ne!(words(action), action, "{action} has no words");
        }
    }

    #[test]
    fn an_act_and_a_group_are_read_from_their_words() {
        assert_eq!(read("job.finished").unwrap().actions, ["job.finished"]);
        assert_eq!(read("jobs").unwrap().actions, ["job.finished", "job.cancel_requested"]);
        assert!(read("job").is_none() && read("").is_none());
    }
}
