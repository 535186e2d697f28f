//! The navigation beside the pages of settings: a person's own, and for administrators those of the hub.

/// A link: its label, which is the title of its page, its address, and a symbol of the sprite.
pub(super) type SettingsLink = (&'static str, &'static str, &'static str);

const ADMINISTRATION: usize = 6;

const LINKS: [SettingsLink; 10] = [
    ("Profile", "/settings/profile", "user"),
    ("Sign-in", "/settings/sign-in", "key"),
    ("Sessions", "/settings/sessions", "shield-check"),
    ("Assistants", "/settings/assistants", "blocks"),
    ("Tokens", "/settings/tokens", "key"),
    ("Appearance", "/settings/appearance", "settings"),
    ("Users", "/admin/users", "user"),
    ("Hub connectors", "/admin/connectors", "blocks"),
    ("Hub settings", "/admin/settings", "wrench"),
    ("Hub log", "/admin/log", "scroll-text"),
];

/// Returns the links to the pages of the hub that a person sees.
pub(super) fn administration_links(is_admin: bool) -> &'static [SettingsLink] {
    &settings_links(is_admin)[ADMINISTRATION..]
}

/// Returns the links that a person sees.
pub(super) fn settings_links(is_admin: bool) -> &'static [SettingsLink] {
    if is_admin { &LINKS } else { &LINKS[..ADMINISTRATION] }
}
