//! Ends the sign-in at a provider: the callback, and the document that describes the hub's OAuth client. Providers know these
//! addresses, so they belong to no space.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Handles;
use axum::response::Response;
use http::StatusCode;

use super::{authorization, choice_href, connected_message, href};
use crate::app::App;
use crate::connections::{self, CompletedSignIn, SignInStep};
use crate::connectors::Connector;
use crate::error::{Error, Message};
use crate::oauth::State;
use crate::organisations;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::flash::Flash;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::{Section, Shell};
use crate::web::when;

/// A sign-in that failed.
#[derive(Template)]
#[template(path = "connectors/not_signed_in.html")]
struct FailedPage {
    shell: Shell,
    message: Message,
    again: Option<(String, String)>,
}

/// Handles the OAuth callback of a sign-in.
pub(super) async fn callback(
    Handles(app): Handles<App>,
    me: SignedIn,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result {
    let me = enter_space_of_callback(&app, me, &query).await?;
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    // in a task of its own: a grant must not be lost if the browser closes the connection now
    let completion = app.background_tasks.run_to_end({
        let (app, actor, query) = (app.clone(), me.actor.clone(), query.clone());
        async move { authorization(&app).complete(&actor, session, &query, app.clock.now()).await }
    });
    match completion.await {
        Ok(SignInStep::Completed(signed)) => show_completed(&app, &me, &signed).await,
        Ok(SignInStep::AwaitsChoice(connector)) => {
            let state = State::from_callback(query.get("state").map_or("", String::as_str));
            Ok(see_other(&choice_href(&me, &connector, &state)))
        }
        Err(error) => show_error(&app, &me, error, &query).await,
    }
}

/// Redirects to the page of a connected service, which shows the result of the sign-in.
pub(super) async fn show_completed(app: &App, me: &SignedIn, signed: &CompletedSignIn) -> Result {
    signed.released.announce(&app.live);
    app.live.notify_owner(me.actor.owner_id());
    let flash = if let Some(reason) = &signed.rejection {
        Flash::important(format!("{reason}."))
    } else {
        let message = describe_sign_in(signed);
        Flash::success(connected_message(app, me, signed.connection, message).await?)
    };
    me.flash(flash).await?;
    Ok(see_other(&href(&signed.connector, me.here())))
}

/// Says why a sign-in failed. `query` names its state.
pub(super) async fn show_error(app: &App, me: &SignedIn, error: Error, query: &BTreeMap<String, String>) -> Result {
    match error {
        error @ (Error::Internal(_) | Error::Unavailable(_) | Error::Locked(_)) => Err(error.into()),
        error => {
            let connector = authorization(app).connector_of_callback(&me.actor, query).await?;
            Ok(show_failure(me, StatusCode::CONFLICT, error.to_message(), connector).await)
        }
    }
}

/// Enters the organisation for which the sign-in was begun: the callback's address names no space.
async fn enter_space_of_callback(
    app: &App,
    me: SignedIn,
    query: &BTreeMap<String, String>,
) -> crate::error::Result<SignedIn> {
    let user = me.actor.user_id();
    match connections::find_owner_of_callback(&app.system, user, query).await? {
        Some(owner) if owner != me.actor.owner_id() => {
            Ok(me.within(organisations::find_membership_in(&app.system, user, owner).await?))
        }
        _ => Ok(me),
    }
}

/// Serves the client metadata document, for providers that read it.
pub(super) async fn client(Handles(app): Handles<App>) -> Result {
    use axum::response::IntoResponse;
    Ok(axum::Json(connections::client_document(&app.public_url)?).into_response())
}

fn describe_sign_in(signed: &CompletedSignIn) -> String {
    let again = if signed.is_reconnected { " again" } else { "" };
    let account = signed.account.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    let mut sentences = vec![format!("{} is connected{again}{account}.", signed.connector.name)];
    match signed.tools {
        Some(tools) => sentences.push(format!("It has {}.", when::count(tools as u64, "tool"))),
        None if signed.connector.has_discovery() => {
            sentences.push("Its tools could not be read yet. Refresh them below.".to_owned());
        }
        None => {}
    }
    if !signed.missing.is_empty() {
        sentences.push(format!("Not granted: {}.", signed.missing.join(", ")));
    }
    if !signed.released.is_empty() {
        sentences
            .push(format!("{} that waited for it will run now.", when::count(signed.released.len() as u64, "job")));
    }
    sentences.join(" ")
}

/// Says why a service is not connected, with a link to try again.
pub(super) async fn show_failure(
    me: &SignedIn,
    status: StatusCode,
    message: Message,
    connector: Option<Connector>,
) -> Response {
    let catalogue = me.here().path("/connectors");
    let shell = me.shell("Not connected").await.section(Section::Connectors).breadcrumb("Connectors", catalogue);
    let again = connector.map(|it| {
        let form = format!("{}/connection", href(&it, me.here()));
        (it.name, form)
    });
    page_with(status, &FailedPage { shell: shell.title_prefix("Error"), message, again })
}
