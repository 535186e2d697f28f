//! The page of a listed server: what its listing says, and the form that adds it. The server is asked before anything is stored.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::{below_catalogue, search_href};
use crate::app::App;
use crate::connections::{self, FormValues, NewServer, NewServerKey, ServerAuth};
use crate::error::{Error, FieldFaults, combine};
use crate::ids::ListingId;
use crate::registry::{Listing, ListingStatus, Namespace, RemoteServer, StoredListing};
use crate::web::actor::SignedIn;
use crate::web::connectors::connect_method::form_status;
use crate::web::connectors::new::show_added;
use crate::web::error::Result;
use crate::web::extract::{ById, Form, Path};
use crate::web::form_restore::PendingForm;
use crate::web::respond::page_with;
use crate::web::service_fields::{FieldView, host_of};
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When};

/// The submitted form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::connectors) struct ListingForm {
    name: String,
    /// `yes` if a deprecated server is to be added although its publisher advises against it.
    sure: String,
    /// Values that the listing asks for.
    #[serde(flatten)]
    fields: FormValues,
}

pub(in crate::web::connectors) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById<ListingId>>,
    pending_form: PendingForm,
) -> Result {
    let stored = find(&app, id).await?;
    let Form(typed) = pending_form.take_form(&app, &me).await?.unwrap_or_else(|| Form(ListingForm::default()));
    Ok(render(&app, &me, &stored, &typed, &FieldFaults::default()).await)
}

pub(in crate::web::connectors) async fn create(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById<ListingId>>,
    Form(typed): Form<ListingForm>,
) -> Result {
    let stored = find(&app, id).await?;
    let server = stored.listing.server.as_ref();
    let server = server.map_err(|refusal| Error::conflict(refusal.sentence(), "Choose another server"))?;
    match add(&app, &me, &stored.listing, server, &typed).await {
        Ok(added) => show_added(&app, &me, added).await,
        Err(Error::Invalid(faults)) => Ok(render(&app, &me, &stored, &typed, &reported(&faults)).await),
        Err(other) => Err(other.into()),
    }
}

async fn find(app: &App, id: ListingId) -> crate::error::Result<StoredListing> {
    app.registry.find(id).await?.ok_or(Error::NotFound("listing"))
}

async fn add(
    app: &App,
    me: &SignedIn,
    listing: &Listing,
    server: &RemoteServer,
    typed: &ListingForm,
) -> crate::error::Result<connections::AddedServer> {
    let is_sure = listing.status == ListingStatus::Active || typed.sure == "yes";
    let sure = is_sure.then_some(()).ok_or_else(|| {
        Error::field("sure", "Tick this if you want to add a server that its publisher advises against")
    });
    // the values of headers are checked again where they are used: here all faults are collected
    let filled = combine(server.address(&typed.fields), server.key.fill(&typed.fields));
    let ((url, _), ()) = combine(filled, sure)?;
    let auth = ServerAuth::Key(NewServerKey { key: server.key.clone(), values: typed.fields.clone() });
    let new = NewServer { name: typed.name.trim().to_owned(), url: url.into(), auth };
    connections::add_server(&app.db, &app.egress, &app.vault, &me.actor, new, app.clock.now()).await
}

/// Reports what the form has no field for on the address.
fn reported(faults: &FieldFaults) -> FieldFaults {
    let mut reported = FieldFaults::default();
    for fault in faults.faults() {
        let detail = fault.detail.clone().unwrap_or_default();
        let (field, text) = match fault.field.as_str() {
            "token" => {
                let by_address = "Add the server by its address, where you can enter a token";
                ("url", fault.message.replace("Enter it in this field", by_address))
            }
            field => (field, fault.message.clone()),
        };
        reported.add(field, crate::error::Message::from(text).with_detail(detail));
    }
    reported
}

/// The page of a listed server.
#[derive(Template)]
#[template(path = "connectors/registry/listing.html")]
struct ListingPage<'a> {
    shell: Shell,
    faults: &'a FieldFaults,
    listing: &'a Listing,
    publisher: String,
    proof: &'static str,
    registry: String,
    updated: Option<When>,
    host: String,
    refusal: Option<&'static str>,
    is_deprecated: bool,
    action: String,
    name: &'a str,
    is_sure: bool,
    fields: Vec<FieldView>,
    search: String,
    by_address: String,
}

impl ListingPage<'_> {
    /// Lists what will be asked for.
    fn asked(&self) -> String {
        let labels: Vec<_> = self.fields.iter().map(|field| field.label.as_str()).collect();
        if labels.is_empty() { "Nothing".to_owned() } else { labels.join(", ") }
    }
}

async fn render(
    app: &App,
    me: &SignedIn,
    stored: &StoredListing,
    typed: &ListingForm,
    faults: &FieldFaults,
) -> Response {
    let StoredListing { id, registry, listing } = stored;
    let shell = below_catalogue(me, listing.title.clone()).await;
    let shell = shell.breadcrumb("Add from a registry", search_href(me.here())).with_faults(faults);
    let server = listing.server.as_ref();
    let fields = server.map(|server| {
        let mut fields = FieldView::all_of_server(&server.address_fields, &typed.fields);
        fields.extend(FieldView::all_of_server(&server.key.fields, &typed.fields));
        fields
    });
    let calendar: Calendar = me.calendar(app.clock.now());
    let view = ListingPage {
        shell,
        faults,
        publisher: listing.publisher(),
        proof: match listing.namespace {
            Namespace::Github => "a GitHub account, proved by signing in there",
            Namespace::Domain => "a domain, proved by its DNS records or its site",
        },
        registry: host_of(registry),
        updated: calendar.when_any(listing.updated_at),
        host: server.map(|server| server.host.clone()).unwrap_or_default(),
        refusal: server.err().map(crate::registry::Refusal::sentence),
        is_deprecated: listing.status == ListingStatus::Deprecated,
        action: format!("{}/{id}", search_href(me.here())),
        name: &typed.name,
        is_sure: typed.sure == "yes",
        fields: fields.unwrap_or_default(),
        search: search_href(me.here()),
        by_address: me.here().path("/connectors/new/mcp"),
        listing,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { form_status(faults) };
    page_with(status, &view)
}
