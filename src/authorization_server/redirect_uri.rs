//! Redirect URIs: the addresses to which the hub may send the answer of a person.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Largest number of characters of an address.
pub(super) const MAX_URI_CHARS: usize = 2048;

/// Largest number of characters of a host, as in the domain name system.
const MAX_HOST_CHARS: usize = 253;

/// Largest number of characters of a scheme.
const MAX_SCHEME_CHARS: usize = 100;

/// Schemes of editors that receive the answer themselves, and have no dot in their name. A scheme of RFC 8252 has one.
const EDITOR_SCHEMES: [&str; 7] = ["cursor", "vscode", "vscode-insiders", "vscodium", "warp", "windsurf", "zed"];

/// An address to which an answer may be sent, exactly as the assistant wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

/// The receiver of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A site, by its host.
    Site(String),
    /// A program on the device of the browser.
    Device,
    /// The program that opens links of this scheme.
    Program(String),
}

impl RedirectUri {
    /// Reads an address. It is a page of a site over https, a port of the device itself, or a scheme that belongs to a program.
    /// Any other scheme could make the browser run or open something.
    ///
    /// # Errors
    /// Returns the reason, as the end of a sentence that begins with the address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_URI_CHARS {
            return Err("has more than 2048 characters");
        }
        if text.chars().any(|letter| letter.is_control() || letter.is_whitespace() || letter == '\\') {
            return Err("has characters that no address has");
        }
        let url = Url::parse(text).map_err(|_| "is not a whole address")?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("has a fragment, a user name or a password");
        }
        if url.scheme().len() > MAX_SCHEME_CHARS || !has_plain_host(&url) {
            return Err("has a host or a scheme that no program has");
        }
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_loopback(&url) => {}
            "http" | "https" => return Err("must begin with https, or be on the device itself"),
            scheme if scheme.contains('.') || EDITOR_SCHEMES.contains(&scheme) => {}
            _ => return Err("has a scheme that this hub does not answer to"),
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// Reports whether this address of a request is the registered one. On the device itself the port may differ, because a
    /// program takes a free one (RFC 8252, section 7.3).
    #[must_use]
    pub fn matches(&self, registered: &Self) -> bool {
        let without_port = |uri: &Self| {
            let mut url = uri.url.clone();
            url.set_port(None).is_ok().then_some(url)
        };
        self.text == registered.text || (is_loopback(&self.url) && without_port(self) == without_port(registered))
    }

    /// Returns the receiver.
    #[must_use]
    pub fn destination(&self) -> Destination {
        match (self.url.scheme(), self.url.host_str()) {
            ("http", _) => Destination::Device,
            ("https", Some(_)) if is_loopback(&self.url) => Destination::Device,
            ("https", Some(host)) => match self.url.port() {
                Some(port) => Destination::Site(format!("{host}:{port}")),
                None => Destination::Site(host.to_owned()),
            },
            (scheme, _) => Destination::Program(scheme.to_owned()),
        }
    }

    /// Returns the address with parameters of an answer.
    #[must_use]
    pub fn with_parameters<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    /// Returns the text as the assistant wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(host) => f.write_str(host),
            Self::Device => f.write_str("this device"),
            Self::Program(scheme) => write!(f, "{scheme}: links"),
        }
    }
}

/// Reports whether the host has only the characters of host names. URLs permit others, such as a comma.
fn has_plain_host(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return true };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
    name.len() <= MAX_HOST_CHARS && name.chars().all(is_plain)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.octets()[0] == Ipv4Addr::LOCALHOST.octets()[0],
        Some(Host::Ipv6(ip)) => ip == Ipv6Addr::LOCALHOST,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, RedirectUri};
    use proptest::prelude::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap_or_else(|reason| panic!("{text} {reason}"))
    }

    #[test]
    fn addresses_that_could_run_or_leak_something_are_refused() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,hello",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://client.example/1",
            "ms-msdt:/id",
            "http://client.example/callback",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "https://user@client.example/",
            "https://client.example/#code",
            "https://client.example/a b",
            "https:\\\\client.example",
            "https://",
            "https://claude.ai,evil.example/",
            "https://x;y/",
            "https://*/",
            "/callback",
            "",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
        for long in [
            format!("https://client.example/{}", "a".repeat(2048)),
            format!("https://{}example/", "a.".repeat(130)),
            format!("{}x:/", "a.".repeat(60)),
        ] {
            assert!(RedirectUri::parse(&long).is_err(), "{long}");
        }
    }

    #[test]
    fn the_page_names_the_receiver() {
        assert_eq!(uri("https://claude.ai/api/mcp/auth_callback").destination(), Destination::Site("claude.ai".into()));
        assert_eq!(uri("https://client.example:8443/").destination().to_string(), "client.example:8443");
        for text in ["http://localhost:3118/callback", "http://127.0.0.1/", "http://[::1]:9/"] {
            assert_eq!(uri(text).destination(), Destination::Device, "{text}");
        }
        assert_eq!(uri("cursor://anysphere.cursor-mcp/oauth").destination(), Destination::Program("cursor".into()));
        assert_eq!(uri("com.example.app:/callback").destination().to_string(), "com.example.app: links");
    }

    #[test]
    fn only_the_port_of_the_device_may_differ() {
        let registered = uri("http://127.0.0.1/callback");
        assert!(uri("http://127.0.0.1:51004/callback").matches(&registered));
        assert!(!uri("http://127.0.0.1:51004/other").matches(&registered));
        assert!(!uri("http://localhost:51004/callback").matches(&registered));
        let site = uri("https://client.example/callback");
        assert!(site.matches(&site.clone()));
        for other in [
            "https://client.example:444/callback",
            "https://client.example/callback/",
            "https://client.example/callback?a=b",
        ] {
            assert!(!uri(other).matches(&site), "{other}");
        }
    }

    #[test]
    fn an_answer_keeps_the_parameters_of_the_address() {
        let url = uri("https://client.example/callback?tenant=7").with_parameters([("code", "a b&c")]);
        assert_eq!(url.as_str(), "https://client.example/callback?tenant=7&code=a+b%26c");
    }

    proptest! {
        #[test]
        fn an_accepted_address_names_a_plain_receiver(host in "[a-z;,*'\"\\PC.-]{1,20}", path in "\\PC{0,20}") {
            if let Ok(uri) = RedirectUri::parse(&format!("https://{host}/{path}")) {
                prop_assert!(uri.matches(&uri));
                prop_assert!(uri.destination().to_string().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte) || uri.destination() == super::Destination::Device));
            }
        }

        #[test]
        fn every_text_is_read_or_refused(text in "\\PC{0,80}") {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert!(uri.matches(&uri));
            }
        }
    }
}
