//! Converts a time from one time zone to others.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MAX_ZONES: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[schemars(
        title = "Date and time",
        description = "Such as 2026-11-24 15:30, or with an offset: 2026-11-24T15:30:00+01:00",
        length(max = 100),
        example = "2026-11-24 15:30"
    )]
    time: String,
    #[serde(default = "utc")]
    #[schemars(
        title = "Time zone",
        description = "Time zone of that time, such as Europe/Berlin; ignored if the time has an offset",
        length(max = 100)
    )]
    from: String,
    #[schemars(
        title = "Other time zones",
        description = "Such as America/New_York",
        length(min = 1, max = 20),
        example = ["America/New_York", "Asia/Tokyo"]
    )]
    to: Vec<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "The moment in UTC")]
    utc: String,
    #[schemars(title = "In the other time zones")]
    times: Vec<ConvertedTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Note")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConvertedTime {
    #[schemars(title = "Time zone")]
    zone: String,
    #[schemars(title = "Date and time")]
    time: String,
    #[schemars(title = "Weekday")]
    weekday: String,
    #[schemars(title = "Offset from UTC")]
    offset: String,
}

pub(super) fn convert(input: &Input) -> Result<Output, String> {
    if input.to.is_empty() || input.to.len() > MAX_ZONES {
        return Err(format!("Name 1 to {MAX_ZONES} other time zones"));
    }
    let (moment, note) = parse_time(&input.time, &input.from)?;
    let times =
        input.to.iter().map(|name| Ok(show(name, &moment.to_zoned(zone(name)?)))).collect::<Result<_, String>>();
    Ok(Output { utc: moment.to_string(), times: times?, note })
}

/// Parses `time` as a moment, with a note if the clocks change at that time.
fn parse_time(time: &str, from: &str) -> Result<(Timestamp, Option<String>), String> {
    let time = time.trim();
    if let Ok(moment) = time.parse() {
        return Ok((moment, None));
    }
    let local: DateTime =
        time.parse().map_err(|_| format!("{time:?} is not a date and time: write it as 2026-11-24 15:30"))?;
    let ambiguous = zone(from)?.to_ambiguous_zoned(local);
    let note = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => {
            Some(format!("Clocks in {from} skip {local}; the time is read as if they had not gone forward yet"))
        }
        AmbiguousOffset::Fold { .. } => Some(format!("Clocks in {from} show {local} twice; the earlier time is used")),
    };
    let zoned = ambiguous.compatible().map_err(|_| format!("{time:?} is out of range: years may be 1 to 9999"))?;
    Ok((zoned.timestamp(), note))
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name.trim())
        .map_err(|_| format!("There is no time zone called {name:?}: use a name such as Europe/Berlin"))
}

fn show(name: &str, zoned: &Zoned) -> ConvertedTime {
    ConvertedTime {
        zone: name.trim().to_owned(),
        time: zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        weekday: zoned.strftime("%A").to_string(),
        offset: zoned.strftime("%:z").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Output, convert};

    fn convert_to(time: &str, from: &str, to: &str) -> Result<Output, String> {
        convert(&Input { time: time.to_owned(), from: from.to_owned(), to: vec![to.to_owned()] })
    }

    #[test]
    fn conversion_respects_daylight_saving_time_and_the_date_line() {
        let winter = convert_to("2026-11-24 23:30", "Europe/Berlin", "Asia/Tokyo").unwrap();
        assert_eq!(winter.utc, "2026-11-24T22:30:00Z");
        assert_eq!(winter.times[0].time, "2026-11-25 07:30:00");
        assert_eq!((winter.times[0].weekday.as_str(), winter.times[0].offset.as_str()), ("Wednesday", "+09:00"));
        assert_eq!(convert_to("2026-07-01 12:00", "Europe/Berlin", "UTC").unwrap().utc, "2026-07-01T10:00:00Z");
        assert_eq!(convert_to("2026-07-01T12:00:00+05:30", "ignored", "UTC").unwrap().utc, "2026-07-01T06:30:00Z");
    }

    #[test]
    fn times_that_clocks_skip_or_repeat_have_a_note() {
        assert!(convert_to("2026-03-29 02:30", "Europe/Berlin", "UTC").unwrap().note.unwrap().contains("skip"));
        let twice = convert_to("2026-10-25 02:30", "Europe/Berlin", "UTC").unwrap();
        assert!(twice.note.unwrap().contains("twice"));
        assert_eq!(twice.utc, "2026-10-25T00:30:00Z");
    }

    #[test]
    fn a_mistake_is_named() {
        assert!(convert_to("tomorrow", "UTC", "UTC").unwrap_err().contains("\"tomorrow\" is not a date and time"));
        assert!(convert_to("2026-11-24 15:30", "Mars/Olympus", "UTC").unwrap_err().contains("Mars/Olympus"));
        assert!(convert_to("2026-11-24 15:30", "UTC", "Nowhere").unwrap_err().contains("Nowhere"));
    }
}
