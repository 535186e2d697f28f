//! Connecting a service once more, or with another account.

use super::below;
use super::{key, sign_in};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use crate::app::App;
use crate::connections::{
    self, Connection, CredentialService, FormValues, NewConnection, NewCredential, NewToken, label,
};
use crate::connectors::{self, AuthKind, Connector};
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Path, Query};
use crate::web::flash::Flash;
use crate::web::form_restore::RestoredForm;
use crate::web::respond::{page_with, see_other};
use crate::web::shell::Shell;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConnectionForm {
    pub(super) label: String,
    pub(super) token: String,
    /// When the token or key ends.
    pub(super) ends_on: String,
    /// Of an application that its owner has made at the provider.
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// `1`: the provider says that it does not know the hub, which is to make itself known again.
    pub(super) anew: String,
    /// What the service asks for besides.
    #[serde(flatten)]
    pub(super) fields: FormValues,
}

/// What there is to do to connect a service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectMethod {
    /// A token is typed; an account may be added to those that there are.
    Token { is_first: bool },
    /// A key is typed, with what else the service asks for; likewise.
    Key { is_first: bool },
    /// One signs in at the service; likewise.
    SignIn { is_first: bool },
    /// Nothing has to be proved: a button.
    Button,
}

impl ConnectMethod {
    /// None: it is connected, and there is nothing to add; or its owner cannot connect it here.
    pub(super) fn of(connector: &Connector, connections: &[Connection]) -> Option<Self> {
        let mut open = connections.iter().filter(|connection| !connection.status.is_disconnected());
        if connections::takes_token(connector) {
            return Some(Self::Token { is_first: open.next().is_none() });
        }
        if connections::takes_key(connector) {
            return Some(Self::Key { is_first: open.next().is_none() });
        }
        if connector.auth == AuthKind::OAuth {
            return Some(Self::SignIn { is_first: open.next().is_none() });
        }
        (connector.auth == AuthKind::None && open.next().is_none()).then_some(Self::Button)
    }

    /// Two accounts are told apart by their labels, so a second one has none yet.
    const fn blank_label(self) -> &'static str {
        match self {
            Self::Button => label::DEFAULT,
            Self::Token { is_first } | Self::Key { is_first } | Self::SignIn { is_first } => {
                if is_first {
                    label::DEFAULT
                } else {
                    ""
                }
            }
        }
    }

    /// The words of the link that leads here.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Token { is_first: false } | Self::Key { is_first: false } | Self::SignIn { is_first: false } => {
                "Add another account"
            }
            _ => "Connect",
        }
    }
}

/// The form.
#[derive(Template)]
#[template(path = "connectors/connection.html")]
struct ConnectionPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    service: &'a str,
    slug: &'a str,
    method: ConnectMethod,
    label: &'a str,
    ends_on: &'a str,
}

/// Which connection is meant, where one signs in again.
#[derive(Default, Deserialize)]
pub(super) struct NewParams {
    label: Option<String>,
}

pub(super) async fn new(
    State(app): State<App>,
    me: SignedIn,
    Path(slug): Path<String>,
    Query(params): Query<NewParams>,
    kept: RestoredForm,
) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    let Some(method) = connect_method(&app, &me, &connector).await? else {
        return nothing_to_do(&me, &connector).await;
    };
    let kept: Option<Form<ConnectionForm>> = kept.take(&app, &me).await?;
    let blank = || method.blank_label().to_owned();
    if let ConnectMethod::SignIn { .. } = method {
        let label = params.label.unwrap_or_else(blank);
        let typed = if let Some(Form(typed)) = kept {
            typed
        } else {
            let fields = entered(&app, &me, &connector, &label).await?;
            ConnectionForm { label, fields, ..ConnectionForm::default() }
        };
        return sign_in::show(&app, &me, &connector, &typed).await;
    }
    let Form(typed) = kept.unwrap_or_else(|| Form(ConnectionForm { label: blank(), ..ConnectionForm::default() }));
    if let ConnectMethod::Key { .. } = method {
        return key::show(&app, &me, &connector, method, &typed).await;
    }
    let typed = (typed.label.as_str(), typed.ends_on.as_str());
    Ok(form(&me, &connector, method, StatusCode::OK, typed, &FieldFaults::default()).await)
}

pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(slug): Path<String>,
    Form(typed): Form<ConnectionForm>,
) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    let Some(method) = connect_method(&app, &me, &connector).await? else {
        return nothing_to_do(&me, &connector).await;
    };
    if let ConnectMethod::SignIn { .. } = method {
        return sign_in::create(&app, &me, &connector, &typed).await;
    }
    if let ConnectMethod::Key { .. } = method {
        return key::create(&app, &me, &connector, method, &typed).await;
    }
    let label = if method == ConnectMethod::Button { label::DEFAULT } else { typed.label.as_str() };
    let credential = match method {
        ConnectMethod::Button => NewCredential::None,
        _ => NewCredential::Token(NewToken {
            token: Secret::new(typed.token.trim()),
            expiry: me.typed_end(&typed.ends_on),
        }),
    };
    let new = NewConnection { label: label.to_owned(), credential };
    let credentials = CredentialService { db: &app.db, vault: &app.vault, egress: &app.egress };
    match credentials.connect(&me.actor, &connector, &new, app.clock.now()).await {
        Ok(_) => {
            me.flash(Flash::success(format!("{} is connected.", connector.name))).await?;
            Ok(see_other(&format!("/connectors/{slug}")))
        }
        Err(Error::Invalid(faults)) => {
            let typed = (label, typed.ends_on.as_str());
            Ok(form(&me, &connector, method, StatusCode::UNPROCESSABLE_ENTITY, typed, &faults).await)
        }
        Err(other) => Err(other.into()),
    }
}

/// What was entered for the connection of this label, if there is one.
async fn entered(app: &App, me: &SignedIn, connector: &Connector, label: &str) -> Result<FormValues, Error> {
    let connections = connections::list_for_connector(&app.db, &me.actor, connector.id).await?;
    let Some(connection) = connections.iter().find(|it| it.label == label && !it.status.is_disconnected()) else {
        return Ok(FormValues::new());
    };
    let mut tx = app.db.as_user(&me.actor).await?;
    connections::stored_values(&mut tx, &me.actor, connection.id).await
}

async fn connect_method(app: &App, me: &SignedIn, connector: &Connector) -> Result<Option<ConnectMethod>, Error> {
    Ok(ConnectMethod::of(connector, &connections::list_for_connector(&app.db, &me.actor, connector.id).await?))
}

async fn nothing_to_do(me: &SignedIn, connector: &Connector) -> Result {
    if connector.auth != AuthKind::None {
        return Err(Error::NotFound("form to connect this service").into());
    }
    me.flash(Flash::important(format!("There is nothing to connect: {} can be used as it is.", connector.name)))
        .await?;
    Ok(see_other(&format!("/connectors/{}", connector.slug)))
}

async fn form(
    me: &SignedIn,
    connector: &Connector,
    method: ConnectMethod,
    status: StatusCode,
    (label, ends_on): (&str, &str),
    faults: &FieldFaults,
) -> Response {
    let shell = below(me, method.label(), connector).await.with_faults(faults);
    let (service, slug) = (connector.name.as_str(), connector.slug.as_str());
    page_with(status, &ConnectionPage { shell, faults, service, slug, method, label, ends_on })
}
