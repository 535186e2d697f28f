//! The time zone of a viewer: the chosen one, or that of the browser while the person has chosen none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use jiff::tz::TimeZone;
use url::form_urlencoded;

use crate::accounts::User;
use crate::web::session::cookies;

/// The cookie with the zone of the browser, which `time-zone.js` writes.
const COOKIE: &str = "tz";

/// Longest name that is looked up, in bytes; the database has none that is half as long.
const MAX_NAME_LENGTH: usize = 80;

/// The line that names the time zone of a page. A page has the line if it shows times, and if the viewer chose no zone.
#[derive(Clone, Debug, Default)]
pub struct ZoneNote {
    is_guess: bool,
    has_times: Arc<AtomicBool>,
}

impl ZoneNote {
    /// Records that the page shows times.
    pub(in crate::web) fn mark_times(&self) {
        self.has_times.store(true, Ordering::Relaxed);
    }

    /// Returns true if the page names its zone.
    pub(in crate::web) fn is_shown(&self) -> bool {
        self.is_guess && self.has_times.load(Ordering::Relaxed)
    }
}

/// Returns the zone of an account at a browser, and the line about it.
pub(in crate::web) fn zone_of(account: &User, browser: Option<&str>) -> (TimeZone, ZoneNote) {
    let stored = || TimeZone::get(&account.time_zone).unwrap_or(TimeZone::UTC);
    let is_guess = !account.has_chosen_time_zone;
    let zone = browser.filter(|_| is_guess).and_then(find).unwrap_or_else(stored);
    (zone, ZoneNote { is_guess, has_times: Arc::default() })
}

/// Returns the text of the browser's cookie.
pub(in crate::web) fn read_cookie(headers: &HeaderMap) -> Option<String> {
    let text = cookies::find(headers, COOKIE).filter(|text| text.len() <= MAX_NAME_LENGTH)?;
    // a name may hold a plus sign, which the script has encoded
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned())
}

/// Returns the name in the database of the zone that a browser names.
pub(in crate::web) fn canonical_name(browser: &str) -> Option<String> {
    find(browser)?.iana_name().map(ToOwned::to_owned)
}

fn find(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;

    use super::{canonical_name, read_cookie};

    fn read(cookie: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]);
        read_cookie(&headers).and_then(|name| canonical_name(&name))
    }

    #[test]
    fn a_cookie_names_a_zone_of_the_database_or_none() {
        assert_eq!(read("a=b; tz=Europe%2FBerlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(read("tz=Etc%2FGMT%2B5").as_deref(), Some("Etc/GMT+5"));
        for unknown in ["tz=", "tz=Europe%2FAtlantis", "tz=..%2F..%2Fetc%2Fpasswd", "tz=%FF", "other=UTC"] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
        assert_eq!(read(&format!("tz={}", "x".repeat(10_000))), None);
    }
}
