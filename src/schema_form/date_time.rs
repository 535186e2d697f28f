//! Dates with a time and a zone: what a page shows, and the text of RFC 3339 that is sent.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::time_of_day::{is_shown_by_browsers, is_whole};

/// Splits a text of RFC 3339 into the local time and the zone, if [`join`] returns the same text for what a browser makes of
/// them.
pub(super) fn split(text: &str) -> Option<(String, String)> {
    let at = text.find(['T', 't'])? + 1;
    let zone_at = at + text[at..].find(['Z', 'z', '+', '-'])?;
    let (local, zone) = text.split_at(zone_at);
    let shown = local.strip_suffix(":00").filter(|short| short.len() == "2026-11-28T08:30".len()).unwrap_or(local);
    let zone = if zone == "Z" { "UTC" } else { zone };
    (join(shown, zone).ok()?.as_str() == text && is_shown_by_browsers(&shown["2026-11-28T".len()..]))
        .then(|| (shown.to_owned(), zone.to_owned()))
}

/// Joins a local time and a zone: `UTC`, an offset such as `+02:00`, or a name such as `Europe/Berlin`.
///
/// # Errors
/// Returns a sentence without its full stop.
pub(super) fn join(local: &str, zone: &str) -> Result<String, String> {
    let wrong = || "Enter a date and a time, such as 2026-11-28 08:30".to_owned();
    let normal = local.trim().replacen(' ', "T", 1);
    let time: DateTime = normal.parse().map_err(|_| wrong())?;
    let has_own_zone = normal.split_once('T').is_none_or(|(_, time)| is_whole(time));
    if has_own_zone || !(0..=9999).contains(&time.year()) {
        return Err(wrong());
    }
    let seconds = if normal.len() == "2026-11-28T08:30".len() { format!("{normal}:00") } else { normal };
    let offset = match zone {
        "UTC" => "Z".to_owned(),
        zone if zone.starts_with(['+', '-']) => {
            format!("{seconds}{zone}").parse::<Timestamp>().map_err(|_| wrong())?;
            zone.to_owned()
        }
        name => {
            let zone = TimeZone::get(name).map_err(|_| "Choose a time zone".to_owned())?;
            let at = zone.to_ambiguous_zoned(time);
            if matches!(at.offset(), AmbiguousOffset::Gap { .. }) {
                return Err(format!("The clocks of {} skip this time: enter another", name.replace('_', " ")));
            }
            at.compatible().map_err(|_| wrong())?.strftime("%:z").to_string()
        }
    };
    Ok(format!("{seconds}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::{join, split};

    #[test]
    fn a_time_is_sent_with_the_offset_of_its_zone_on_that_day() {
        assert_eq!(join("2026-07-28T08:30", "Europe/Berlin").unwrap(), "2026-07-28T08:30:00+02:00");
        assert_eq!(join("2026-11-28 08:30:15", "Europe/Berlin").unwrap(), "2026-11-28T08:30:15+01:00");
        assert_eq!(join("2026-11-28T08:30", "UTC").unwrap(), "2026-11-28T08:30:00Z");
        let skipped = join("2027-03-28T02:30", "Europe/Berlin").unwrap_err();
        assert_eq!(skipped, "The clocks of Europe/Berlin skip this time: enter another");
        assert_eq!(join("2026-10-25T02:30", "Europe/Berlin").unwrap(), "2026-10-25T02:30:00+02:00", "the first of two");
        assert!(join("2026-11-28T08:30:00+02:00", "UTC").is_err(), "it has a zone of its own");
        assert!(join("tomorrow", "UTC").is_err() && join("2026-11-28", "UTC").is_err());
        assert!(join("2026-02-30T10:00", "UTC").is_err() && join("2026-02-20T10:00", "Nowhere").is_err());
    }

    #[test]
    fn a_text_is_split_if_it_comes_back_unchanged() {
        let parts = |text: &str| split(text).map(|(local, zone)| format!("{local} {zone}"));
        assert_eq!(parts("2026-11-28T08:30:00Z").as_deref(), Some("2026-11-28T08:30 UTC"));
        assert_eq!(parts("2026-11-28T08:30:12.5+02:00").as_deref(), Some("2026-11-28T08:30:12.5 +02:00"));
        for odd in ["2026-11-28t08:30:00z", "2026-11-28T08:30:00.100Z", "2026-11-28T23:59:60Z", "soon", "", "T"] {
            assert_eq!(parts(odd), None, "{odd}");
        }
    }
}
