//! Putting another token in the place of a connection's own. What is typed is never shown.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::views::{self, href};
use super::{below, find, key};
use crate::app::App;
use crate::connections::{ConnectionDetail, CredentialService, FormValues, NewCredential, NewToken};
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore::RestoredForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;
use crate::web::when::count;

#[derive(Default, Deserialize)]
pub(super) struct TokenForm {
    #[serde(default)]
    pub(super) token: String,
    #[serde(default)]
    pub(super) ends_on: String,
    /// Of a service that takes a key: what it asks for.
    #[serde(flatten)]
    pub(super) fields: FormValues,
}

#[derive(Template)]
#[template(path = "connections/token.html")]
struct TokenPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    name: String,
    connector: String,
    href: String,
    ends_on: &'a str,
}

pub(super) async fn edit(State(app): State<App>, me: SignedIn, Path(id): Path<String>, kept: RestoredForm) -> Result {
    let connection = find(&app, &me, &id).await?;
    if let Some(why) = refusal(&connection) {
        me.flash(Flash::important(why)).await?;
        return Ok(see_other(&href(&connection)));
    }
    if connection.takes_key() {
        return key::edit(&app, &me, &connection, kept).await;
    }
    // a token is not carried through the sign-in
    let kept: Option<Form<TokenForm>> = kept.take(&app, &me).await?;
    let ends_on = kept.map(|Form(typed)| typed.ends_on).unwrap_or_default();
    Ok(form(&me, &connection, StatusCode::OK, &ends_on, &FieldFaults::default()).await)
}

pub(super) async fn update(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    Form(typed): Form<TokenForm>,
) -> Result {
    let connection = find(&app, &me, &id).await?;
    if let Some(why) = refusal(&connection) {
        return Err(Error::Conflict(why).into());
    }
    if connection.takes_key() {
        return key::update(&app, &me, &connection, &typed).await;
    }
    let new = NewToken { token: Secret::new(typed.token.trim()), expiry: me.typed_end(&typed.ends_on) };
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    match credentials.replace(&me.actor, connection.id, &NewCredential::Token(new), app.clock.now()).await {
        Ok(released) => {
            released.announce(&app.live);
            app.live.notify_user(me.actor.user_id());
            me.flash(Flash::success(told(&connection, released.len()))).await?;
            Ok(see_other(&href(&connection)))
        }
        Err(Error::Invalid(faults)) => {
            Ok(form(&me, &connection, StatusCode::UNPROCESSABLE_ENTITY, &typed.ends_on, &faults).await)
        }
        Err(other) => Err(other.into()),
    }
}

/// Why there is no token to replace.
fn refusal(connection: &ConnectionDetail) -> Option<String> {
    if connection.is_disconnected() {
        return Some("This connection was disconnected. Connect the service again.".to_owned());
    }
    let none = || format!("{} takes no token, so there is none to replace.", connection.connector);
    (!views::takes_token(connection)).then(none)
}

pub(super) fn told(connection: &ConnectionDetail, released: usize) -> String {
    let what = if connection.takes_key() { "key" } else { "token" };
    let words = format!("The {what} is replaced. {} has accepted the new one.", connection.connector);
    match released {
        0 => words,
        1 => format!("{words} The job that waited for it goes on."),
        n => format!("{words} The {} that waited for it go on.", count(n as u64, "job")),
    }
}

async fn form(
    me: &SignedIn,
    connection: &ConnectionDetail,
    status: StatusCode,
    ends_on: &str,
    faults: &FieldFaults,
) -> Response {
    let shell = below(me, "Replace the token", connection).await.with_faults(faults);
    let (name, connector) = (views::name(connection), connection.connector.clone());
    page_with(status, &TokenPage { shell, faults, name, connector, href: href(connection), ends_on })
}
