//! Helpers of list filters: reading parameters, reporting invalid ones, and the options of selects.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use time::OffsetDateTime;
use url::form_urlencoded::Serializer;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::{self, LinkedConnector};
use crate::connectors;
use crate::db::Tx;
use crate::error::{FieldFaults, Result};

/// An option of a select.
pub(super) struct SelectOption {
    pub(super) value: String,
    pub(super) label: String,
}

impl SelectOption {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// Parses a parameter; an empty one is `None`.
pub(super) fn parse_param<T>(value: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    Some(value.trim()).filter(|value| !value.is_empty()).and_then(parse)
}

/// Reports a parameter that has a value and is not valid. A long value is cut.
pub(super) fn report_invalid(faults: &mut FieldFaults, name: &str, value: &str, is_valid: bool, advice: &str) {
    let value = value.trim();
    if value.is_empty() || is_valid {
        return;
    }
    let cut: String = value.chars().take(40).collect();
    let dots = if cut.len() < value.len() { "…" } else { "" };
    faults.add(name, format!("“{cut}{dots}” was left out of “{name}”: {advice}"));
}

/// Returns "2 filters are on: failed, Workbench."; an empty text if only invalid parameters can be cleared, and `None` if there is
/// nothing to clear.
pub(super) fn active_filters(parts: &[String], faults: &FieldFaults) -> Option<String> {
    let words = parts.join(", ");
    match parts.len() {
        0 if faults.is_empty() => None,
        0 => Some(String::new()),
        1 => Some(format!("1 filter is on: {words}.")),
        n => Some(format!("{n} filters are on: {words}.")),
    }
}

/// Parses a date in the format of a date field, and in no other.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text && day.year() >= 1970).then_some(day)
}

/// The advice for a value that is not a date.
pub(super) const DATE_HINT: &str = "write a date like 2026-11-24";

/// The advice for a connector that the viewer does not have.
pub(super) const CONNECTOR_HINT: &str = "you have no connector of that name; choose one of the list";

/// The longest name of a tool, in characters.
pub(super) const MAX_TOOL_NAME_LENGTH: usize = 128;

/// The advice for a text that is longer than a tool's name.
pub(super) const TOOL_NAME_HINT: &str = "the name of a tool has at most 128 characters; shorten it";

/// Returns the moment at which a day begins in a time zone.
pub(super) fn start_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?.timestamp();
    OffsetDateTime::from_unix_timestamp(start.as_second()).ok()
}

/// Formats a date as "20 November 2026".
pub(super) fn format_date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// Describes a period of whole days: "since 20 November 2026", "up to …", "on …" or "from … to …".
pub(super) fn period_label(first: Option<Date>, last: Option<Date>) -> Option<String> {
    match (first, last) {
        (None, None) => None,
        (Some(first), None) => Some(format!("since {}", format_date(first))),
        (None, Some(last)) => Some(format!("up to {}", format_date(last))),
        (Some(first), Some(last)) if first == last => Some(format!("on {}", format_date(first))),
        (Some(first), Some(last)) => Some(format!("from {} to {}", format_date(first), format_date(last))),
    }
}

/// Encodes query parameters; those without a value are left out.
pub(super) fn query_params(named: &[(&str, &str)]) -> Serializer<'static, String> {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(named.iter().filter(|(_, value)| !value.is_empty()));
    query
}

/// Appends encoded parameters to a path.
pub(super) fn url_with_query(path: &str, mut query: Serializer<'static, String>) -> String {
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// Appends parameters to a path; those without a value are left out.
pub(super) fn url_with_params(path: &str, named: &[(&str, &str)]) -> String {
    url_with_query(path, query_params(named))
}

/// The connectors that a list can be narrowed to, and the selected one.
pub(super) struct ConnectorFilter {
    pub(super) choices: Vec<SelectOption>,
    pub(super) selected: Option<LinkedConnector>,
}

/// Loads the connectors of the actor's connections. The connector `slug` is included even without a connection.
pub(super) async fn load_connector_filter(tx: &mut Tx, actor: &Actor, slug: &str) -> Result<ConnectorFilter> {
    let mut linked = connections::linked_connectors(tx, actor).await?;
    let slug = slug.trim();
    let mut selected = linked.iter().find(|it| it.slug == slug).cloned();
    if selected.is_none() && !slug.is_empty() {
        selected = connectors::find_by_slug(tx, actor, slug).await?.map(|it| LinkedConnector {
            id: it.id,
            name: it.name,
            slug: it.slug,
        });
        linked.extend(selected.clone());
    }
    let any = SelectOption::new("", "Any connector");
    let choices =
        std::iter::once(any).chain(linked.into_iter().map(|it| SelectOption::new(it.slug, it.name))).collect();
    Ok(ConnectorFilter { choices, selected })
}

#[cfg(test)]
mod tests {
    use super::{active_filters, parse_date, start_of_day, url_with_params};
    use crate::error::FieldFaults;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn only_the_format_of_a_date_field_is_a_date() {
        assert_eq!(parse_date("2026-11-24").map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
        for other in ["20261124", "2026-11-24T10:00", "1969-12-31", "2026-02-30", "tomorrow"] {
            assert_eq!(parse_date(other), None, "{other}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_viewers_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(start_of_day(parse_date("2026-11-20").unwrap(), &berlin), Some(datetime!(2026-11-19 23:00 UTC)));
    }

    #[test]
    fn filters_are_listed_while_there_is_something_to_clear() {
        let (failed, workbench) = ("failed".to_owned(), "Workbench".to_owned());
        let mut faults = FieldFaults::default();
        assert_eq!(active_filters(&[], &faults), None);
        assert_eq!(active_filters(std::slice::from_ref(&failed), &faults).as_deref(), Some("1 filter is on: failed."));
        let both = active_filters(&[failed, workbench], &faults);
        assert_eq!(both.as_deref(), Some("2 filters are on: failed, Workbench."));
        faults.add("since", "Write a date");
        assert_eq!(active_filters(&[], &faults).as_deref(), Some(""));
    }

    #[test]
    fn an_address_holds_only_parameters_with_a_value() {
        assert_eq!(url_with_params("/jobs", &[("a", ""), ("b", "")]), "/jobs");
        assert_eq!(url_with_params("/jobs", &[("a", ""), ("b", "x&y")]), "/jobs?b=x%26y");
    }
}
