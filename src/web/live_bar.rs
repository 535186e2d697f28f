//! The line above live content: a link that pauses or resumes live updates, and a link that reloads the page.
//!
//! Rendered by `components/live_bar.html`.

/// The controls of live updates on one page.
pub(in crate::web) struct LiveUpdatesBar {
    /// The viewer paused live updates.
    pub(in crate::web) is_paused: bool,
    /// The page announces new jobs in a place of the bar; later pages of a list do not.
    pub(in crate::web) has_new_jobs_slot: bool,
    /// The address of the page as it is.
    pub(in crate::web) reload_href: String,
    /// The address of the page with live updates switched on or off.
    pub(in crate::web) toggle_href: String,
}

impl LiveUpdatesBar {
    /// Builds the bar of a page whose address has no parameters of its own and which announces no new jobs.
    pub(in crate::web) fn of_page(path: &str, is_paused: bool) -> Self {
        let paused = format!("{path}?live=off");
        let (reload_href, toggle_href) = if is_paused { (paused, path.to_owned()) } else { (path.to_owned(), paused) };
        Self { is_paused, has_new_jobs_slot: false, reload_href, toggle_href }
    }
}
