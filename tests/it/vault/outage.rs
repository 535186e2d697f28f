//! Tests of a Vault that is unreachable, sealed, or denies the hub.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use craft::config::Authorities;
use craft::error::Error;
use craft::secret::Secret;
use craft::vault::{TransitSettings, Vault, VaultToken};
use http::StatusCode;
use url::Url;

use super::{TestHub, now, operator};
use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS};
use crate::support::listener::{closed_port, serve, serve_raw};
use crate::support::openbao::OpenBao;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

fn given(bao: &OpenBao, token: &str) -> TransitSettings {
    bao.settings_with(VaultToken::Value(Secret::new(token)))
}

/// Returns the message that the operator gets at the start.
async fn refusal(hub: &TestHub, settings: TransitSettings) -> String {
    let vault = Vault::from_transit(settings, None).unwrap();
    match vault.check(&hub.database.databases.system).await {
        Err(Error::Refused(message)) => message.to_string(),
        other => panic!("the start was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn each_error_names_the_server_and_the_remedy() {
    let (hub, bao) = (TestHub::new().await, OpenBao::start().await);
    let host = bao.url().authority().to_owned();
    let message = refusal(&hub, given(&bao, "s.wrong")).await;
    assert!(message.starts_with(&format!("{host} does not let the hub use transit/keys/craft (")), "{message}");
    assert!(message.contains("its token is wrong or has expired") && !message.contains("s.wrong"), "{message}");
    let message = refusal(&hub, given(&bao, " ")).await;
    assert_eq!(message, "CRAFT_VAULT_TOKEN contains no token: set it to one");
    let message = refusal(&hub, bao.settings_with(VaultToken::File(PathBuf::from("/nowhere/token")))).await;
    assert!(message.starts_with("the Vault token file /nowhere/token cannot be read"), "{message}");
    bao.seal().await;
    let message = refusal(&hub, given(&bao, "root")).await;
    assert!(message.contains(&host) && message.contains("sealed): unseal it"), "{message}");
}

#[tokio::test]
async fn an_address_without_a_vault_is_reported() {
    let hub = TestHub::new().await;
    let at = |address: std::net::SocketAddr| TransitSettings {
        address: Url::parse(&format!("http://{address}")).unwrap(),
        key: "transit/craft".parse().unwrap(),
        token: VaultToken::Value(Secret::new("root")),
        namespace: None,
        authorities: Authorities::default(),
    };
    let message = refusal(&hub, at(closed_port().await)).await;
    assert!(
        message.contains("could not be reached (Connection refused") && message.contains("CRAFT_VAULT_ADDR"),
        "{message}"
    );
    let page = Router::new().fallback(async || Html("<h1>Welcome</h1>"));
    let message = refusal(&hub, at(serve(page).await)).await;
    assert!(message.ends_with("but not as Vault does: check CRAFT_VAULT_ADDR"), "{message}");
    let silent = serve_raw(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let message = refusal(&hub, at(silent.await)).await;
    assert!(message.contains("did not answer within 5 seconds"), "{message}");
}

#[tokio::test]
async fn pages_report_a_locked_vault_and_jobs_wait_for_it() {
    let bao = OpenBao::start().await;
    let (good, bad) = (bao.token("use").await, "s.expired");
    let file = std::env::temp_dir().join(format!("craft-vault-token-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, &good).unwrap();
    let vault = Vault::from_transit(bao.settings_with(VaultToken::File(file.clone())), None).unwrap();
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

    // another process rewraps her key: this one has to ask Vault again, which denies it
    let other = Vault::from_transit(bao.settings().await, None).unwrap();
    other.rotate(&app.app.system, &operator(), now(), |_, _| {}).await.unwrap();
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
async fn a_private_certificate_authority_is_trusted_if_configured() {
    let (hub, authority) = (TestHub::new().await, CertificateAuthority::new());
    let page = Router::new().fallback(async || Html("<h1>Welcome</h1>"));
    let port = authority.serve(page, None, PROTOCOLS[0]).await.port();
    let with = |authorities| TransitSettings {
        address: Url::parse(&format!("https://localhost:{port}")).unwrap(),
        key: "transit/craft".parse().unwrap(),
        token: VaultToken::Value(Secret::new("root")),
        namespace: None,
        authorities,
    };
    let message = refusal(&hub, with(Authorities::default())).await;
    assert!(message.contains("from an authority that this machine does not trust"), "{message}");
    let message = refusal(&hub, with(authority.authorities())).await;
    assert!(message.contains("but not as Vault does"), "{message}");
}
