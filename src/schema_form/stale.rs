//! Names of a form that its tool does not have, such as those of an earlier version.

use std::collections::HashSet;

use super::entries::{Entries, ONLY_APPLICABLE, split_name};
use super::field::{Control, Field, Union};

/// Prefixes of the pairs of a field.
const PREFIXES: [&str; 18] =
    ["b", "before", "d", "e", "f", "j", "k", "n", "o", "on", "q", "r", "s", "t", "u", "v", "w", "z"];

/// Returns the names in the form that no field has. What an unpicked branch had is not among them: somebody picked another.
pub(super) fn stale_names<'a>(root: &Field, entries: &'a Entries) -> impl Iterator<Item = &'a str> {
    let fields = root.all();
    let mut known: HashSet<String> = HashSet::new();
    let mut left = Vec::new();
    for field in fields {
        known.insert(field.pointer.clone());
        if let Control::Union(union) = &field.control {
            known.insert(union.state.clone());
            if union.is_changed(entries) {
                left.push(format!("{}/", field.pointer));
            }
        }
    }
    let is_known = move |name: &str| {
        let (prefix, pointer) = split_name(name);
        let is_own = ["op", "idem", "seen", ONLY_APPLICABLE].contains(&name);
        is_own
            || PREFIXES.contains(&prefix) && (known.contains(pointer) || left.iter().any(|it| pointer.starts_with(it)))
    };
    let names = entries.pairs().iter().map(|(name, _)| name.as_str());
    names.filter(move |name| !is_known(name) && !entries.is_beside_json(name))
}

impl Union {
    /// Reports whether the form shows the fields of another branch than the one that is picked.
    pub(super) fn is_changed(&self, entries: &Entries) -> bool {
        let picked = self.picked.map(|picked| picked.to_string());
        picked.as_deref() != entries.text_at("w", &self.state).filter(|shown| !shown.is_empty())
    }
}
