//! The time zones that a form offers beside a date and a time.

use super::date_time;

/// A zone to choose.
pub(super) struct ZoneView {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// Returns the zones for a typed time: that of the person, UTC, and the one that was chosen before. `None` if the text has a
/// zone of its own, so that no control for local times can show it.
pub(super) fn zones(chosen: Option<&str>, typed: &str, own: &str) -> Option<Vec<ZoneView>> {
    let is_local = typed.is_empty() || date_time::join(typed, "UTC").is_ok();
    if !is_local || chosen.is_none() && !typed.is_empty() {
        return None;
    }
    let chosen = chosen.unwrap_or(own);
    let mut names = vec![own.to_owned(), "UTC".to_owned(), chosen.to_owned()];
    names.dedup();
    if names.len() > 2 && names[0] == names[2] {
        names.truncate(2);
    }
    let zone = |name: String| ZoneView {
        chosen: name == chosen,
        label: if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name.replace('_', " ") },
        value: name,
    };
    Some(names.into_iter().map(zone).collect())
}
