//! The `WWW-Authenticate` header of a server that wants a token (RFC 6750, RFC 9728).

/// What a challenge says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Where the server describes itself.
    pub resource_metadata: Option<String>,
    /// What the refused request would have needed.
    pub scopes: Vec<String>,
    /// The error code, such as `insufficient_scope`.
    pub error: Option<String>,
}

impl Challenge {
    /// Reads the header; of what it cannot read there is nothing.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let mut challenge = Self::default();
        let mut rest = header;
        while let Some((name, value, after)) = parameter(rest) {
            match name {
                "resource_metadata" => challenge.resource_metadata = Some(value),
                "scope" => challenge.scopes = value.split_whitespace().map(str::to_owned).collect(),
                "error" => challenge.error = Some(value),
                _ => {}
            }
            rest = after;
        }
        challenge
    }
}

/// The next `name=value` or `name="value"`, and what follows it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (before, behind) = text.split_once('=')?;
    let name = before.rsplit([' ', ',', '\t']).next()?.trim();
    let behind = behind.trim_start();
    let Some(quoted) = behind.strip_prefix('"') else {
        let end = behind.find([',', ' ']).unwrap_or(behind.len());
        return Some((name, behind[..end].to_owned(), &behind[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, letter) in quoted.char_indices() {
        match letter {
            _ if escaped => {
                value.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((name, value, &quoted[at + 1..])),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Challenge;
    use proptest::prelude::*;

    #[test]
    fn what_matters_is_read_whatever_stands_around_it() {
        let read = Challenge::parse(
            r#"Bearer realm="a, \"b\" = c", error="insufficient_scope", scope="read  write", resource_metadata="https://a.example/.well-known/x""#,
        );
        assert_eq!(read.resource_metadata.as_deref(), Some("https://a.example/.well-known/x"));
        assert_eq!(read.scopes, ["read", "write"]);
        assert_eq!(read.error.as_deref(), Some("insufficient_scope"));
        assert_eq!(Challenge::parse("Bearer error=invalid_token, scope=x").error.as_deref(), Some("invalid_token"));
        assert_eq!(Challenge::parse("Bearer"), Challenge::default());
    }

    proptest! {
        #[test]
        fn strangers_headers_never_panic(text: String) {
            let _ = Challenge::parse(&text);
        }
    }
}
