//! `/settings/profile`: name and time zone.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::shell;
use crate::accounts::{self, Profile};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Profile";

#[derive(Deserialize)]
pub(super) struct Fields {
    display_name: String,
    time_zone: String,
}

struct ZoneOption {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct ShowPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    display_name: &'a str,
    time_zone: &'a str,
    zones: Vec<ZoneOption>,
    hint: String,
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let Form(fields) = pending_form.take_form(&app, &me).await?.unwrap_or_else(|| {
        Form(Fields {
            display_name: me.user.display_name.clone(),
            time_zone: me.user.zone.iana_name().unwrap_or("UTC").to_owned(),
        })
    });
    Ok(form(&app, &me, &fields, FieldFaults::default()).await)
}

pub(super) async fn update(State(app): State<App>, me: SignedIn, Form(fields): Form<Fields>) -> Result {
    let profile = match Profile::parse(&fields.display_name, &fields.time_zone) {
        Err(Error::Invalid(faults)) => return Ok(form(&app, &me, &fields, faults).await),
        profile => profile?,
    };
    accounts::change_profile(&app.db, &me.actor, &profile, app.clock.now()).await?;
    me.flash(Flash::success("Your profile is saved.")).await?;
    Ok(see_other("/settings/profile"))
}

async fn form(app: &App, me: &SignedIn, fields: &Fields, faults: FieldFaults) -> Response {
    let shell = shell(me, TITLE).await;
    let (status, shell) = if faults.is_empty() {
        (StatusCode::OK, shell)
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, shell.title_prefix("Error"))
    };
    let local = me.calendar(app.clock.now()).when(app.clock.now());
    let form = ShowPage {
        shell,
        faults,
        display_name: &fields.display_name,
        time_zone: &fields.time_zone,
        zones: zone_options(&fields.time_zone),
        hint: format!("Times are shown in this time zone, where it is {} now.", local.brief()),
    };
    page_with(status, &form)
}

/// Returns UTC, then every place of the time zone database, and the chosen zone if it is not among them.
fn zone_options(chosen: &str) -> Vec<ZoneOption> {
    let places = jiff::tz::db().available().map(|name| name.as_str().to_owned()).filter(|name| is_place(name));
    let mut names: Vec<String> = std::iter::once("UTC".to_owned()).chain(places).collect();
    if TimeZone::get(chosen).is_ok() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    names.into_iter().map(|value| ZoneOption { label: value.replace('_', " "), value }).collect()
}

/// Returns true for names like `Europe/Berlin`; other names of the database are old spellings.
fn is_place(name: &str) -> bool {
    let regions =
        ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    name.split_once('/').is_some_and(|(region, _)| regions.contains(&region))
}
