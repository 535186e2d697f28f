//! The first part of a server's name, which a publisher has to prove.

/// The proof that a registry demands for a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// `io.github.name`: a sign-in with that GitHub account.
    Github,
    /// `com.example`: a key in the DNS records, or on the site, of that domain.
    Domain,
}

impl Namespace {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Github, Self::Domain];

    /// Returns the kind of the namespace in a server's name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name.to_ascii_lowercase().starts_with("io.github.") { Self::Github } else { Self::Domain }
    }

    /// Returns the word in the database and in addresses of pages.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Domain => "domain",
        }
    }

    /// Returns the publisher of a server with this name: a GitHub account, or a domain.
    #[must_use]
    pub fn publisher(self, name: &str) -> String {
        let namespace = name.split('/').next().unwrap_or_default();
        match self {
            Self::Github => namespace["io.github.".len()..].to_owned(),
            Self::Domain => namespace.rsplit('.').collect::<Vec<_>>().join("."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Namespace;

    #[test]
    fn a_namespace_names_its_publisher() {
        for (name, kind, publisher) in [
            ("io.github.ada/tides", Namespace::Github, "ada"),
            ("com.example.tools/tides", Namespace::Domain, "tools.example.com"),
            ("io.githubber/tides", Namespace::Domain, "githubber.io"),
        ] {
            assert_eq!((Namespace::from_name(name), kind.publisher(name)), (kind, publisher.to_owned()));
        }
    }
}
