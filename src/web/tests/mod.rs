//! Tests of the shell and the layers through requests: pages, errors, headers.

mod gallery;
mod markup;

use crate::web::here::Here;
use askama::Template;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use scraper::{Html, Selector};
use std::time::Duration;
use tower::ServiceExt;
use url::Url;

use super::error::{Error, Result};
use super::extract::Path;
use super::shell::{Shell, ShellUser, ViewerSlot, ZoneNote};
use super::{WebSettings, layers, respond};
use crate::accounts::{Appearance, Theme};
use crate::error::{Error as DomainError, Message};

#[derive(Template)]
#[template(source = "{% extends \"layout.html\" %}{% block main %}<h1>Hello</h1>{% endblock %}", ext = "html")]
struct HelloPage {
    shell: Shell,
}

fn alice() -> ShellUser {
    let appearance = Appearance { theme: Theme::Dark, ..Appearance::default() };
    ShellUser {
        display_name: "Alice".into(),
        email: "alice@example.org".into(),
        appearance,
        zone: jiff::tz::TimeZone::UTC,
        zone_note: ZoneNote::default(),
        is_admin: false,
        here: Here::default(),
    }
}

fn app() -> Router {
    let pages = Router::new()
        .route("/hello", get(|| async { respond::page(&HelloPage { shell: Shell::new("Hello") }) }))
        .route(
            "/jobs/{id}",
            get(|Path(_): Path<u32>| async { Err::<(), _>(Error::from(DomainError::NotFound("job"))) }),
        )
        .route("/panic", get(broken))
        .route("/internal", post(|| async { Err::<(), _>(Error::from(anyhow::anyhow!("secret detail"))) }))
        .route("/limited", get(limited))
        .route("/unreachable", get(unreachable))
        .route("/stale", get(async || Err::<(), Error>(DomainError::stale("It was removed", "Look again").into())))
        .route("/conflict", get(async || Err::<(), Error>(DomainError::conflict("It is yours", "Ask").into())))
        .route("/mine", get(mine))
        .route("/orgs/acme/mine", get(mine_in_acme))
        .merge(super::assets::router());
    layers(pages, &WebSettings { public_url: Url::parse("https://hub.example").unwrap() })
}

async fn broken() -> Response {
    panic!("secret detail")
}

async fn limited() -> Result {
    let retry_after = Duration::from_secs(40);
    Err(DomainError::Limited { message: "Wait 40 seconds before the next try".into(), retry_after }.into())
}

async fn unreachable() -> Result {
    let message = Message::from("a.test could not be reached").with_detail("Connection refused");
    Err(DomainError::upstream("unreachable", message, None).into())
}

async fn mine(request: Request) -> Result {
    ViewerSlot::fill(&request.into_parts().0, alice());
    Err(DomainError::NotFound("job").into())
}

async fn mine_in_acme(request: Request) -> Result {
    let here = Here::organisation("acme".into(), "Acme".into());
    ViewerSlot::fill(&request.into_parts().0, ShellUser { here, ..alice() });
    Err(DomainError::NotFound("job").into())
}

async fn send(request: Request) -> Response {
    app().oneshot(request).await.unwrap()
}

async fn get_page(path: &str) -> Response {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().into()).unwrap()
}

fn select(html: &str, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    Html::parse_document(html)
        .select(&selector)
        .map(|element| element.text().collect::<String>().trim().to_owned())
        .collect()
}

#[tokio::test]
async fn a_page_is_cached_and_revalidated() {
    let first = get_page("/hello").await;
    assert_eq!(
        (first.status(), &first.headers()[CACHE_CONTROL]),
        (StatusCode::OK, &"private, no-cache".parse().unwrap())
    );
    let again = Request::get("/hello").header(IF_NONE_MATCH, &first.headers()[ETAG]).body(Body::empty()).unwrap();
    let again = send(again).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.headers().contains_key(CONTENT_SECURITY_POLICY));
    assert_eq!(text(again).await, "");
}

#[tokio::test]
async fn an_unknown_address_answers_a_whole_page() {
    let response = get_page("/nowhere").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let html = text(response).await;
    assert_eq!(select(&html, "title"), ["Page not found – Tool Connect Craft"]);
    assert_eq!(select(&html, "main h1"), ["Page not found"]);
    assert_eq!(select(&html, "main code"), [id]);
}

#[tokio::test]
async fn the_error_page_of_an_organisation_stays_in_it() {
    let html = text(get_page("/orgs/acme/mine").await).await;
    assert_eq!(select(&html, "header .space"), ["Organisation: Acme"]);
    for path in ["/dashboard", "/connectors", "/connections", "/jobs", "/audit"] {
        assert_eq!(select(&html, &format!("nav a[href='/orgs/acme{path}']")).len(), 1, "{path}");
    }
    assert_eq!(select(&html, "main a[href='/orgs/acme/connectors']"), ["Go to the connectors"]);
    assert!(select(&text(get_page("/mine").await).await, "header .space").is_empty());
}

#[tokio::test]
async fn a_path_with_an_invalid_id_is_an_unknown_address() {
    assert_eq!(get_page("/jobs/seven").await.status(), StatusCode::NOT_FOUND);
    let html = text(get_page("/jobs/7").await).await;
    assert!(select(&html, "main .lede")[0].contains("There is no such job"), "{html}");
}

#[tokio::test]
async fn a_panic_answers_a_page_without_its_message() {
    let response = get_page("/panic").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let html = text(response).await;
    assert!(!html.contains("secret detail"));
    assert_eq!(select(&html, "main a.btn"), ["Try again"]);
}

#[tokio::test]
async fn after_a_failed_post_the_page_promises_nothing_and_links_to_no_repetition() {
    let html = text(send(Request::post("/internal").body(Body::empty()).unwrap()).await).await;
    assert!(html.contains("may or may not have been saved") && !html.contains("secret detail"));
    assert!(select(&html, "main a.btn").is_empty());
}

#[tokio::test]
async fn a_limit_names_the_wait_in_words_and_in_the_header() {
    let response = get_page("/limited").await;
    assert_eq!((response.status(), &response.headers()[RETRY_AFTER]), (StatusCode::TOO_MANY_REQUESTS, &40.into()));
    assert!(text(response).await.contains("Wait 40 seconds"));
}

#[tokio::test]
async fn the_words_of_a_machine_are_folded_below_the_sentence() {
    let html = text(get_page("/unreachable").await).await;
    assert_eq!(select(&html, "main .lede"), ["a.test could not be reached"]);
    assert_eq!(select(&html, "main details p"), ["Connection refused"]);
    assert!(select(&text(get_page("/limited").await).await, "main details").is_empty());
}

#[tokio::test]
async fn a_page_is_out_of_date_only_if_something_changed() {
    for (path, title) in [("/stale", "This page is out of date"), ("/conflict", "This cannot be done now")] {
        let response = get_page(path).await;
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(select(&text(response).await, "h1"), [title]);
    }
}

#[tokio::test]
async fn a_json_client_gets_json() {
    let response = get_page("/nowhere.json").await;
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(body["error"]["status"], 404);
    assert!(body["error"]["request_id"].as_str().is_some_and(|id| id.len() == 16));
}

#[tokio::test]
async fn an_error_page_keeps_the_navigation_of_the_signed_in_user() {
    let html = text(get_page("/mine").await).await;
    assert_eq!(select(&html, "nav[aria-label=Main] a[href='/jobs']").len(), 1);
    assert_eq!(select(&html, "html[data-theme=dark]").len(), 1);
    assert_eq!(select(&text(get_page("/nowhere").await).await, "nav[aria-label=Main]").len(), 0);
}

#[tokio::test]
async fn a_post_from_another_site_is_stopped_before_the_handler() {
    let post = Request::post("/internal").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    let response = send(post).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(text(response).await.contains("another site"));
}

#[tokio::test]
async fn a_method_that_is_not_allowed_answers_a_page_and_lists_the_allowed_ones() {
    let response = send(Request::post("/hello").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    assert!(text(response).await.contains("<h1>"));
}

#[tokio::test]
async fn static_files_are_cached_forever_and_compressed_once() {
    let request = Request::get(super::assets::css_href()).header("accept-encoding", "br").body(Body::empty()).unwrap();
    let response = send(request).await;
    assert_eq!(response.headers()["content-encoding"], "br");
    assert!(response.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let (css, _) = super::assets::wire_sizes();
    assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap().len(), css);
}
