//! The view of a form: its plan, its contents, and its faults. `field_view` has that of a field.

use askama::Template;
use askama::filters::HtmlSafe;

use super::entries::{ENTERED_BEFORE, Entries, WHOLE_INPUT};
use super::field::{Control, Field};
use super::field_view::{ErrorView, FieldView};
use super::names::id;
use super::offer::Offer;
use super::plan::{Plan, Root};
use crate::error::FieldFaults;

/// Fewer optional fields than this are always visible.
const MIN_TUCKED_FIELDS: usize = 3;

/// The fields that are shown of a form without required ones.
const MAX_FIRST_FIELDS: usize = 8;

/// The fields of a form, to be placed between `<form>` and its buttons.
#[derive(Template)]
#[template(path = "schema_form/form.html")]
pub struct FormView {
    summary: Vec<Fault>,
    whole: Option<Whole>,
    shown: Vec<FieldView>,
    more: Vec<FieldView>,
    more_is_open: bool,
    is_open: bool,
}

// askama has escaped the contents
impl HtmlSafe for FormView {}

/// The summary of a form's faults, which is placed above the form and gets the focus.
#[derive(Template)]
#[template(path = "schema_form/summary.html")]
pub struct SummaryView {
    faults: Vec<Fault>,
}

impl HtmlSafe for SummaryView {}

/// A fault, and the id that it links to.
#[derive(Clone)]
struct Fault {
    href: String,
    message: String,
}

/// The whole input as one text area with JSON.
struct Whole {
    text: String,
    why: String,
    errors: Vec<ErrorView>,
    /// Names and texts of the sealed secrets that are masked in the text.
    secrets: Vec<(String, String)>,
}

impl FormView {
    /// Combines a plan with the contents of a form and its faults.
    #[must_use]
    pub fn new(plan: &Plan, entries: &Entries, faults: &FieldFaults) -> Self {
        let (fields, why) = match &plan.root {
            Root::Fields(fields) if !entries.is_json() => (fields.as_slice(), None),
            Root::Fields(_) => (&[][..], Some(String::new())),
            Root::Json(why) => (&[][..], Some(why.clone())),
        };
        let whole = why.map(|why| Whole {
            text: entries.get(WHOLE_INPUT).unwrap_or_default().to_owned(),
            why,
            errors: faults.faults().iter().map(ErrorView::new).collect(),
            secrets: entries.pairs().iter().filter(|(name, _)| name.starts_with("s/")).cloned().collect(),
        });
        let (more, shown) = tuck(fields, entries);
        let views =
            |fields: Vec<&Field>| fields.into_iter().map(|field| FieldView::new(field, entries, faults)).collect();
        Self {
            more_is_open: more.iter().any(|field| has_fault(field, faults)),
            summary: summary(plan, faults, whole.is_some()),
            whole,
            shown: views(shown),
            more: views(more),
            is_open: plan.is_open && !entries.is_json(),
        }
    }

    /// Offers choices beside the control of a field. A form that is one text with JSON has no such control.
    #[must_use]
    pub fn with_offer(mut self, pointer: &str, offer: Offer) -> Self {
        let opens = offer.has_answer();
        if let Some(field) = self.shown.iter_mut().find(|field| field.is_at(pointer)) {
            field.set_offer(offer);
        } else if let Some(field) = self.more.iter_mut().find(|field| field.is_at(pointer)) {
            field.set_offer(offer);
            self.more_is_open |= opens;
        }
        self
    }

    /// Returns the summary, to be placed first in the page.
    #[must_use]
    pub fn summary(&self) -> SummaryView {
        SummaryView { faults: self.summary.clone() }
    }
}

/// Splits fields into those behind "More options" and those that are shown. The first fields of a form without required ones
/// stay, whatever is filled in: a form that is shown again has them in the same place.
fn tuck<'a>(fields: &'a [Field], entries: &Entries) -> (Vec<&'a Field>, Vec<&'a Field>) {
    let first = if fields.iter().any(|field| field.required) { 0 } else { MAX_FIRST_FIELDS };
    let place = |(at, field): &(usize, &Field)| *at >= first && is_tucked(field, entries);
    let (more, shown): (Vec<_>, Vec<_>) = fields.iter().enumerate().partition(place);
    let fields_of = |placed: Vec<(usize, &'a Field)>| placed.into_iter().map(|(_, field)| field).collect();
    if more.len() < MIN_TUCKED_FIELDS {
        (Vec::new(), fields.iter().collect())
    } else {
        (fields_of(more), fields_of(shown))
    }
}

/// Reports whether an optional field is empty, so that it can be behind "More options".
fn is_tucked(field: &Field, entries: &Entries) -> bool {
    if entries.has_untouched_skeleton(field) {
        return !field.required;
    }
    let typed = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    let inner_typed = match &field.control {
        Control::Group(inner) => inner.iter().any(|field| !is_tucked(field, entries)),
        _ => false,
    };
    !field.required && !["v", "on", "n", "j", "s", ENTERED_BEFORE].into_iter().any(typed) && !inner_typed
}

fn has_fault(field: &Field, faults: &FieldFaults) -> bool {
    faults
        .faults()
        .iter()
        .any(|fault| fault.field == field.pointer || fault.field.starts_with(&format!("{}/", field.pointer)))
}

/// Returns the faults in the order of the page. A fault without a field links to the parent field, or to the form.
fn summary(plan: &Plan, faults: &FieldFaults, is_json: bool) -> Vec<Fault> {
    let order: Vec<_> = plan.fields().map(|field| field.pointer.as_str()).collect();
    let place =
        |pointer: &str| order.iter().rposition(|known| *known == pointer || pointer.starts_with(&format!("{known}/")));
    let mut placed: Vec<_> = faults.faults().iter().map(|fault| (place(&fault.field), fault)).collect();
    placed.sort_by_key(|(place, _)| place.unwrap_or(0));
    let href = |at: Option<usize>| match at {
        Some(at) if !is_json => format!("#{}", id(order[at])),
        _ => "#f".to_owned(),
    };
    placed.into_iter().map(|(at, fault)| Fault { href: href(at), message: fault.message.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Entries, FieldFaults, FormView, Plan};
    use serde_json::json;

    #[test]
    fn free_text_is_typed_and_shown_in_its_own_direction() {
        let lines = json!({ "type": "array", "items": { "type": "string" } });
        let plan = Plan::compile(&json!({ "properties": {
            "line": { "type": "string" }, "body": { "type": "string" }, "lines": lines, "count": { "type": "integer" },
            "id": { "type": "string", "format": "uuid" }, "day": { "type": "string", "format": "date" } } }));
        let html = FormView::new(&plan, &Entries::blank(&plan), &FieldFaults::default()).to_string();
        let tag = |name: &str| {
            let at = html.find(&format!("name=\"v/{name}\"")).unwrap();
            html[at..].split('>').next().unwrap()
        };
        for free in ["line", "body", "lines"] {
            assert!(tag(free).contains("dir=\"auto\""), "{}", tag(free));
        }
        for formatted in ["count", "id", "day"] {
            assert!(!tag(formatted).contains("dir="), "{}", tag(formatted));
        }
    }

    #[test]
    fn of_sixty_optional_fields_eight_are_shown_and_a_fault_behind_them_opens_the_rest() {
        let properties: serde_json::Map<_, _> =
            (1..=60).map(|n| (format!("f{n}"), json!({ "type": "string" }))).collect();
        let plan = Plan::compile(&json!({ "properties": properties }));
        let page = |typed: &[(&str, &str)], faults: &FieldFaults| {
            let pairs = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            FormView::new(&plan, &Entries::from_pairs(pairs), faults).to_string()
        };
        let shown = |html: &str| html.split("<details").next().unwrap().matches("name=\"v/").count();
        let blank = page(&[], &FieldFaults::default());
        assert!(shown(&blank) == 8 && blank.contains("<details><summary>More options (52)"), "{blank}");
        // what was filled in joins the first ones, which stay
        let again = page(&[("v/f1", "x"), ("v/f60", "y")], &FieldFaults::default());
        assert!(shown(&again) == 9 && again.contains("More options (51)"), "{again}");
        let mut faults = FieldFaults::default();
        faults.add("/f40", "F40 is not accepted in this combination");
        let refused = page(&[("v/f1", "x")], &faults);
        assert!(shown(&refused) == 8 && refused.contains("<details open><summary>More options (52)"), "{refused}");
    }
}
