//! The `WWW-Authenticate` headers of a resource server (RFC 9110, section 11.6.1; RFC 6750; RFC 9728).

use crate::foreign_text::is_clean_name;

/// The parameters of a challenge that the hub uses.
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
    /// Parses the headers of a response, one a line, each with one or more challenges. Reads the Bearer challenges, or those of
    /// all schemes if there are none. The first value of a parameter counts, and text that cannot be parsed is skipped.
    #[must_use]
    pub fn parse(headers: &str) -> Self {
        let challenges: Vec<_> = headers.lines().flat_map(|line| HeaderParser(line).challenges()).collect();
        let is_bearer = |challenge: &SchemeChallenge<'_>| challenge.scheme.eq_ignore_ascii_case("bearer");
        let has_bearer = challenges.iter().any(is_bearer);
        let read = challenges.iter().filter(|challenge| !has_bearer || is_bearer(challenge));
        let parameters: Vec<_> = read.flat_map(|challenge| &challenge.parameters).collect();
        let find = |name: &str| {
            let mut values =
                parameters.iter().filter(|(own, value)| own.eq_ignore_ascii_case(name) && !value.is_empty());
            values.next().map(|(_, value)| value.clone())
        };
        Self {
            resource_metadata: find("resource_metadata"),
            scopes: find("scope")
                .iter()
                .flat_map(|it| it.split_whitespace())
                .filter(|it| is_clean_name(it))
                .map(str::to_owned)
                .collect(),
            error: find("error"),
        }
    }
}

/// The challenge of one scheme, with its parameters in order.
#[derive(Default)]
struct SchemeChallenge<'a> {
    scheme: &'a str,
    parameters: Vec<(&'a str, String)>,
}

/// Parses a header from left to right. Holds the rest.
struct HeaderParser<'a>(&'a str);

impl<'a> HeaderParser<'a> {
    /// Reads all challenges. Parameters before the first scheme belong to a challenge without one.
    fn challenges(mut self) -> Vec<SchemeChallenge<'a>> {
        let (mut challenges, mut current) = (Vec::new(), SchemeChallenge::default());
        loop {
            self.take_while(|letter| letter == ',' || is_space(letter));
            let Some(first) = self.0.chars().next() else { break };
            let name = self.take_while(is_token_character);
            if name.is_empty() {
                // a character that begins nothing
                self.0 = &self.0[first.len_utf8()..];
            } else if let Some(value) = self.0.trim_start_matches(is_space).strip_prefix('=') {
                self.0 = value.trim_start_matches(is_space);
                current.parameters.extend(self.value().map(|value| (name, value)));
            } else {
                challenges.push(std::mem::take(&mut current));
                current.scheme = name;
                self.skip_token68();
            }
        }
        challenges.push(current);
        challenges
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.0.split_at(self.0.find(|letter| !belongs(letter)).unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Reads a value: a quoted string, or everything up to a space or comma, since some servers quote no URL. Returns `None`
    /// if the closing quote is missing.
    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return Some(self.take_while(|letter| letter != ',' && !is_space(letter)).to_owned());
        };
        let (mut value, mut letters) = (String::new(), quoted.chars());
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => value.extend(letters.next()),
                '"' => {
                    self.0 = letters.as_str();
                    return Some(value);
                }
                _ => value.push(letter),
            }
        }
        self.0 = "";
        None
    }

    /// Skips the `token68` that some schemes have in the place of parameters.
    fn skip_token68(&mut self) {
        let rest = self.0.trim_start_matches(is_space);
        let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || "-._~+/".contains(letter));
        let rest = rest.trim_start_matches('=').trim_start_matches(is_space);
        if rest.is_empty() || rest.starts_with(',') {
            self.0 = rest;
        }
    }
}

const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

fn is_token_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
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

    #[test]
    fn what_servers_write_beside_the_standard_is_read() {
        for header in [
            "Bearer resource_metadata=https://a.example/m",
            "resource_metadata=\"https://a.example/m\"",
            "Bearer realm=\"x\" resource_metadata=\"https://a.example/m\"",
            "Bearer realm=, resource_metadata=\"https://a.example/m\", error=\"cut off",
            "DPoP algs=\"ES256\", resource_metadata=\"https://a.example/m\"",
            "Bearer resource_metadata=\"\", resource_metadata=\"https://a.example/m\"",
        ] {
            let read = Challenge::parse(header);
            assert_eq!(read.resource_metadata.as_deref(), Some("https://a.example/m"), "{header}");
            assert_eq!(read.error, None, "{header}");
        }
    }

    /// A parameter, and the way in which it is written.
    #[derive(Clone, Debug)]
    struct Parameter {
        name: String,
        value: String,
        is_quoted: bool,
        space: &'static str,
    }

    fn parameter() -> impl Strategy<Value = Parameter> {
        let name = "(resource_metadata|scope|error|realm|x-[a-z]{1,3}|RESOURCE_METADATA|Scope|eRRor)";
        let value =
            prop_oneof!["[!-~]{1,12}( [!-~]{1,12})?", "https://[a-z]{1,8}\\.example/[a-z,=\"\\\\]{0,6}", "[a-z_]{0,9}"];
        let space = prop_oneof![Just(""), Just(" "), Just("\t ")];
        (name, value, any::<bool>(), space).prop_map(|(name, value, is_quoted, space)| {
            let must_be_quoted = value.trim_matches('=').is_empty() || value.contains([' ', ',', '"']);
            Parameter { name, value, is_quoted: is_quoted || must_be_quoted, space }
        })
    }

    fn write(Parameter { name, value, is_quoted, space }: &Parameter) -> String {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        if *is_quoted { format!("{name}{space}={space}\"{escaped}\"") } else { format!("{name}{space}={space}{value}") }
    }

    type Written = (String, Vec<Parameter>);

    fn challenge() -> impl Strategy<Value = Written> {
        let schemes = "Bearer|bearer|BEARER|Basic|DPoP|Negotiate|Negotiate a/b\\+c==|Bearer2";
        (schemes, proptest::collection::vec(parameter(), 1..4)).prop_map(|(scheme, parameters)| {
            let parameters = if scheme.contains('/') { Vec::new() } else { parameters };
            (scheme, parameters)
        })
    }

    /// Returns the first value of a parameter among the Bearer challenges, or among all if there are none.
    fn expected(challenges: &[Written], name: &str) -> Option<String> {
        let is_bearer = |(scheme, _): &&Written| scheme.eq_ignore_ascii_case("bearer");
        let has_bearer = challenges.iter().any(|challenge| is_bearer(&challenge));
        let read = challenges.iter().filter(|challenge| !has_bearer || is_bearer(challenge));
        let found = read
            .flat_map(|(_, parameters)| parameters)
            .find(|it| it.name.eq_ignore_ascii_case(name) && !it.value.is_empty());
        found.map(|it| it.value.clone())
    }

    proptest! {
        #[test]
        fn challenges_in_any_spelling_and_number_of_headers_are_read(
            headers in proptest::collection::vec(proptest::collection::vec(challenge(), 1..4), 1..4),
            separator in prop_oneof![Just(","), Just(", "), Just(" ,\t, ")],
        ) {
            let write_challenge = |(scheme, parameters): &Written| {
                let parameters: Vec<_> = parameters.iter().map(write).collect();
                format!("{scheme} {}", parameters.join(separator))
            };
            let lines: Vec<_> = headers
                .iter()
                .map(|header| header.iter().map(write_challenge).collect::<Vec<_>>().join(separator))
                .collect();
            let read = Challenge::parse(&lines.join("\n"));
            let challenges = headers.concat();
            prop_assert_eq!(read.resource_metadata, expected(&challenges, "resource_metadata"), "{:?}", lines);
            prop_assert_eq!(read.error, expected(&challenges, "error"), "{:?}", lines);
            let scopes = expected(&challenges, "scope").unwrap_or_default();
            prop_assert_eq!(read.scopes, scopes.split_whitespace().collect::<Vec<_>>(), "{:?}", lines);
        }

        #[test]
        fn no_header_panics(text: String, odd in "[ ,=\"\\\\a/\n]{0,40}") {
            let _ = (Challenge::parse(&text), Challenge::parse(&odd));
        }
    }
}
