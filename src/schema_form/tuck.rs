//! The fields of an object that are behind "More options".

use super::entries::{ENTERED_BEFORE, Entries};
use super::field::{Control, Field};
use super::scalar::Lifecycle;
use crate::error::FieldFaults;

/// Fewer optional fields than this are always visible.
const MIN_TUCKED_FIELDS: usize = 3;

/// The fields that are shown of an object without required ones.
const MAX_FIRST_FIELDS: usize = 8;

/// Splits fields into those behind "More options" and those that are shown. The first fields of an object without required ones
/// stay, whatever is filled in: a form that is shown again has them in the same place.
pub(super) fn tuck<'a>(fields: impl Iterator<Item = &'a Field>, entries: &Entries) -> (Vec<&'a Field>, Vec<&'a Field>) {
    let fields: Vec<&Field> = fields.collect();
    let first = if fields.iter().any(|field| field.required) { 0 } else { MAX_FIRST_FIELDS };
    let place = |(at, field): &(usize, &Field)| {
        (*at >= first || field.lifecycle == Lifecycle::Deprecated) && is_tucked(field, entries)
    };
    let (more, shown): (Vec<_>, Vec<_>) = fields.iter().copied().enumerate().partition(place);
    let has_deprecated = more.iter().any(|(_, field)| field.lifecycle == Lifecycle::Deprecated);
    let fields_of = |placed: Vec<(usize, &'a Field)>| placed.into_iter().map(|(_, field)| field).collect();
    if more.len() < MIN_TUCKED_FIELDS && !has_deprecated {
        (Vec::new(), fields)
    } else {
        (fields_of(more), fields_of(shown))
    }
}

/// Reports whether an optional field is empty, so that it can be behind "More options".
fn is_tucked(field: &Field, entries: &Entries) -> bool {
    !field.required && !is_filled(field, entries) && field.inner().into_iter().all(|field| is_tucked(field, entries))
}

/// Reports whether a field, and what is inside of it, is empty.
pub(super) fn is_empty(field: &Field, entries: &Entries) -> bool {
    !is_filled(field, entries) && field.inner().into_iter().all(|field| is_empty(field, entries))
}

/// Reports whether a field itself holds something.
fn is_filled(field: &Field, entries: &Entries) -> bool {
    let typed = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    let is_picked = matches!(&field.control, Control::Union(union) if union.picked.is_some());
    is_picked || ["v", "u", "on", "n", "j", "s", "r", ENTERED_BEFORE].into_iter().any(typed)
}

/// Reports whether a field, or one inside of it, has a fault.
pub(super) fn has_fault(field: &Field, faults: &FieldFaults) -> bool {
    let below = format!("{}/", field.pointer);
    faults.faults().iter().any(|fault| fault.field == field.pointer || fault.field.starts_with(&below))
}
