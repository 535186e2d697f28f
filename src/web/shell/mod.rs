//! The shell around every page: title, navigation, user, breadcrumbs, and the one-time message. Every handler of a page
//! builds one.
//!
//! Each page struct has a field `shell: Shell`, which `layout.html` reads.

mod hub_notes;
mod section;
mod settings_links;
mod viewer_slot;
mod viewer_zone;

pub use hub_notes::HubNotes;
pub use section::Section;
pub use viewer_slot::ViewerSlot;
pub use viewer_zone::ZoneNote;
pub(super) use viewer_zone::{canonical_name, read_cookie};

use viewer_zone::zone_of;

use super::flash::Flash;
use super::here::Here;
use super::tile;
use crate::accounts::{Appearance, Keys, User};
use crate::error::FieldFaults;

/// The product's name, which ends every title.
pub const PRODUCT: &str = "Tool Connect Craft";

/// The shell of a page.
#[derive(Clone, Debug)]
pub struct Shell {
    title: String,
    title_prefix: Option<String>,
    crumbs: Vec<Crumb>,
    section: Option<Section>,
    user: Option<ShellUser>,
    flash: Option<Flash>,
    notes: HubNotes,
}

/// A breadcrumb: a link to a page above the current one.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// The text of the link.
    pub label: String,
    /// The path of the page.
    pub href: String,
}

/// The signed-in user, as far as the shell shows them.
#[derive(Clone, Debug)]
pub struct ShellUser {
    /// Shown beside the sign-out button.
    pub display_name: String,
    /// The address that signs in; shown beside the sign-out button.
    pub email: String,
    /// The user's display settings.
    pub appearance: Appearance,
    /// The user's time zone.
    pub zone: jiff::tz::TimeZone,
    /// Decides whether a page names the time zone.
    pub zone_note: ZoneNote,
    /// Shown in the header, so that administrators know which rights they act with.
    pub is_admin: bool,
    /// The space of the page: links lead into it.
    pub here: Here,
}

impl ShellUser {
    /// Builds the user of an account, in their own space, at a browser that names a time zone.
    pub(super) fn from_account(account: User, time_zone: Option<&str>) -> Self {
        let (zone, zone_note) = zone_of(&account, time_zone);
        Self {
            appearance: account.appearance(),
            display_name: account.display_name,
            email: account.email,
            zone,
            zone_note,
            is_admin: account.is_admin,
            here: Here::default(),
        }
    }

    /// Returns the letters that stand for the user.
    #[must_use]
    pub fn initials(&self) -> String {
        tile::letters(&self.display_name)
    }
}

impl Shell {
    /// Builds the shell of a page titled `title`, without a user.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            title_prefix: None,
            crumbs: Vec::new(),
            section: None,
            user: None,
            flash: None,
            notes: HubNotes::default(),
        }
    }

    /// Sets the signed-in user.
    #[must_use]
    pub fn with_user(mut self, user: Option<ShellUser>) -> Self {
        self.user = user;
        self
    }

    /// Sets the current section of the navigation.
    #[must_use]
    pub const fn section(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }

    /// Adds a breadcrumb; call it from the outermost page inwards.
    #[must_use]
    pub fn breadcrumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: href.into() });
        self
    }

    /// Sets the first word of the document title, such as `Error` for a form with faults or `Running` for a job.
    #[must_use]
    pub fn title_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.title_prefix = Some(prefix.into());
        self
    }

    /// Marks the page as a form with faults: the document title then begins with `Error`.
    #[must_use]
    pub fn with_faults(self, faults: &FieldFaults) -> Self {
        if faults.is_empty() { self } else { self.title_prefix("Error") }
    }

    /// Sets the one-time message.
    #[must_use]
    pub fn with_flash(mut self, flash: Option<Flash>) -> Self {
        self.flash = flash;
        self
    }

    /// Sets the state of the hub.
    #[must_use]
    pub const fn with_notes(mut self, notes: HubNotes) -> Self {
        self.notes = notes;
        self
    }

    /// Marks a page of the set-up, which need not say where the set-up link is.
    #[must_use]
    pub const fn during_set_up(mut self) -> Self {
        self.notes.lacks_owner = false;
        self
    }

    /// Returns true if the page says that the hub has no owner yet.
    #[must_use]
    pub const fn lacks_owner(&self) -> bool {
        self.notes.lacks_owner
    }

    /// Returns the sentence that replaces the promise of a mail, if the hub sends none.
    #[must_use]
    pub fn mail_note(&self) -> Option<&'static str> {
        self.notes.mail(self.user.as_ref().is_some_and(|user| user.is_admin))
    }

    /// Returns the time zone that the page names, if it does.
    #[must_use]
    pub fn named_zone(&self) -> Option<&str> {
        let user = self.user.as_ref().filter(|user| user.zone_note.is_shown())?;
        Some(user.zone.iana_name().unwrap_or("UTC"))
    }

    /// Returns the document title: `{prefix: }{title} – {parent} – {organisation} – {product}`.
    #[must_use]
    pub fn document_title(&self) -> String {
        let mut title = match &self.title_prefix {
            Some(prefix) => format!("{prefix}: {}", self.title),
            None => self.title.clone(),
        };
        if let Some(parent) = self.crumbs.last() {
            title = format!("{title} – {}", parent.label);
        }
        if let Some(organisation) = self.here().name() {
            title = format!("{title} – {organisation}");
        }
        if title == PRODUCT { title } else { format!("{title} – {PRODUCT}") }
    }

    /// Returns the title of the page; the breadcrumbs hold only the pages above it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the pages above, outermost first.
    #[must_use]
    pub fn crumbs(&self) -> &[Crumb] {
        &self.crumbs
    }

    /// Returns the space of the page. Pages without a user link into the own space of whoever signs in.
    #[must_use]
    pub fn here(&self) -> Here {
        self.user.as_ref().map(|user| user.here.clone()).unwrap_or_default()
    }

    /// Returns the link to a section. The settings are the person's, in whatever space they are.
    #[must_use]
    pub fn section_href(&self, section: Section) -> String {
        match section {
            Section::Settings => section.path().to_owned(),
            _ => self.here().path(section.path()),
        }
    }

    /// Returns the key that leads to a section, unless the person turned the keys off.
    #[must_use]
    pub fn key_of(&self, section: Section) -> Option<&'static str> {
        let has_keys = self.user.as_ref().is_some_and(|user| user.appearance.keys == Keys::On);
        (section == Section::Search && has_keys).then_some("/")
    }

    /// Returns the value of `aria-current` for the link to `section`: "page" on the section's first page, "true" on the pages
    /// below.
    #[must_use]
    pub fn current(&self, section: Section) -> Option<&'static str> {
        let is_here = self.section == Some(section);
        is_here.then_some(if self.crumbs.is_empty() { "page" } else { "true" })
    }

    /// Returns the value of `aria-current` for the link to the page called `label`: "page" on that page, "true" on those below.
    #[must_use]
    pub fn current_below(&self, label: &str) -> Option<&'static str> {
        let is_below = self.crumbs.iter().any(|crumb| crumb.label == label);
        if self.title == label { Some("page") } else { is_below.then_some("true") }
    }

    /// Returns the links of the navigation beside the settings: label, address and symbol.
    #[must_use]
    pub fn settings_links(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        settings_links::settings_links(self.user.as_ref().is_some_and(|user| user.is_admin))
    }

    /// Returns the links to the pages of the hub, for administrators.
    #[must_use]
    pub fn administration_links(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        settings_links::administration_links(self.user.as_ref().is_some_and(|user| user.is_admin))
    }

    /// Returns the signed-in user.
    #[must_use]
    pub const fn user(&self) -> Option<&ShellUser> {
        self.user.as_ref()
    }

    /// Returns the one-time message.
    #[must_use]
    pub const fn flash(&self) -> Option<&Flash> {
        self.flash.as_ref()
    }

    /// Returns the user's display settings, or the defaults.
    #[must_use]
    pub fn appearance(&self) -> Appearance {
        self.user.as_ref().map(|user| user.appearance).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Shell;

    #[test]
    fn a_document_title_begins_with_the_prefix_and_ends_with_the_product() {
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
