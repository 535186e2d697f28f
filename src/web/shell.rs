//! What surrounds every page: title, navigation, who is signed in, breadcrumbs, and the one-time message.
//!
//! Each page struct has a field `shell: Shell`, which `layout.html` reads.

use std::sync::{Arc, OnceLock};

use http::request::Parts;

use super::flash::Flash;
use crate::accounts::Appearance;

/// The product's name, last in every title.
pub const PRODUCT: &str = "Tool Connect Craft";

/// The frame of one page.
#[derive(Clone, Debug)]
pub struct Shell {
    title: String,
    title_prefix: Option<String>,
    crumbs: Vec<Crumb>,
    section: Option<Section>,
    user: Option<ShellUser>,
    flash: Option<Flash>,
}

/// A link to a page above this one.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// What it is called.
    pub label: String,
    /// Its path.
    pub href: String,
}

/// Who is signed in, as far as the frame shows it.
#[derive(Clone, Debug)]
pub struct ShellUser {
    /// Shown beside the sign-out button.
    pub display_name: String,
    /// How they want pages to be.
    pub appearance: Appearance,
    /// Where their clocks are.
    pub zone: jiff::tz::TimeZone,
    /// Marked in the header, so that an administrator knows with which power they act.
    pub is_admin: bool,
}

/// A part of the product that the main navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What has been going on.
    Dashboard,
    /// The catalogue.
    Connectors,
    /// One's own links to services.
    Connections,
    /// Tool runs.
    Jobs,
    /// The audit log.
    Audit,
    /// One's own account.
    Settings,
}

impl Section {
    /// In the order of the navigation.
    pub const ALL: [Self; 6] =
        [Self::Dashboard, Self::Connectors, Self::Connections, Self::Jobs, Self::Audit, Self::Settings];

    /// The word in the navigation.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard",
            Self::Connectors => "Connectors",
            Self::Connections => "Connections",
            Self::Jobs => "Jobs",
            Self::Audit => "Audit log",
            Self::Settings => "Settings",
        }
    }

    /// Where it leads.
    #[must_use]
    pub const fn href(self) -> &'static str {
        match self {
            Self::Dashboard => "/dashboard",
            Self::Connectors => "/connectors",
            Self::Connections => "/connections",
            Self::Jobs => "/jobs",
            Self::Audit => "/audit",
            Self::Settings => "/settings",
        }
    }
}

impl Shell {
    /// A page about `title`, seen by nobody in particular.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), title_prefix: None, crumbs: Vec::new(), section: None, user: None, flash: None }
    }

    /// Who is signed in.
    #[must_use]
    pub fn viewer(mut self, user: Option<ShellUser>) -> Self {
        self.user = user;
        self
    }

    /// Which link of the navigation is the current one.
    #[must_use]
    pub const fn section(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }

    /// Adds a page above this one; call it from the outermost inwards.
    #[must_use]
    pub fn breadcrumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: href.into() });
        self
    }

    /// What the title opens with: `Error` for a form that came back, `Running` for a job.
    #[must_use]
    pub fn title_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.title_prefix = Some(prefix.into());
        self
    }

    /// The one-time message, if the session holds one.
    #[must_use]
    pub fn flash(mut self, flash: Option<Flash>) -> Self {
        self.flash = flash;
        self
    }

    /// `{state: }{title} – {parent} – {product}`.
    #[must_use]
    pub fn document_title(&self) -> String {
        let mut title = match &self.title_prefix {
            Some(state) => format!("{state}: {}", self.title),
            None => self.title.clone(),
        };
        if let Some(parent) = self.crumbs.last() {
            title = format!("{title} – {}", parent.label);
        }
        if title == PRODUCT { title } else { format!("{title} – {PRODUCT}") }
    }

    /// What the page is about: the last of the breadcrumbs.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The pages above, outermost first.
    #[must_use]
    pub fn crumbs(&self) -> &[Crumb] {
        &self.crumbs
    }

    /// Whether `section` is the current one.
    #[must_use]
    pub fn is_in(&self, section: Section) -> bool {
        self.section == Some(section)
    }

    /// Who is signed in.
    #[must_use]
    pub const fn user(&self) -> Option<&ShellUser> {
        self.user.as_ref()
    }

    /// The message to show, if any.
    #[must_use]
    pub const fn message(&self) -> Option<&Flash> {
        self.flash.as_ref()
    }

    /// How the page is to be.
    #[must_use]
    pub fn appearance(&self) -> Appearance {
        self.user.as_ref().map(|user| user.appearance).unwrap_or_default()
    }
}

/// Who turned out to be looking: filled in by the extractor that finds the user, read by the error page,
/// which is rendered outside of the handler and must still show the navigation.
#[derive(Clone, Debug, Default)]
pub struct ViewerSlot(Arc<OnceLock<ShellUser>>);

impl ViewerSlot {
    /// Notes the user of this request. The first note stays.
    pub fn fill(parts: &Parts, user: ShellUser) {
        if let Some(viewer) = parts.extensions.get::<Self>() {
            // a second note in one request would be the same user
            let _ = viewer.0.set(user);
        }
    }

    pub(super) fn get(&self) -> Option<ShellUser> {
        self.0.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::Shell;

    #[test]
    fn a_title_goes_from_the_state_to_the_product() {
        let shell = Shell::new("Create issue")
            .breadcrumb("Connectors", "/connectors")
            .breadcrumb("GitHub", "/connectors/github");
        assert_eq!(
            shell.clone().title_prefix("Error").document_title(),
            "Error: Create issue – GitHub – Tool Connect Craft"
        );
        assert_eq!(shell.document_title(), "Create issue – GitHub – Tool Connect Craft");
        assert_eq!(Shell::new("Jobs").document_title(), "Jobs – Tool Connect Craft");
    }
}
