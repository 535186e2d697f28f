//! Email addresses that can receive mail.

use url::Host;

use crate::mail;

/// Maximum length of an address in SMTP, in bytes.
const MAX_LENGTH: usize = 254;

/// An address as typed, without surrounding space; a domain with other letters than ASCII is in its canonical spelling.
/// Accounts compare addresses without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    canonical: String,
    typed: String,
}

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// Returns a sentence for the form's field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let canonical = Spellings::of_address(text).canonical;
        if text.is_empty() {
            Err("Enter your email address")
        } else if text.len().max(canonical.len()) > MAX_LENGTH {
            Err("Enter an email address of 254 characters or fewer")
        } else if !mail::is_address(text) {
            Err("Enter an email address in the format name@example.com")
        } else {
            Ok(Self { canonical, typed: text.to_owned() })
        }
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// Returns the address in the spelling that was typed, by which an older account is found.
    pub(super) fn typed(&self) -> &str {
        &self.typed
    }
}

/// The spellings of an address. A domain such as `bücher.example` can be written in ASCII too, as `xn--bcher-kva.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spellings {
    /// The spelling of new accounts, with all letters.
    pub(super) canonical: String,
    /// The spelling in ASCII, which an older account may have.
    pub(super) ascii: String,
}

impl Spellings {
    /// Returns the spellings of an address. An address in ASCII without such a domain has only its own.
    pub(super) fn of_address(address: &str) -> Self {
        let domains = address.rsplit_once('@').and_then(|(local, domain)| Some((local, domain, ascii_domain(domain)?)));
        match domains {
            Some((local, domain, ascii)) if !ascii.eq_ignore_ascii_case(domain) || ascii.contains("xn--") => {
                let canonical = match idna::domain_to_unicode(&ascii) {
                    (unicode, Ok(())) => unicode,
                    (_, Err(_)) => ascii.clone(),
                };
                Self { canonical: format!("{local}@{canonical}"), ascii: format!("{local}@{ascii}") }
            }
            _ => Self { canonical: address.to_owned(), ascii: address.to_owned() },
        }
    }
}

/// Returns the domain in ASCII, in lower case.
fn ascii_domain(domain: &str) -> Option<String> {
    match Host::parse(domain) {
        Ok(Host::Domain(ascii)) => Some(ascii),
        _ => None,
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.canonical)
    }
}
