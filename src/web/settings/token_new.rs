//! `/settings/tokens/new`: creates an access token, and shows it once.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::tokens::{TokenRow, below_tokens, endpoint, memberships};
use crate::api_tokens::{self, DEFAULT_LIFETIME, LIFETIMES, NewToken, Scope, Scopes};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::organisations::Membership;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::FormPairs;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page_unstored, page_with};
use crate::web::shell::Shell;
use crate::web::when::count;

/// A form as typed.
struct Fields {
    name: String,
    days: String,
    scopes: Vec<String>,
    /// Slug of an organisation; empty for the person's own space.
    space: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            name: String::new(),
            days: DEFAULT_LIFETIME.to_string(),
            scopes: Scopes::DEFAULT.to_texts().into_iter().map(str::to_owned).collect(),
            space: String::new(),
        }
    }
}

impl From<FormPairs> for Fields {
    /// Reads a form. The page's own form says `choice=made`, because unticked boxes are not sent; without it, as from a script
    /// that sends a name only, the default scopes hold.
    fn from(form: FormPairs) -> Self {
        let default = Self::default();
        let ticked = || form.0.iter().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.clone());
        let is_chosen = form.get("choice").is_some() || ticked().next().is_some();
        Self {
            name: form.get("name").unwrap_or_default().to_owned(),
            days: form.get("days").map_or(default.days, str::to_owned),
            scopes: if is_chosen { ticked().collect() } else { default.scopes },
            space: form.get("space").unwrap_or_default().to_owned(),
        }
    }
}

struct PickOption {
    value: String,
    label: String,
}

struct ScopeBox {
    value: &'static str,
    label: &'static str,
    is_ticked: bool,
}

#[derive(Template)]
#[template(path = "settings/token_new.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    name: &'a str,
    days: &'a str,
    lifetimes: Vec<PickOption>,
    scopes: Vec<ScopeBox>,
    space: &'a str,
    /// The choice of a space; empty if there is only one.
    spaces: Vec<PickOption>,
}

#[derive(Template)]
#[template(path = "settings/token_created.html")]
struct CreatedPage<'a> {
    shell: Shell,
    token: &'a str,
    row: TokenRow,
    /// The address at which it works.
    endpoint: String,
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let fields = pending_form.take_form(&app, &me).await?.map_or_else(Fields::default, |form: FormPairs| form.into());
    Ok(form(&me, StatusCode::OK, &fields, &memberships(&app, &me).await?, &FieldFaults::default()).await)
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, typed: FormPairs) -> Result {
    let (fields, memberships) = (Fields::from(typed), memberships(&app, &me).await?);
    let now = app.clock.now();
    let (token, text) = match try_create(&app, &me, &fields, &memberships).await {
        Err(Error::Invalid(faults)) => {
            return Ok(form(&me, StatusCode::UNPROCESSABLE_ENTITY, &fields, &memberships, &faults).await);
        }
        created => created?,
    };
    let membership = memberships.iter().find(|membership| membership.organisation == token.owner);
    let endpoint = endpoint(&app, membership);
    let row = TokenRow::new(token, &me, &memberships, &me.calendar(now));
    let shell = below_tokens(&me, "Copy your token").await;
    Ok(page_unstored(&CreatedPage { shell, token: text.expose(), row, endpoint }))
}

async fn try_create(
    app: &App,
    me: &SignedIn,
    fields: &Fields,
    memberships: &[Membership],
) -> Result<(api_tokens::ApiToken, crate::secret::Secret), Error> {
    let me = match fields.space.as_str() {
        "" => me.clone(),
        slug => {
            let membership = memberships.iter().find(|membership| membership.slug == slug);
            let left = || Error::field("space", "You are not in that organisation any more. Choose another space");
            me.clone().within(membership.ok_or_else(left)?.clone())
        }
    };
    let scopes = Scopes::parse(fields.scopes.iter().map(String::as_str))?;
    // a text that is no number is none of the durations
    let new = NewToken { name: &fields.name, scopes, days: fields.days.parse().unwrap_or_default() };
    api_tokens::create(&app.db, &me.actor, new, app.clock.now()).await
}

async fn form(
    me: &SignedIn,
    status: StatusCode,
    fields: &Fields,
    memberships: &[Membership],
    faults: &FieldFaults,
) -> Response {
    let shell = below_tokens(me, "Create a token").await.with_faults(faults);
    let lifetime = |days: u16| PickOption { value: days.to_string(), label: count(u64::from(days), "day") };
    let form = NewPage {
        shell,
        faults,
        name: &fields.name,
        days: &fields.days,
        lifetimes: LIFETIMES.into_iter().map(lifetime).collect(),
        scopes: scope_boxes(&fields.scopes),
        space: &fields.space,
        spaces: if fields.space.is_empty() && memberships.is_empty() { Vec::new() } else { space_options(memberships) },
    };
    page_with(status, &form)
}

fn scope_boxes(ticked: &[String]) -> Vec<ScopeBox> {
    let scope_box = |scope: Scope| ScopeBox {
        value: scope.as_str(),
        label: scope.description(),
        is_ticked: ticked.iter().any(|text| text == scope.as_str()),
    };
    Scope::ALL.into_iter().map(scope_box).collect()
}

fn space_options(memberships: &[Membership]) -> Vec<PickOption> {
    let own = PickOption { value: String::new(), label: "My own connections".to_owned() };
    let organisation = |membership: &Membership| PickOption {
        value: membership.slug.clone(),
        label: format!("Connections of {}", membership.name),
    };
    std::iter::once(own).chain(memberships.iter().map(organisation)).collect()
}
