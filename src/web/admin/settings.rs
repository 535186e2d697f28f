//! `/admin/settings`: the settings of the process, each with its source. Secrets are never shown.

use askama::Template;
use axum::extract::State;

use super::shell;
use crate::app::App;
use crate::config::{Setting, SettingSource, SettingValue};
use crate::web::actor::Admin;
use crate::web::error::Result;
use crate::web::respond::page;
use crate::web::shell::Shell;

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

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<Row>,
}

pub(super) async fn index(State(app): State<App>, Admin(me): Admin) -> Result {
    let rows = app.settings.iter().map(Row::from).collect();
    Ok(page(&IndexPage { shell: shell(&me, "Hub settings").await, rows }))
}
