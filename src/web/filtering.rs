//! What the filters of lists have in common: parameters of an address, each understood or told, and what may be chosen.

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

/// An entry of a select.
pub(super) struct SelectOption {
    pub(super) value: String,
    pub(super) label: String,
}

impl SelectOption {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// What a parameter says, if it has a value that can be read.
pub(super) fn parse_param<T>(asked: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    Some(asked.trim()).filter(|asked| !asked.is_empty()).and_then(read)
}

/// Tells of a parameter that has a value and was not understood; a long one is cut.
pub(super) fn report_invalid(faults: &mut FieldFaults, name: &str, asked: &str, fits: bool, why: &str) {
    let asked = asked.trim();
    if asked.is_empty() || fits {
        return;
    }
    let cut: String = asked.chars().take(40).collect();
    let dots = if cut.len() < asked.len() { "…" } else { "" };
    faults.add(name, format!("“{cut}{dots}” was left out of “{name}”: {why}"));
}

/// A date as a date field sends it, and nothing else that could be read as one.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text && day.year() >= 1970).then_some(day)
}

/// What to write instead of something that is no date.
pub(super) const DATE_HINT: &str = "write a date like 2026-11-24";

/// When a day begins for somebody in this zone.
pub(super) fn start_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?.timestamp();
    OffsetDateTime::from_unix_timestamp(start.as_second()).ok()
}

/// "20 November 2026".
pub(super) fn format_date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// Parameters of an address; those without a value are left out.
pub(super) fn query_params(named: &[(&str, &str)]) -> Serializer<'static, String> {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(named.iter().filter(|(_, value)| !value.is_empty()));
    query
}

/// An address with these parameters.
pub(super) fn url_with_query(path: &str, mut query: Serializer<'static, String>) -> String {
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// An address with its parameters; those without a value are left out.
pub(super) fn url_with_params(path: &str, named: &[(&str, &str)]) -> String {
    url_with_query(path, query_params(named))
}

/// The services that a list may be narrowed to, and the one that is asked for.
pub(super) struct ConnectorFilter {
    pub(super) choices: Vec<SelectOption>,
    pub(super) chosen: Option<LinkedConnector>,
}

/// The actor's services; the one of this place is among them though it was never used.
pub(super) async fn load_connector_filter(tx: &mut Tx, actor: &Actor, slug: &str) -> Result<ConnectorFilter> {
    let mut linked = connections::linked(tx, actor).await?;
    let slug = slug.trim();
    let mut chosen = linked.iter().find(|it| it.slug == slug).cloned();
    if chosen.is_none() && !slug.is_empty() {
        chosen = connectors::find_by_slug(tx, actor, slug).await?.map(|it| LinkedConnector {
            id: it.id,
            name: it.name,
            slug: it.slug,
        });
        linked.extend(chosen.clone());
    }
    let any = SelectOption::new("", "Any connector");
    let choices =
        std::iter::once(any).chain(linked.into_iter().map(|it| SelectOption::new(it.slug, it.name))).collect();
    Ok(ConnectorFilter { choices, chosen })
}

#[cfg(test)]
mod tests {
    use super::{parse_date, start_of_day, url_with_params};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn only_what_a_date_field_sends_is_a_day() {
        assert_eq!(parse_date("2026-11-24").map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
        for other in ["20261124", "2026-11-24T10:00", "1969-12-31", "2026-02-30", "tomorrow"] {
            assert_eq!(parse_date(other), None, "{other}");
        }
    }

    #[test]
    fn a_day_begins_where_its_reader_is() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(start_of_day(parse_date("2026-11-20").unwrap(), &berlin), Some(datetime!(2026-11-19 23:00 UTC)));
    }

    #[test]
    fn an_address_has_only_what_has_a_value() {
        assert_eq!(url_with_params("/jobs", &[("a", ""), ("b", "")]), "/jobs");
        assert_eq!(url_with_params("/jobs", &[("a", ""), ("b", "x&y")]), "/jobs?b=x%26y");
    }
}
