//! Building of values that are one of several kinds.

use serde_json::Value;

use super::branches::Branches;
use super::builder::Builder;
use super::field::{Control, Field, Union};
use super::field_place::{Place, Source};
use super::keywords::Keywords;
use super::resolve::resolve;

/// Most parts beside a union that are counted.
const MAX_BASE_SIZE: usize = 100_000;

impl Builder<'_> {
    /// Builds the field of the branch that somebody picked, or that was found for the value.
    pub(super) fn union(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        let Control::Union(union) = &field.control else { return };
        let Some(found) = Branches::read(self.root, schema) else { return };
        let state = place.union_state().to_owned();
        let picked = match source {
            Source::Value(_) => union.picked,
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
        let inner = picked.and_then(|index| {
            let schema = found.schema(self.root, index)?;
            let place = Place {
                label: Some(found.label(index).to_owned()),
                required: true,
                union_state: format!("{state}/~b"),
                depth: place.depth + 1,
                is_secret: field.is_secret,
                ..place.clone()
            };
            Some(Box::new(self.field(&place, &schema, source)))
        });
        let keyword = found.keyword;
        field.control = Control::Union(Union { state, keyword, branches: found.into_words(), picked, field: inner });
    }

    /// Keeps the fields of the branch that the form showed before.
    fn keep_left_branch(&mut self, place: &Place<'_>, is_secret: bool, state: &str, found: &Branches<'_>) {
        let shown = self.entries.text_at("w", state).and_then(|text| text.parse::<usize>().ok());
        let Some(schema) = shown.and_then(|shown| found.schema(self.root, shown)) else { return };
        let mut entries = self.entries.clone();
        let mut builder = Builder::new(self.root, &mut entries);
        let union_state = format!("{state}/~b");
        let place = Place { required: true, union_state, depth: place.depth + 1, is_secret, ..place.clone() };
        let left = builder.field(&place, &schema, Source::Entries);
        self.left.extend(left.all().into_iter().map(|field| (field.pointer.clone(), field.clone())));
    }

    /// Returns the branch that a value has: the one whose constants it has, or the first one that takes the value and can show
    /// it.
    pub(super) fn branch_of(&mut self, schema: &Keywords<'_>, value: &Value) -> Option<usize> {
        let found = Branches::read(self.root, schema)?;
        let mut by_constant = (0..found.len()).filter(|at| found.has_constant(self.root, *at, value));
        if let (Some(only), None) = (by_constant.next(), by_constant.next()) {
            return Some(only);
        }
        let weight = found.base_size(MAX_BASE_SIZE);
        let accepts = |at: &usize| {
            if self.fit.pay(weight).is_none() {
                return false;
            }
            let schema = found.schema(self.root, *at);
            schema
                .as_deref()
                .and_then(Value::as_object)
                .is_some_and(|it| self.fit.accepts(&Keywords::borrow(it), value))
        };
        let shows = |at: &usize| {
            if self.fit.pay(weight).is_none() {
                return false;
            }
            let schema = found.schema(self.root, *at);
            match (schema.as_deref().and_then(|schema| resolve(self.root, schema)), value) {
                (Some(branch), Value::Object(members)) => self.group_holds(&branch, members),
                _ => true,
            }
        };
        (0..found.len()).filter(shows).find(accepts).or_else(|| (0..found.len()).find(accepts))
    }
}
