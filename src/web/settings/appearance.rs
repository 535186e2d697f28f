//! `/settings/appearance`: colours, contrast, motion, announcements and keys. The server renders them into the page, so they
//! work without script and no page flashes in other colours.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::shell;
use crate::accounts::{self, Appearance, Theme};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Appearance";

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    contrast: String,
    #[serde(default)]
    motion: String,
    #[serde(default)]
    announce: String,
    #[serde(default)]
    keys: String,
}

impl Fields {
    fn values(&self) -> [&str; 5] {
        [&self.theme, &self.contrast, &self.motion, &self.announce, &self.keys].map(String::as_str)
    }
}

struct RadioOption {
    value: &'static str,
    label: &'static str,
}

const fn option(value: &'static str, label: &'static str) -> RadioOption {
    RadioOption { value, label }
}

const THEMES: [RadioOption; 3] =
    [option("auto", "Same as my device"), option("light", "Light"), option("dark", "Dark")];
const CONTRASTS: [RadioOption; 2] = [option("auto", "Same as my device"), option("more", "More contrast")];
const MOTIONS: [RadioOption; 2] = [option("auto", "Same as my device"), option("reduce", "No animation")];
const ANNOUNCEMENTS: [RadioOption; 4] = [
    option("all", "Each change: queued, running, over"),
    option("regular", "Each change, and every 30 seconds that the job still runs"),
    option("ends", "Only how it ended"),
    option("none", "Nothing"),
];
const KEYS: [RadioOption; 2] = [option("on", "On"), option("off", "Off")];

#[derive(Template)]
#[template(path = "settings/appearance.html")]
struct ShowPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    themes: &'static [RadioOption],
    theme: &'a str,
    contrasts: &'static [RadioOption],
    contrast: &'a str,
    motions: &'static [RadioOption],
    motion: &'a str,
    announcements: &'static [RadioOption],
    announce: &'a str,
    key_choices: &'static [RadioOption],
    keys: &'a str,
}

impl<'a> ShowPage<'a> {
    fn new(shell: Shell, faults: FieldFaults, [theme, contrast, motion, announce, keys]: [&'a str; 5]) -> Self {
        Self {
            shell,
            faults,
            themes: &THEMES,
            theme,
            contrasts: &CONTRASTS,
            contrast,
            motions: &MOTIONS,
            motion,
            announcements: &ANNOUNCEMENTS,
            announce,
            key_choices: &KEYS,
            keys,
        }
    }
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let current = me.user.appearance;
    let restored: Option<Form<Fields>> = pending_form.take_form(&app, &me).await?;
    let chosen = match &restored {
        Some(Form(fields)) => fields.values(),
        None => [
            current.theme.as_str(),
            current.contrast.as_str(),
            current.motion.as_str(),
            current.announce.as_str(),
            current.keys.as_str(),
        ],
    };
    Ok(page(&ShowPage::new(shell(&me, TITLE).await, FieldFaults::default(), chosen)))
}

pub(super) async fn update(State(app): State<App>, me: SignedIn, Form(fields): Form<Fields>) -> Result {
    let [theme, contrast, motion, announce, keys] = fields.values();
    let chosen = match Appearance::parse(theme, contrast, motion, announce, keys) {
        Err(Error::Invalid(faults)) => {
            let form = ShowPage::new(shell(&me, TITLE).await.title_prefix("Error"), faults, fields.values());
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form));
        }
        chosen => chosen?,
    };
    accounts::change_appearance(&app.db, &me.actor, chosen, app.clock.now()).await?;
    me.flash(Flash::success("Pages now look as you chose.")).await?;
    Ok(see_other("/settings/appearance"))
}

/// Describes the colours, for the overview of the settings.
pub(super) fn describe(appearance: Appearance) -> &'static str {
    match appearance.theme {
        Theme::Auto => "Colours: same as your device",
        Theme::Light => "Light colours",
        Theme::Dark => "Dark colours",
    }
}
