//! `/admin/invitations`: invites people by mail, and lists the invitations that nobody has used yet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::shell;
use crate::accounts::{self, Invitation};
use crate::app::App;
use crate::config::SignUp;
use crate::error::{Error, FieldFaults};
use crate::web::actor::{Admin, SignedIn};
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When};

const PATH: &str = "/admin/invitations";

const TITLE: &str = "Invitations";

#[derive(Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(super) struct ByKey {
    key: String,
}

struct Row {
    key: String,
    email: String,
    created_at: When,
    expires_at: When,
}

impl Row {
    fn new(invitation: Invitation, calendar: &Calendar) -> Self {
        Self {
            key: invitation.key,
            email: invitation.email,
            created_at: calendar.when(invitation.created_at),
            expires_at: calendar.when(invitation.expires_at),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/invitations.html")]
struct IndexPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    email: &'a str,
    rows: Vec<Row>,
    is_closed: bool,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "admin/invitation.html")]
struct ConfirmPage {
    shell: Shell,
    row: Row,
}

pub(super) async fn index(State(app): State<App>, Admin(me): Admin, pending_form: PendingForm) -> Result {
    let restored: Option<Form<Fields>> = pending_form.take_form(&app, &me).await?;
    let Form(fields) = restored.unwrap_or(Form(Fields::default()));
    form(&app, &me, &fields.email, FieldFaults::default()).await
}

pub(super) async fn create(State(app): State<App>, admin: Admin, Form(fields): Form<Fields>) -> Result {
    let (me, now) = (&admin.0, app.clock.now());
    match accounts::invite(&app.system, &app.outbox, app.sign_up, &admin.hub_actor(), &fields.email, now).await {
        Ok(email) => {
            let message = if app.outbox.has_mail_server {
                format!("An invitation is on its way to {email}.")
            } else {
                format!(
                    "The invitation to {email} is a file in the outbox folder of the data directory. Pass on its link."
                )
            };
            me.flash(Flash::success(message)).await?;
            Ok(see_other(PATH))
        }
        Err(Error::Invalid(faults)) => form(&app, me, &fields.email, faults).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn confirm(State(app): State<App>, Admin(me): Admin, Path(ByKey { key }): Path<ByKey>) -> Result {
    let now = app.clock.now();
    let invitation = accounts::find_invitation(&app.system, &key, now).await?;
    let shell = shell(&me, "Withdraw an invitation").await.breadcrumb("Users", "/admin/users").breadcrumb(TITLE, PATH);
    Ok(page(&ConfirmPage { shell, row: Row::new(invitation, &me.calendar(now)) }))
}

pub(super) async fn withdraw(State(app): State<App>, admin: Admin, Path(ByKey { key }): Path<ByKey>) -> Result {
    let invitation = accounts::withdraw_invitation(&app.system, &admin.hub_actor(), &key, app.clock.now()).await?;
    admin.0.flash(Flash::success(format!("The invitation to {} is withdrawn.", invitation.email))).await?;
    Ok(see_other(PATH))
}

async fn form(app: &App, me: &SignedIn, email: &str, faults: FieldFaults) -> Result<Response> {
    let now = app.clock.now();
    let calendar = me.calendar(now);
    let rows = accounts::list_invitations(&app.system, now).await?;
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = IndexPage {
        shell: shell(me, TITLE).await.breadcrumb("Users", "/admin/users").with_faults(&faults),
        faults,
        email,
        rows: rows.into_iter().map(|invitation| Row::new(invitation, &calendar)).collect(),
        is_closed: app.sign_up == SignUp::Closed,
        is_open: app.sign_up == SignUp::Open,
    };
    Ok(page_with(status, &page))
}
