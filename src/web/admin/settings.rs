//! `/admin/settings`: the settings of the process, each with its source: those that somebody changed, then the others by
//! section. Secrets are never shown.

use askama::Template;
use axum::extract::State;

use super::shell;
use crate::app::App;
use crate::config::{Setting, SettingSource, SettingValue};
use crate::web::actor::Admin;
use crate::web::error::Result;
use crate::web::respond::page;
use crate::web::shell::Shell;

/// The heading of what somebody changed.
const CHANGED: &str = "Changed from the default";

struct Row {
    name: String,
    purpose: String,
    /// The text of the value; `None` for words of this page.
    text: Option<String>,
    words: &'static str,
    source: String,
}

impl From<&Setting> for Row {
    fn from(setting: &Setting) -> Self {
        let (text, words) = match &setting.value {
            SettingValue::Text(text) => (Some(text.clone()), ""),
            SettingValue::Secret => (None, "Set, not shown"),
            SettingValue::Unset => (None, "Not set"),
        };
        Self { name: setting.name.clone(), purpose: setting.purpose.clone(), text, words, source: source(setting) }
    }
}

fn source(setting: &Setting) -> String {
    match &setting.source {
        SettingSource::Environment => "Environment".to_owned(),
        SettingSource::File { path, line } => format!("{path}, line {line}"),
        SettingSource::Default => "Default".to_owned(),
    }
}

/// A table of settings.
struct Section {
    id: String,
    title: String,
    rows: Vec<Row>,
}

/// Returns the changed settings as a section of their own, and each other one in its section.
fn sections(settings: &[Setting]) -> Vec<Section> {
    let mut titles = vec![CHANGED];
    for setting in settings {
        if !titles.contains(&setting.section.as_str()) {
            titles.push(&setting.section);
        }
    }
    let title_of = |setting: &Setting| if setting.is_changed { CHANGED.to_owned() } else { setting.section.clone() };
    let section = |(at, title): (usize, &str)| Section {
        id: format!("section-{at}"),
        title: title.to_owned(),
        rows: settings.iter().filter(|setting| title_of(setting) == title).map(Row::from).collect(),
    };
    titles.into_iter().enumerate().map(section).filter(|section| !section.rows.is_empty()).collect()
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct IndexPage {
    shell: Shell,
    sections: Vec<Section>,
}

pub(super) async fn index(State(app): State<App>, Admin(me): Admin) -> Result {
    Ok(page(&IndexPage { shell: shell(&me, "Hub settings").await, sections: sections(&app.settings) }))
}
