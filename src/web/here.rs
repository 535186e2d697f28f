//! The space of a page: one's own, or an organisation. Every link to a page of a space is built by [`Here`].
//!
//! Each page of a space exists twice, from one router: at the root for one's own space, and below `/orgs/{org}` for an
//! organisation. A link that is written out would lead from an organisation into one's own space.

use std::sync::Arc;

/// The space that a request is for.
#[derive(Clone, Debug, Default)]
pub struct Here(Option<Arc<Organisation>>);

#[derive(Debug)]
struct Organisation {
    slug: String,
    name: String,
}

impl Here {
    /// Builds the space of an organisation.
    #[must_use]
    pub fn organisation(slug: String, name: String) -> Self {
        Self(Some(Arc::new(Organisation { slug, name })))
    }

    /// Returns the path of a page in this space. `path` begins with a slash and may have a query.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        match &self.0 {
            Some(organisation) => format!("/orgs/{}{path}", organisation.slug),
            None => path.to_owned(),
        }
    }

    /// Returns the name of the organisation; `None` in one's own space.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref().map(|organisation| organisation.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Here;

    #[test]
    fn a_path_stays_in_its_space() {
        assert_eq!(Here::default().path("/jobs?status=failed"), "/jobs?status=failed");
        let acme = Here::organisation("acme".to_owned(), "Acme".to_owned());
        assert_eq!(acme.path("/jobs?status=failed"), "/orgs/acme/jobs?status=failed");
        assert_eq!((acme.name(), Here::default().name()), (Some("Acme"), None));
    }
}
