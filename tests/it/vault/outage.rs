//! While Vault is away, sealed, or does not let the hub in.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use craft::config::Authorities;
use craft::error::Error;
use craft::secret::Secret;
use craft::vault::{Token, TransitSettings, Vault};
use http::StatusCode;
use url::Url;

use super::{Place, keeper, now};
use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS};
use crate::support::listener::{closed_port, serve, serve_raw};
use crate::support::openbao::OpenBao;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

fn given(bao: &OpenBao, token: &str) -> TransitSettings {
    bao.settings_with(Token::Given(Secret::new(token)))
}

/// What whoever starts the hub is told.
async fn refusal(place: &Place, settings: TransitSettings) -> String {
    let vault = Vault::in_transit(settings, None).unwrap();
    match vault.check(&place.database.databases.system).await {
        Err(Error::Refused(message)) => message.to_string(),
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn each_reason_is_a_sentence_that_names_the_server_and_what_to_do() {
    let (place, bao) = (Place::new().await, OpenBao::start().await);
    let host = bao.url().authority().to_owned();
    let told = refusal(&place, given(&bao, "s.wrong")).await;
    assert!(told.starts_with(&format!("{host} does not let the hub use transit/keys/craft (")), "{told}");
    assert!(told.contains("its token is wrong or has expired") && !told.contains("s.wrong"), "{told}");
    let told = refusal(&place, given(&bao, " ")).await;
    assert_eq!(told, "CRAFT_VAULT_TOKEN holds no token");
    let told = refusal(&place, bao.settings_with(Token::File(PathBuf::from("/nowhere/token")))).await;
    assert!(told.starts_with("the Vault token file /nowhere/token cannot be read"), "{told}");
    bao.seal().await;
    let told = refusal(&place, given(&bao, "root")).await;
    assert!(told.contains(&host) && told.contains("sealed): unseal it"), "{told}");
}

#[tokio::test]
async fn what_is_no_vault_or_does_not_answer_is_told_too() {
    let place = Place::new().await;
    let at = |address: std::net::SocketAddr| TransitSettings {
        address: Url::parse(&format!("http://{address}")).unwrap(),
        key: "transit/craft".parse().unwrap(),
        token: Token::Given(Secret::new("root")),
        namespace: None,
        authorities: Authorities::default(),
    };
    let told = refusal(&place, at(closed_port().await)).await;
    assert!(told.contains("could not be reached (Connection refused") && told.contains("CRAFT_VAULT_ADDR"), "{told}");
    let page = Router::new().fallback(async || Html("<h1>Welcome</h1>"));
    let told = refusal(&place, at(serve(page).await)).await;
    assert!(told.ends_with("but not as Vault does: check CRAFT_VAULT_ADDR"), "{told}");
    let silent = serve_raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    });
    let told = refusal(&place, at(silent.await)).await;
    assert!(told.contains("did not answer within 5 seconds"), "{told}");
}

#[tokio::test]
async fn pages_say_so_and_jobs_wait_until_vault_lets_the_hub_in() {
    let bao = OpenBao::start().await;
    let (good, bad) = (bao.token("use").await, "s.expired");
    let file = std::env::temp_dir().join(format!("craft-vault-token-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, &good).unwrap();
    let vault = Vault::in_transit(bao.settings_with(Token::File(file.clone())), None).unwrap();
    let app = TestApp::with(|handles| handles.vault = vault.clone()).await;
    vault.start(&app.app.system, app.app.clock.now()).await.unwrap();
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some("t0ken")).await;

    let form = alice.get("/connectors/new/mcp").await;
    let url = server.url();
    let fields = [("name", "Guarded"), ("url", url.as_str()), ("auth", "bearer"), ("token", "t0ken")];
    std::fs::write(&file, bad).unwrap();
    let page = alice.submit(&form, "main form", fields).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text("main").contains("The hub cannot open stored credentials right now."), "{}", page.text("main"));
    std::fs::write(&file, &good).unwrap();
    assert_eq!(alice.submit(&form, "main form", fields).await.status, StatusCode::OK);

    // another process wraps her key anew: this one has to ask again, and is not let in
    let other = Vault::in_transit(bao.settings().await, None).unwrap();
    other.rotate(&app.app.system, &keeper(), now(), |_, _| {}).await.unwrap();
    std::fs::write(&file, bad).unwrap();
    let job = app.start(&alice, "/connectors/guarded/tools/tool-0", []).await;
    app.wait_for_job(&alice, job, |job| {
        job["events"].to_string().contains("It is tried again") || job["finished_at"].is_string()
    })
    .await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("The hub cannot open stored credentials just now"), "{}", page.text("main"));

    std::fs::write(&file, &good).unwrap();
    app.advance(Duration::from_secs(31)).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text("main").contains("Succeeded"), "{}", page.text("main"));
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_server_of_ones_own_house_is_trusted_as_the_setting_says() {
    let (place, house) = (Place::new().await, CertificateAuthority::new());
    let page = Router::new().fallback(async || Html("<h1>Welcome</h1>"));
    let port = house.serve(page, None, PROTOCOLS[0]).await.port();
    let with = |authorities| TransitSettings {
        address: Url::parse(&format!("https://localhost:{port}")).unwrap(),
        key: "transit/craft".parse().unwrap(),
        token: Token::Given(Secret::new("root")),
        namespace: None,
        authorities,
    };
    let told = refusal(&place, with(Authorities::default())).await;
    assert!(told.contains("from an authority that this machine does not trust"), "{told}");
    let told = refusal(&place, with(house.authorities())).await;
    assert!(told.contains("but not as Vault does"), "{told}");
}
