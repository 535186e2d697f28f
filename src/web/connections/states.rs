//! The groups of the list of connections, as links with numbers. The page and its stream render them.

use crate::connections::{ConnectionGroup, GroupCounts};
use crate::web::filtering::url_with_params;
use crate::web::here::Here;

/// A link that narrows the list.
pub(super) struct StateLink {
    pub(super) label: &'static str,
    pub(super) count: i64,
    pub(super) href: String,
    pub(super) is_here: bool,
}

/// Returns the links of a page that shows `current`.
pub(super) fn state_links(
    here: &Here,
    counts: &GroupCounts,
    current: Option<ConnectionGroup>,
    is_paused: bool,
) -> Vec<StateLink> {
    let live = if is_paused { "off" } else { "" };
    let link = |group: Option<ConnectionGroup>| StateLink {
        label: label(group),
        count: counts.count_in(group),
        href: url_with_params(&here.path("/connections"), &[("state", group.map_or("", word)), ("live", live)]),
        is_here: group == current,
    };
    std::iter::once(None).chain(ConnectionGroup::ALL.map(Some)).map(link).collect()
}

/// Returns the group of a word in the address.
pub(super) fn parse(text: &str) -> Option<ConnectionGroup> {
    ConnectionGroup::ALL.into_iter().find(|it| word(*it) == text)
}

/// Returns the word of a group in addresses.
pub(super) const fn word(group: ConnectionGroup) -> &'static str {
    match group {
        ConnectionGroup::NeedsYou => "attention",
        ConnectionGroup::Expiring => "expiring",
        ConnectionGroup::Connected => "connected",
        ConnectionGroup::Disconnected => "disconnected",
    }
}

const fn label(group: Option<ConnectionGroup>) -> &'static str {
    match group {
        None => "All",
        Some(ConnectionGroup::NeedsYou) => "Needs me",
        Some(ConnectionGroup::Expiring) => "Expiring",
        Some(ConnectionGroup::Connected) => "Connected",
        Some(ConnectionGroup::Disconnected) => "Disconnected",
    }
}

/// Returns the heading of the list of a group.
pub(super) const fn heading(group: Option<ConnectionGroup>) -> &'static str {
    match group {
        None => "Connections",
        Some(ConnectionGroup::NeedsYou) => "Connections that need you",
        Some(ConnectionGroup::Expiring) => "Connections that expire soon",
        Some(ConnectionGroup::Connected) => "Connections that work",
        Some(ConnectionGroup::Disconnected) => "Disconnected connections",
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, state_links, word};
    use crate::connections::{ConnectionGroup, GroupCounts};
    use crate::web::here::Here;

    #[test]
    fn each_group_is_a_link_with_its_number() {
        let counts = GroupCounts { needs_owner: 1, expiring: 2, connected: 5, disconnected: 3 };
        let links = state_links(&Here::default(), &counts, Some(ConnectionGroup::Expiring), true);
        let told: Vec<_> = links.iter().map(|it| (it.label, it.count, it.is_here)).collect();
        let expected = [
            ("All", 9, false),
            ("Needs me", 1, false),
            ("Expiring", 2, true),
            ("Connected", 5, false),
            ("Disconnected", 3, false),
        ];
        assert_eq!(told, expected);
        assert_eq!(links[2].href, "/connections?state=expiring&live=off");
        assert!(ConnectionGroup::ALL.into_iter().all(|group| parse(word(group)) == Some(group)));
    }
}
