//! The `WWW-Authenticate` header of a resource server (RFC 6750, RFC 9728).

/// The parameters of a Bearer challenge that the hub uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// URL of the protected-resource metadata.
    pub resource_metadata: Option<String>,
    /// Scopes that the refused request would have needed.
    pub scopes: Vec<String>,
    /// The error code, such as `insufficient_scope`.
    pub error: Option<String>,
}

impl Challenge {
    /// Parses the header. Ignores what it cannot parse.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let mut challenge = Self::default();
        let mut rest = header;
        while let Some((name, value, remainder)) = parameter(rest) {
            match name {
                "resource_metadata" => challenge.resource_metadata = Some(value),
                "scope" => challenge.scopes = value.split_whitespace().map(str::to_owned).collect(),
                "error" => challenge.error = Some(value),
                _ => {}
            }
            rest = remainder;
        }
        challenge
    }
}

/// Returns the next `name=value` or `name="value"`, and the rest of the header.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (before, after) = text.split_once('=')?;
    let name = before.rsplit([' ', ',', '\t']).next()?.trim();
    let after = after.trim_start();
    let Some(quoted) = after.strip_prefix('"') else {
        let end = after.find([',', ' ']).unwrap_or(after.len());
        return Some((name, after[..end].to_owned(), &after[end..]));
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
    fn parameters_are_found_among_others() {
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
        fn no_header_panics(text: String) {
            let _ = Challenge::parse(&text);
        }
    }
}
