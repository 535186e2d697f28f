//! Names of the hub's cookies, and the values that a browser sent.

use http::HeaderMap;
use http::header::COOKIE;
use url::Url;

/// Returns the full name of a cookie. The port is a part, because browsers keep cookies by host: without it, two hubs on one
/// host would end each other's sessions. `__Host-` binds a cookie to https and to this host; over plain http browsers refuse
/// it.
pub(in crate::web) fn cookie_name(name: &str, public_url: &Url) -> String {
    let prefix = if is_secure(public_url) { "__Host-" } else { "" };
    match public_url.port() {
        Some(port) => format!("{prefix}{name}-{port}"),
        None => format!("{prefix}{name}"),
    }
}

/// Says whether browsers reach the hub by https.
pub(in crate::web) fn is_secure(public_url: &Url) -> bool {
    public_url.scheme() == "https"
}

/// Returns the attribute of cookies that travel by https only.
pub(in crate::web) fn secure(public_url: &Url) -> &'static str {
    if is_secure(public_url) { "; Secure" } else { "" }
}

/// Returns the value of a cookie that the browser sent.
pub(in crate::web) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::cookie_name;
    use url::Url;

    #[test]
    fn the_name_tells_hubs_of_one_host_apart() {
        let name = |url: &str| cookie_name("craft", &Url::parse(url).unwrap());
        assert_eq!(name("https://hub.example"), "__Host-craft");
        assert_eq!(name("https://hub.example:8443"), "__Host-craft-8443");
        assert_eq!(name("http://hub.example"), "craft");
        assert_eq!(
            (name("http://127.0.0.1:8080").as_str(), name("http://127.0.0.1:8081").as_str()),
            ("craft-8080", "craft-8081")
        );
    }
}
