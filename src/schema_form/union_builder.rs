//! Building of values that are one of several kinds.

use serde_json::{Map, Value};

use super::branches::{branches, discriminator_fits};
use super::builder::Builder;
use super::field::{Branch, Control, Field, Group, Union};
use super::field_place::{Place, Source};

impl Builder<'_> {
    /// Builds the field of the branch that somebody picked, or that the value has.
    pub(super) fn union(
        &mut self,
        field: &mut Field,
        place: &Place<'_>,
        schema: &Map<String, Value>,
        source: Source<'_>,
    ) {
        let Some((keyword, found)) = branches(self.root, schema) else { return };
        let state = if place.union_state.is_empty() { place.pointer.clone() } else { place.union_state.clone() };
        let picked = match source {
            Source::Value(value) => self.branch_of(schema, value),
            Source::Entries | Source::Carried => self.entries.text_at("b", &state).and_then(|text| text.parse().ok()),
            Source::Blank { .. } | Source::Missing | Source::EnteredBefore => None,
        };
        let picked = picked.filter(|picked| *picked < found.len());
        if let (Source::Value(_), Some(index)) = (source, picked) {
            self.entries.push("b", &state, index.to_string());
            self.entries.push("w", &state, index.to_string());
        }
        let is_shown = picked.map(|it| it.to_string()).as_deref() == self.entries.text_at("w", &state);
        let source = match source {
            Source::Entries if !is_shown => Source::Carried,
            other => other,
        };
        if matches!(source, Source::Carried) {
            self.keep_left_branch(place, field.is_secret, &state, &found);
        }
        let inner = picked.map(|index| {
            let (branch, schema) = &found[index];
            let place = Place {
                label: Some(branch.label.clone()),
                required: true,
                union_state: format!("{state}/~b"),
                depth: place.depth + 1,
                is_secret: field.is_secret,
                ..place.clone()
            };
            Box::new(self.field(&place, schema, source))
        });
        let branches = found.into_iter().map(|(branch, _)| branch).collect();
        field.control = Control::Union(Union { state, keyword, branches, picked, field: inner });
    }

    /// Keeps the fields of the branch that the form showed before.
    fn keep_left_branch(&mut self, place: &Place<'_>, is_secret: bool, state: &str, found: &[(Branch, Value)]) {
        let shown = self.entries.text_at("w", state).and_then(|text| text.parse::<usize>().ok());
        let Some((_, schema)) = shown.and_then(|shown| found.get(shown)) else { return };
        let mut entries = self.entries.clone();
        let mut builder = Builder::new(self.root, &mut entries);
        let union_state = format!("{state}/~b");
        let place = Place { required: true, union_state, depth: place.depth + 1, is_secret, ..place.clone() };
        let left = builder.field(&place, schema, Source::Entries);
        self.left.extend(left.all().into_iter().map(|field| (field.pointer.clone(), field.clone())));
    }

    /// Returns the branch that a value has: the one whose constants it has, or the first one that takes the value and can show
    /// it.
    pub(super) fn branch_of(&mut self, schema: &Map<String, Value>, value: &Value) -> Option<usize> {
        let (_, found) = branches(self.root, schema)?;
        let by_constant: Vec<usize> =
            (0..found.len()).filter(|at| discriminator_fits(self.root, &found[*at].1, value)).collect();
        if let [only] = by_constant.as_slice() {
            return Some(*only);
        }
        let accepts = |at: &usize| found[*at].1.as_object().is_some_and(|schema| self.fit.accepts(schema, value));
        let valid: Vec<usize> = (0..found.len()).filter(accepts).collect();
        let shows = |at: &usize| match (super::resolve::resolve(self.root, &found[*at].1), value) {
            (Some(branch), Value::Object(members)) => self.group_holds(&Group::default(), &branch, members),
            _ => true,
        };
        valid.iter().find(|at| shows(at)).or_else(|| valid.first()).copied()
    }
}
