//! The page of a sign-in whose grant covers several sites or organisations: the user chooses the one that calls go to.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Handles;
use http::StatusCode;
use serde::Deserialize;

use super::callback::{show_completed, show_error};
use super::{authorization, below, choice_href, href};
use crate::app::App;
use crate::connections::{AwaitedChoice, CoveredEntry, SignInStep};
use crate::error::{Error, FieldFaults};
use crate::oauth::State;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Query};
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

/// The form with the entries to choose from.
#[derive(Template)]
#[template(path = "connectors/choice.html")]
struct ChoicePage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    service_href: String,
    action: String,
    state: &'a str,
    label: &'a str,
    noun: &'a str,
    nouns: &'a str,
    entries: &'a [CoveredEntry],
    chosen: &'a str,
}

#[derive(Deserialize)]
pub(super) struct ChoiceInput {
    #[serde(default)]
    state: String,
    #[serde(default)]
    choice: String,
}

pub(super) async fn new(Handles(app): Handles<App>, me: SignedIn, Query(input): Query<ChoiceInput>) -> Result {
    form(&app, &me, &input, &FieldFaults::default()).await
}

pub(super) async fn create(Handles(app): Handles<App>, me: SignedIn, Form(input): Form<ChoiceInput>) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let state = State::from_callback(&input.state);
    // in a task of its own: a grant must not be lost if the browser closes the connection now
    let completion = app.background_tasks.run_to_end({
        let (app, actor, chosen) = (app.clone(), me.actor.clone(), input.choice.clone());
        async move { authorization(&app).choose(&actor, session, &state, &chosen, app.clock.now()).await }
    });
    match completion.await {
        Ok(SignInStep::Completed(signed)) => show_completed(&app, &me, &signed).await,
        Ok(SignInStep::AwaitsChoice(connector)) => {
            Ok(see_other(&choice_href(&me, &connector, &State::from_callback(&input.state))))
        }
        Err(Error::Invalid(faults)) => form(&app, &me, &input, &faults).await,
        Err(error) => show_error(&app, &me, error, &query_of(&input)).await,
    }
}

fn query_of(input: &ChoiceInput) -> BTreeMap<String, String> {
    BTreeMap::from([("state".to_owned(), input.state.clone())])
}

async fn form(app: &App, me: &SignedIn, input: &ChoiceInput, faults: &FieldFaults) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let state = State::from_callback(&input.state);
    let awaited = match authorization(app).awaited_choice(&me.actor, session, &state, app.clock.now()).await {
        Ok(awaited) => awaited,
        Err(error) => return show_error(app, me, error, &query_of(input)).await,
    };
    let AwaitedChoice { connector, label, noun: [noun, nouns], entries, former } = awaited;
    let shell = below(me, format!("Choose the {noun}"), &connector).await.with_faults(faults);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ChoicePage {
        shell,
        faults,
        service: &connector.name,
        service_href: href(&connector, me.here()),
        action: format!("{}/connection/choice", href(&connector, me.here())),
        state: &input.state,
        label: &label,
        noun: &noun,
        nouns: &nouns,
        entries: &entries,
        chosen: former.as_deref().unwrap_or_default(),
    };
    Ok(page_with(status, &view))
}
