//! Pages about the hub itself, to which every footer leads. They are for everybody, signed in or not.

use askama::Template;

use super::shell::Shell;

/// `/help`: the first steps, and what the words mean.
#[derive(Debug, Template)]
#[template(path = "site/help.html")]
pub struct HelpPage {
    /// The frame.
    pub shell: Shell,
}

/// `/accessibility`: what readers can rely on.
#[derive(Debug, Template)]
#[template(path = "site/accessibility.html")]
pub struct AccessibilityPage {
    /// The frame.
    pub shell: Shell,
}
