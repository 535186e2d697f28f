//! The address of a server as its owner enters it.

use url::Url;

/// Bytes of an address.
const MAX_URL_BYTES: usize = 2_000;

/// Parses an address, or says what to enter.
pub(super) fn parse_url(text: &str) -> Result<Url, &'static str> {
    if text.is_empty() {
        return Err("Enter the server’s URL");
    }
    if text.len() > MAX_URL_BYTES {
        return Err("Enter a URL of 2,000 characters or fewer");
    }
    let url = Url::parse(text).map_err(|_| "Enter a whole URL, such as https://example.com/mcp")?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("Enter a URL that begins with https:// or http:// and names a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Take the user name and password out of the URL; enter a credential as bearer token instead");
    }
    Ok(url)
}
