//! The view of a form: its fields, its contents, and its faults. `field_view` has that of a field.

use askama::Template;
use askama::filters::HtmlSafe;

use super::applicable::{ConditionalFields, REFRESH_ID};
use super::control_view::{ErrorView, Shown};
use super::entries::{Entries, ONLY_APPLICABLE, WHOLE_INPUT};
use super::field::{Control, Field};
use super::field_view::FieldView;
use super::names::{id, in_sentence};
use super::nested_view::GroupView;
use super::offer::Offer;
use super::plan::Plan;
use crate::error::FieldFaults;

/// The fields of a form, to be placed between `<form>` and its buttons.
#[derive(Template)]
#[template(path = "schema_form/form.html")]
pub struct FormView {
    summary: Vec<Fault>,
    contents: Contents,
    refresh: Option<RefreshView>,
}

/// The button that hides the fields whose condition does not hold.
struct RefreshView {
    id: &'static str,
    /// The name of the pair that keeps them hidden.
    name: &'static str,
    is_on: bool,
    /// The number of hidden fields.
    hidden: usize,
    has_focus: bool,
}

// askama has escaped the contents
impl HtmlSafe for FormView {}

/// The contents of a form.
enum Contents {
    /// The whole input as one text area with JSON.
    Whole(Whole),
    /// The fields of the input.
    Group(GroupView<FieldView>),
    /// The input is one of several kinds.
    Field(Box<FieldView>),
}

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
        Self::with_focus(plan, entries, faults, "", "UTC")
    }

    /// Combines a plan with the contents of a form and its faults. `focus` is the id of the element that gets the focus, `zone`
    /// the time zone in which the person enters times.
    #[must_use]
    pub fn with_focus(plan: &Plan, entries: &Entries, faults: &FieldFaults, focus: &str, zone: &str) -> Self {
        let why = match &plan.why_json {
            Some(why) => Some(why.clone()),
            None => entries.is_json().then(String::new),
        };
        if let Some(why) = why {
            let whole = Whole {
                text: entries.get(WHOLE_INPUT).unwrap_or_default().to_owned(),
                why,
                errors: faults.faults().iter().map(ErrorView::new).collect(),
                secrets: entries.pairs().iter().filter(|(name, _)| name.starts_with("s/")).cloned().collect(),
            };
            return Self { summary: summary(None, faults), contents: Contents::Whole(whole), refresh: None };
        }
        let (root, entries) = plan.root_with_defaults(entries);
        let conditional = ConditionalFields::find(plan, &root, &entries, faults);
        let shown = Shown { entries: &entries, faults, focus, zone, conditional: conditional.as_ref() };
        let contents = match &root.control {
            Control::Group(group) => {
                Contents::Group(GroupView::new(&root, group, shown, &|field, _| FieldView::new(field, shown)))
            }
            _ => Contents::Field(Box::new(FieldView::new(&root, shown))),
        };
        let refresh = conditional.map(|it| RefreshView {
            id: REFRESH_ID,
            name: ONLY_APPLICABLE,
            is_on: it.is_on,
            hidden: it.hidden.len(),
            has_focus: focus == REFRESH_ID,
        });
        Self { summary: summary(Some(&root), faults), contents, refresh }
    }

    /// Offers choices beside the control of a field. A form that is one text with JSON has no such control.
    #[must_use]
    pub fn with_offer(mut self, pointer: &str, offer: Offer) -> Self {
        let opens = offer.has_answer();
        if let Contents::Group(group) = &mut self.contents {
            if let Some(field) = group.shown.iter_mut().find(|field| field.is_at(pointer)) {
                field.set_offer(offer);
            } else if let Some(field) = group.more.iter_mut().find(|field| field.is_at(pointer)) {
                field.set_offer(offer);
                group.more_is_open |= opens;
            }
        }
        self
    }

    /// Returns the summary, to be placed first in the page.
    #[must_use]
    pub fn summary(&self) -> SummaryView {
        SummaryView { faults: self.summary.clone() }
    }
}

/// Returns the faults in the order of the page. A fault without a field links to the parent field, or to the form.
fn summary(root: Option<&Field>, faults: &FieldFaults) -> Vec<Fault> {
    let fields = root.map(Field::all).unwrap_or_default();
    let is_inside = |field: &Field, pointer: &str| {
        pointer == field.pointer || !field.pointer.is_empty() && pointer.starts_with(&format!("{}/", field.pointer))
    };
    let place = |pointer: &str| fields.iter().rposition(|field| is_inside(field, pointer));
    let mut placed: Vec<_> = faults.faults().iter().map(|fault| (place(&fault.field), fault)).collect();
    placed.sort_by_key(|(place, _)| place.unwrap_or(0));
    let href = |at: Option<usize>, pointer: &str| match at.map(|at| fields[at]) {
        Some(_) if pointer.ends_with("/~key") => format!("#{}", id(pointer)),
        Some(field) if !field.pointer.is_empty() => match &field.control {
            Control::Union(union) => format!("#{}__b", id(&union.state)),
            Control::Closed => format!("#{}__add", id(&field.pointer)),
            _ => format!("#{}", id(&field.pointer)),
        },
        _ if root.is_some() => "#input-heading".to_owned(),
        _ => "#f".to_owned(),
    };
    let row = |pointer: &str| {
        let around = |field: &&&Field| pointer.starts_with(&format!("{}/", field.pointer)) && field.is_row();
        fields.iter().rev().find(around).map(|field| in_sentence(&field.label))
    };
    let fault = |(at, fault): (Option<usize>, &crate::error::FieldFault)| Fault {
        href: href(at, &fault.field),
        message: match row(&fault.field) {
            Some(row) => format!("{} ({row})", fault.message),
            None => fault.message.clone(),
        },
    };
    placed.into_iter().map(fault).collect()
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
