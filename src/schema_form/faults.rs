//! The faults that a validator reports, in words.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use super::bytes_hints::encoded_limit;
use super::field::{Control, Field};
use super::names::{cut, step, type_words, unescaped};
use crate::error::Message;

/// The fields of a form by the places of their values, for faults.
pub(super) struct Words<'a> {
    /// Fields in the order of the page, each with the JSON Pointer of its value.
    places: Vec<(String, &'a Field)>,
}

impl<'a> Words<'a> {
    pub(super) const fn new(places: Vec<(String, &'a Field)>) -> Self {
        Self { places }
    }

    fn fields_at(&self, pointer: &str) -> impl DoubleEndedIterator<Item = &'a Field> {
        self.places.iter().filter(move |(place, _)| place == pointer).map(|(_, field)| *field)
    }

    /// Returns the pointer in the form of what stands at a place of the value.
    pub(super) fn field_pointer(&self, pointer: &str) -> String {
        let mut end = pointer.len();
        loop {
            if let Some(field) = self.fields_at(&pointer[..end]).next_back() {
                return format!("{}{}", field.pointer, &pointer[end..]);
            }
            match pointer[..end].rfind('/') {
                Some(before) => end = before,
                None => return pointer.to_owned(),
            }
        }
    }

    /// Returns the place of the branch that was picked for the value at a pointer.
    fn picked(&self, pointer: &str, keyword: &str) -> Option<usize> {
        self.fields_at(pointer).find_map(|field| match &field.control {
            Control::Union(union) if union.keyword == keyword => Some(union.branches.get(union.picked?)?.place),
            _ => None,
        })
    }
}

/// Returns the pointers of what is wrong, and a sentence about each. Of a union, only the branch that was picked counts. What
/// only a programmer reads is the detail.
pub(super) fn explain(error: &ValidationError<'_>, words: &Words<'_>) -> Vec<(String, Message)> {
    let pointer = error.instance_path().as_str().to_owned();
    let it = label_at(&pointer, words);
    let message = match error.kind() {
        Kind::AnyOf { context } => return explain_branch(error, context, "anyOf", words),
        Kind::OneOfNotValid { context } => return explain_branch(error, context, "oneOf", words),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            return unexpected.iter().map(|name| unexpected_name(&pointer, name, words)).collect();
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let pointer = format!("{pointer}/{}", step(name));
            let is_missing = || format!("{} is missing", label_at(&pointer, words));
            let message = words.fields_at(&pointer).next().map_or_else(is_missing, Field::missing_message);
            return vec![(pointer, message.into())];
        }
        Kind::PropertyNames { error } => {
            format!("{it} has a name that is not accepted: {}", cut(&error.masked().to_string()))
        }
        Kind::MinLength { limit } => format!("{it} must be {limit} characters or more"),
        Kind::MaxLength { limit } => match words.fields_at(&pointer).next().map(|field| &field.control) {
            Some(Control::Bytes(bytes)) => {
                let most = usize::try_from(*limit).unwrap_or(usize::MAX);
                format!("{it} is too large. {}", encoded_limit(most, bytes))
            }
            _ => format!("{it} must be {limit} characters or fewer"),
        },
        Kind::Minimum { limit } => format!("{it} must be {limit} or more"),
        Kind::Maximum { limit } => format!("{it} must be {limit} or less"),
        Kind::ExclusiveMinimum { limit } => format!("{it} must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{it} must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{it} must be a multiple of {multiple_of}"),
        Kind::MinItems { limit } => format!("{it} must have {limit} items or more"),
        Kind::MaxItems { limit } => format!("{it} must have {limit} items or fewer"),
        Kind::MinProperties { limit } => format!("{it} must have {limit} names or more"),
        Kind::MaxProperties { limit } => format!("{it} must have {limit} names or fewer"),
        Kind::Contains => format!("{it} lacks an item that the tool requires"),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            format!("{it} has more items than the tool takes")
        }
        Kind::UniqueItems => format!("{it} has the same item twice"),
        Kind::Enum { .. } | Kind::Constant { .. } => format!("{it} must be one of the values that are offered"),
        Kind::Format { format } => format!("{it} must be {}", format_words(format)),
        Kind::Pattern { pattern: regex } => {
            let message = Message::from(format!("{it} is not written as the tool expects"));
            return vec![(pointer, message.with_detail(format!("Pattern: {}", cut(regex))))];
        }
        Kind::BacktrackLimitExceeded { .. } => format!("{it} takes too long to check against the tool’s pattern"),
        Kind::Type { .. } => format!("{it} must be {}", kind_words(error)),
        Kind::OneOfMultipleValid { .. } => format!("{it} is more than one of the kinds that the tool takes"),
        Kind::Not { .. } | Kind::FalseSchema => format!("{it} is not accepted in this combination"),
        // the detail quotes no value: it may be a secret
        _ => {
            let message = Message::from(format!("{it} does not fit the tool’s schema"));
            return vec![(pointer, message.with_detail(cut(&error.masked().to_string())))];
        }
    };
    vec![(pointer, message.into())]
}

/// Explains the faults of the branch that was picked, or of the only one whose type the value has.
fn explain_branch(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    keyword: &str,
    words: &Words<'_>,
) -> Vec<(String, Message)> {
    let pointer = error.instance_path().as_str();
    let has_type = |errors: &&Vec<ValidationError<'_>>| {
        let is_other_type = |error: &ValidationError<'_>| {
            error.instance_path().as_str() == pointer
                && matches!(error.kind(), Kind::Type { .. } | Kind::Constant { .. })
        };
        !errors.iter().any(is_other_type)
    };
    let picked = words.picked(pointer, keyword).and_then(|place| context.get(place));
    let mut of_type = context.iter().filter(has_type);
    let only = || of_type.next().filter(|_| of_type.next().is_none());
    if let Some(errors) = picked.or_else(only) {
        return errors.iter().flat_map(|error| explain(error, words)).collect();
    }
    let rule = words.fields_at(pointer).find_map(|field| match &field.control {
        Control::Group(group) => group.rules.first().cloned(),
        _ => None,
    });
    let it = label_at(pointer, words);
    let message = rule.unwrap_or_else(|| format!("{it} is none of the kinds that the tool takes"));
    vec![(pointer.to_owned(), message.into())]
}

/// Explains a name that the tool does not take: at the row that has it, or at the object.
fn unexpected_name(pointer: &str, name: &str, words: &Words<'_>) -> (String, Message) {
    let own = format!("{pointer}/{}", step(name));
    let message = format!("The tool does not take {}", cut(name));
    (if words.fields_at(&own).next().is_some() { own } else { pointer.to_owned() }, message.into())
}

fn kind_words(error: &ValidationError<'_>) -> String {
    let text = error.masked().to_string();
    let kinds = text.rsplit(" is not of type").next().unwrap_or_default();
    let kinds: Vec<_> = kinds.split('"').skip(1).step_by(2).map(|kind| cut(type_words(kind))).collect();
    kinds.join(", or ")
}

/// Returns the label of the field at a pointer. Inside of JSON it is the name as it stands there, with the item that has it.
fn label_at(pointer: &str, words: &Words<'_>) -> String {
    if let Some(field) = words.fields_at(pointer).next() {
        return field.label.clone();
    }
    let mut steps = pointer.rsplit('/');
    let index = |step: &str| step.parse::<usize>().ok().map(|index| index + 1);
    match steps.next() {
        Some("") | None => "The input".to_owned(),
        Some(last) => match (index(last), steps.find_map(index)) {
            (Some(item), _) => format!("Item {item}"),
            (None, item) => {
                let name = cut(&unescaped(last));
                item.map_or(format!("“{name}”"), |item| format!("“{name}” of item {item}"))
            }
        },
    }
}

fn format_words(format: &str) -> &str {
    match format {
        "date" => "a date, such as 2026-11-28",
        "time" => "a time, such as 08:30:00Z",
        "date-time" => "a date and a time, such as 2026-11-28T08:30:00Z",
        "duration" => "a duration, such as P3DT4H",
        "email" | "idn-email" => "an email address, such as name@example.com",
        "uri" | "iri" => "a whole URL, such as https://example.com",
        "uuid" => "a UUID",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "hostname" | "idn-hostname" => "a host name",
        other => other,
    }
}
