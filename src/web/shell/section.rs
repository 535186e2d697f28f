//! The sections of the main navigation.

/// A part of the product that the main navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The overview of recent activity.
    Dashboard,
    /// The catalogue of connectors.
    Connectors,
    /// The user's connections.
    Connections,
    /// The user's jobs.
    Jobs,
    /// The audit log.
    Audit,
    /// The search over all of these.
    Search,
    /// The user's account.
    Settings,
}

impl Section {
    /// All sections, in the order of the navigation.
    pub const ALL: [Self; 7] =
        [Self::Dashboard, Self::Connectors, Self::Connections, Self::Jobs, Self::Audit, Self::Search, Self::Settings];

    /// Says whether the section is the search, whose link has a symbol.
    #[must_use]
    pub const fn is_search(self) -> bool {
        matches!(self, Self::Search)
    }

    /// The label in the navigation.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard",
            Self::Connectors => "Connectors",
            Self::Connections => "Connections",
            Self::Jobs => "Jobs",
            Self::Audit => "Audit log",
            Self::Search => "Search",
            Self::Settings => "Settings",
        }
    }

    /// The path of the section's first page in one's own space.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Dashboard => "/dashboard",
            Self::Connectors => "/connectors",
            Self::Connections => "/connections",
            Self::Jobs => "/jobs",
            Self::Audit => "/audit",
            Self::Search => "/search",
            Self::Settings => "/settings",
        }
    }
}
