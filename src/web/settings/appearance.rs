//! `/settings/appearance`: colours, contrast, motion, and what is announced. The server writes them on the page, so they
//! need no script, and no page flashes in other colours first.

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
use crate::web::form_restore::RestoredForm;
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
}

impl Fields {
    fn sent(&self) -> [&str; 4] {
        [&self.theme, &self.contrast, &self.motion, &self.announce].map(String::as_str)
    }
}

struct Answer {
    value: &'static str,
    label: &'static str,
}

const fn answer(value: &'static str, label: &'static str) -> Answer {
    Answer { value, label }
}

const THEMES: [Answer; 3] = [answer("auto", "As my system says"), answer("light", "Light"), answer("dark", "Dark")];
const CONTRASTS: [Answer; 2] = [answer("auto", "As my system says"), answer("more", "More contrast")];
const MOTIONS: [Answer; 2] = [answer("auto", "As my system says"), answer("reduce", "Nothing moves")];
const ANNOUNCED: [Answer; 3] = [
    answer("all", "Each change: queued, running, over"),
    answer("ends", "Only how it ended"),
    answer("none", "Nothing"),
];

#[derive(Template)]
#[template(path = "settings/appearance.html")]
struct ShowPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    themes: &'static [Answer],
    theme: &'a str,
    contrasts: &'static [Answer],
    contrast: &'a str,
    motions: &'static [Answer],
    motion: &'a str,
    announced: &'static [Answer],
    announce: &'a str,
}

impl<'a> ShowPage<'a> {
    fn new(shell: Shell, faults: FieldFaults, [theme, contrast, motion, announce]: [&'a str; 4]) -> Self {
        let (themes, contrasts, motions, announced) = (&THEMES, &CONTRASTS, &MOTIONS, &ANNOUNCED);
        Self { shell, faults, themes, theme, contrasts, contrast, motions, motion, announced, announce }
    }
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, kept: RestoredForm) -> Result {
    let now = me.user.appearance;
    let kept: Option<Form<Fields>> = kept.take(&app, &me).await?;
    let chosen = match &kept {
        Some(Form(fields)) => fields.sent(),
        None => [now.theme.as_str(), now.contrast.as_str(), now.motion.as_str(), now.announce.as_str()],
    };
    Ok(page(&ShowPage::new(shell(&me, TITLE).await, FieldFaults::default(), chosen)))
}

pub(super) async fn update(State(app): State<App>, me: SignedIn, Form(fields): Form<Fields>) -> Result {
    let chosen = match Appearance::parse(&fields.theme, &fields.contrast, &fields.motion, &fields.announce) {
        Err(Error::Invalid(faults)) => {
            let form = ShowPage::new(shell(&me, TITLE).await.title_prefix("Error"), faults, fields.sent());
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form));
        }
        chosen => chosen?,
    };
    accounts::change_appearance(&app.db, &me.actor, chosen, app.clock.now()).await?;
    me.flash(Flash::success("Pages now look as you chose.")).await?;
    Ok(see_other("/settings/appearance"))
}

/// For the hub of the settings.
pub(super) fn in_words(appearance: Appearance) -> &'static str {
    match appearance.theme {
        Theme::Auto => "Colours as your system says",
        Theme::Light => "Light colours",
        Theme::Dark => "Dark colours",
    }
}
