//! The image of an MCP server stands in the place of its letters. The hub makes it again, and no browser asks the server.

use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::odd_server::{OddServer, raw, result};
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const DISCOVER: &str = "form[action$='/discovery']";

fn picture(width: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, width).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Starts a server that announces these images.
async fn start(icons: &Value) -> OddServer {
    let server = OddServer::start(json!([{"name": "water", "inputSchema": {"type": "object"}}])).await;
    announce(&server, icons);
    server
}

fn announce(server: &OddServer, icons: &Value) {
    let own = json!({"name": "garden", "version": "1", "icons": icons});
    let answer = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": own});
    server.answer("initialize", move |request| result(request, &answer));
}

fn at_server(server: &OddServer) -> String {
    server.url().join("/image").unwrap().to_string()
}

/// Discovers the tools again, a minute later.
async fn discover(app: &TestApp, alice: &Browser) -> Page {
    app.app.clock.advance(Duration::from_secs(60));
    let page = alice.get("/connectors/garden").await;
    alice.submit(&page, DISCOVER, []).await
}

async fn image_of(alice: &Browser) -> Option<String> {
    let page = alice.get("/connectors/garden").await;
    page.has(".title .tile img").then(|| page.attr(".title .tile img", "src").unwrap())
}

#[tokio::test]
async fn the_image_of_a_server_is_on_its_card_and_its_pages() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = start(&json!([])).await;
    let original = picture(300, ImageFormat::Jpeg);
    let headers: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (seen, body) = (headers.clone(), original.clone());
    server.answer("image", move |names| {
        seen.lock().unwrap().push(names.clone());
        raw("image/jpeg", body.clone())
    });
    announce(&server, &json!([{"src": at_server(&server), "mimeType": "image/jpeg", "sizes": ["300x300"]}]));
    alice.add_server("Garden", &server.url()).await;
    let image = image_of(&alice).await.unwrap();
    for page in ["/connectors?q=garden", "/connectors/garden/tools/water"] {
        let page = alice.get(page).await;
        assert_eq!(page.attr("main .tile img", "src").as_ref(), Some(&image));
        assert_eq!(page.attr("main .tile img", "alt").as_deref(), Some(""));
    }
    let shown = alice.get(&image).await;
    assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, Some("image/png")));
    assert_eq!(shown.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
    // the server was asked once, without a credential or a cookie
    let headers = headers.lock().unwrap().clone();
    assert_eq!(headers.len(), 1);
    assert!(!headers[0].to_string().contains("authorization") && !headers[0].to_string().contains("cookie"));
    // nobody else has it
    assert_eq!(app.bob().await.get(&image).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get("/connectors/garden/image/0000000000000000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(&image.replace("garden", "workbench")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_image_has_another_address_and_without_one_there_are_letters() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let data = |width| {
        let data = BASE64_STANDARD.encode(picture(width, ImageFormat::Png));
        json!([{"src": format!("data:image/png;base64,{data}")}])
    };
    let server = start(&data(20)).await;
    alice.add_server("Garden", &server.url()).await;
    let first = image_of(&alice).await.unwrap();
    announce(&server, &data(30));
    discover(&app, &alice).await;
    let second = image_of(&alice).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(alice.get(&first).await.status, StatusCode::NOT_FOUND);
    announce(&server, &json!([]));
    discover(&app, &alice).await;
    assert_eq!(image_of(&alice).await, None);
}

#[tokio::test]
async fn an_image_that_cannot_be_read_costs_itself_alone() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = start(&json!([])).await;
    alice.add_server("Garden", &server.url()).await;
    let elsewhere = start(&json!([])).await;
    elsewhere.answer("image", |_| panic!("another host was asked"));
    let own = at_server(&server);
    for (icons, body) in [
        (json!([{"src": own}]), b"<h1>Hello</h1>".to_vec()),
        (json!([{"src": own}]), vec![0; 300 * 1024]),
        (json!([{"src": own}]), picture(2_100, ImageFormat::Png)),
        (json!([{"src": own, "mimeType": "image/svg+xml"}]), picture(20, ImageFormat::Png)),
        (json!([{"src": at_server(&elsewhere)}]), Vec::new()),
        (json!([{"src": "data:image/svg+xml;base64,PHN2Zy8+"}]), Vec::new()),
        (json!({"src": 5}), Vec::new()),
        (json!([null, 7, {"mimeType": "image/png"}]), Vec::new()),
    ] {
        server.answer("image", move |_| raw("image/png", body.clone()));
        announce(&server, &icons);
        let page = discover(&app, &alice).await;
        assert!(!page.text("main").contains("failed"), "{icons}: {}", page.text("main"));
        assert_eq!(image_of(&alice).await, None, "{icons}");
    }
    // a failure leaves the image that was there
    announce(&server, &json!([{"src": own}]));
    server.answer("image", |_| raw("image/png", picture(20, ImageFormat::Png)));
    discover(&app, &alice).await;
    let image = image_of(&alice).await;
    assert!(image.is_some());
    server.answer("image", |_| axum::response::IntoResponse::into_response(StatusCode::SERVICE_UNAVAILABLE));
    discover(&app, &alice).await;
    assert_eq!(image_of(&alice).await, image);
}
