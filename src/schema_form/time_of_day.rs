//! Times of the day with an offset from UTC: what a page shows, and the text of RFC 3339 that is sent.
//!
//! Without a date no named zone has an offset, so a person chooses the offset itself.

use jiff::civil::Time;

/// The offsets from UTC that places use now.
pub(super) const OFFSETS: [&str; 39] = [
    "-12:00", "-11:00", "-10:00", "-09:30", "-09:00", "-08:00", "-07:00", "-06:00", "-05:00", "-04:00", "-03:30",
    "-03:00", "-02:00", "-01:00", "UTC", "+01:00", "+02:00", "+03:00", "+03:30", "+04:00", "+04:30", "+05:00",
    "+05:30", "+05:45", "+06:00", "+06:30", "+07:00", "+08:00", "+08:45", "+09:00", "+09:30", "+10:00", "+10:30",
    "+11:00", "+12:00", "+12:45", "+13:00", "+13:45", "+14:00",
];

/// Splits a text of RFC 3339 into the time and the offset, if [`join`] returns the same text for what a browser makes of them.
pub(super) fn split(text: &str) -> Option<(String, String)> {
    let at = text.find(['Z', '+', '-'])?;
    let (time, offset) = text.split_at(at);
    let offset = if offset == "Z" { "UTC" } else { offset };
    (join(time, offset).ok()?.as_str() == text && is_shown_by_browsers(time))
        .then(|| (time.to_owned(), offset.to_owned()))
}

/// Reports whether a control for times keeps a text: browsers know no leap second, and write at most three digits of a
/// fraction, without zeros at the end.
pub(super) fn is_shown_by_browsers(time: &str) -> bool {
    let has_leap_second = time.get("08:30".len()..).is_some_and(|seconds| seconds.starts_with(":60"));
    !has_leap_second
        && match time.split_once('.') {
            Some((_, fraction)) => (1..=3).contains(&fraction.len()) && !fraction.ends_with('0'),
            None => true,
        }
}

/// Reports whether a text has an offset of its own.
pub(super) fn is_whole(text: &str) -> bool {
    text.contains(['Z', 'z', '+', '-'])
}

/// Joins a time and an offset: `UTC`, or one such as `+02:00`.
///
/// # Errors
/// Returns a sentence without its full stop.
pub(super) fn join(time: &str, offset: &str) -> Result<String, String> {
    let wrong = || "Enter a time, such as 08:30 or 17:05:30".to_owned();
    let time = time.trim();
    let time = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    if time.find(':') != Some(2) || is_whole(&time) || time.parse::<Time>().is_err() {
        return Err(wrong());
    }
    let seconds = if time.len() == "08:30".len() { format!("{time}:00") } else { time };
    match offset {
        "UTC" => Ok(format!("{seconds}Z")),
        "" => Err("Choose the offset from UTC that the time has".to_owned()),
        offset if is_offset(offset) => Ok(format!("{seconds}{offset}")),
        _ => Err("Choose one of the offsets from UTC that are offered".to_owned()),
    }
}

fn is_offset(text: &str) -> bool {
    let is_written = |(at, byte): (usize, u8)| match at {
        0 => matches!(byte, b'+' | b'-'),
        3 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    text.len() == "+02:00".len() && text.bytes().enumerate().all(is_written)
}

#[cfg(test)]
mod tests {
    use super::{OFFSETS, join, split};

    #[test]
    fn a_time_is_sent_with_its_offset() {
        assert_eq!(join("08:30", "+02:00").as_deref(), Ok("08:30:00+02:00"));
        assert_eq!(join("8:30", "UTC").as_deref(), Ok("08:30:00Z"));
        assert_eq!(join("23:59:59.25", "-03:30").as_deref(), Ok("23:59:59.25-03:30"));
        for (time, offset) in [
            ("25:00", "UTC"),
            ("noon", "UTC"),
            ("08:30:00+02:00", "UTC"),
            ("0830", "UTC"),
            ("08:30", ""),
            ("08:30", "Europe/Berlin"),
        ] {
            assert!(join(time, offset).is_err(), "{time} {offset}");
        }
        assert!(OFFSETS.iter().all(|offset| join("08:30", offset).is_ok()));
    }

    #[test]
    fn a_text_is_split_if_it_comes_back_unchanged() {
        let parts = |text: &str| split(text).map(|(time, offset)| format!("{time} {offset}"));
        assert_eq!(parts("08:30:00Z").as_deref(), Some("08:30:00 UTC"));
        assert_eq!(parts("08:30:12.5+02:00").as_deref(), Some("08:30:12.5 +02:00"));
        assert_eq!(parts("08:30:00-00:00").as_deref(), Some("08:30:00 -00:00"));
        for odd in ["08:30:00z", "08:30:00.100Z", "08:30:00.1234Z", "23:59:60Z", "08:30Z", "8:30:00Z", "soon", "", "Z"]
        {
            assert_eq!(parts(odd), None, "{odd}");
        }
    }
}
