//! The time zones that a form offers beside a date and a time, and the offsets beside a time.

use super::date_time;
use super::time_of_day::{self, OFFSETS};

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
    Some(names.into_iter().map(|name| zone(name, chosen)).collect())
}

/// Returns the offsets for a typed time, and first an option that chooses none. UTC is chosen beforehand for a person whose
/// zone it is. `None` if the text has an offset of its own, so that no control for times can show it.
pub(super) fn offsets(chosen: Option<&str>, typed: &str, own: &str) -> Option<Vec<ZoneView>> {
    let is_local = typed.is_empty() || time_of_day::join(typed, "UTC").is_ok();
    if !is_local || chosen.is_none() && !typed.is_empty() {
        return None;
    }
    let chosen = chosen.unwrap_or(if own == "UTC" { own } else { "" });
    let other = (!chosen.is_empty() && !OFFSETS.contains(&chosen)).then_some(chosen);
    let none = ZoneView { value: String::new(), label: "Choose…".to_owned(), chosen: chosen.is_empty() };
    let listed = OFFSETS.into_iter().chain(other).map(|offset| zone(offset.to_owned(), chosen));
    Some(std::iter::once(none).chain(listed).collect())
}

fn zone(name: String, chosen: &str) -> ZoneView {
    ZoneView {
        chosen: name == chosen,
        label: if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name.replace('_', " ") },
        value: name,
    }
}
