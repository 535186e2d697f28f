//! The actions that the log can be filtered by, in groups, under their titles.

use crate::audit::{ActionName, Category};
use crate::web::filtering::SelectOption;

/// Actions that belong together, and can be selected together.
struct Group {
    /// The word in URLs.
    word: &'static str,
    label: &'static str,
    category: Category,
}

const fn group(word: &'static str, label: &'static str, category: Category) -> Group {
    Group { word, label, category }
}

/// Every category of a user's log.
const GROUPS: [Group; 6] = [
    group("jobs", "All about jobs", Category::Jobs),
    group("connectors", "All about connectors", Category::Connectors),
    group("connections", "All about connections", Category::Connections),
    group("account", "All about your account", Category::Account),
    group("sessions", "All about signing in", Category::Sessions),
    group("log", "All about this log", Category::Log),
];

impl Group {
    fn actions(&self) -> impl Iterator<Item = ActionName> {
        ActionName::ALL.iter().copied().filter(|action| action.category() == self.category)
    }
}

/// A filter by action: one action, or a group of them.
pub(super) struct ActionFilter {
    /// The word in URLs.
    pub(super) word: &'static str,
    pub(super) actions: Vec<ActionName>,
    pub(super) words: String,
}

/// A group of options in a select.
pub(super) struct OptionGroup {
    pub(super) label: &'static str,
    pub(super) options: Vec<SelectOption>,
}

/// Parses the parameter of an address.
pub(super) fn parse(word: &str) -> Option<ActionFilter> {
    if let Some(group) = GROUPS.iter().find(|group| group.word == word) {
        let actions = group.actions().collect();
        return Some(ActionFilter { word: group.word, actions, words: group.label.to_lowercase() });
    }
    let action = GROUPS.iter().flat_map(Group::actions).find(|action| action.as_str() == word)?;
    Some(ActionFilter { word: action.as_str(), actions: vec![action], words: action.title().to_owned() })
}

/// Returns every option, in groups.
pub(super) fn options() -> Vec<OptionGroup> {
    let of = |group: &Group| {
        let each = group.actions().map(|action| SelectOption::new(action.as_str(), action.title()));
        let options = std::iter::once(SelectOption::new(group.word, group.label)).chain(each).collect();
        OptionGroup { label: group.label.trim_start_matches("All about "), options }
    };
    GROUPS.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{ActionName, Category, options, parse};

    #[test]
    fn every_action_of_users_can_be_selected_and_is_parsed() {
        let offered = options().iter().map(|group| group.options.len() - 1).sum::<usize>();
        let of_users: Vec<_> = ActionName::ALL.iter().filter(|action| action.category() != Category::Hub).collect();
        assert_eq!(offered, of_users.len());
        for action in of_users {
            assert_eq!(parse(action.as_str()).unwrap().actions, [*action]);
        }
        assert!(parse("master_key.changed").is_none());
    }

    #[test]
    fn an_action_and_a_group_are_parsed_from_the_address() {
        assert_eq!(parse("job.finished").unwrap().actions, [ActionName::JobFinished]);
        assert_eq!(parse("jobs").unwrap().actions, [ActionName::JobFinished, ActionName::JobCancelRequested]);
        assert!(parse("job").is_none() && parse("").is_none());
    }
}
