//! Keys and tokens that owners typed are verified once a day while idle, so an invalid one is found before a job needs it.

use std::time::Duration;

use craft::connections::{RefreshLocks, TokenRefresher};
use craft::ids::JobId;
use craft::vault::{SealingKey, Vault};

use super::{TOKEN, TOOL, change, count, guarded, page_of};
use crate::services::{connect_by_key, start};
use crate::support::browser::Browser;
use crate::support::test_app::{TestApp, egress_allowing};
use crate::support::tides_service::KEY;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A day, and the longest random addition.
const IDLE: Duration = Duration::from_secs(27 * 3_600);

const NEW: &str = "an0ther-that-nobody-may-see";

/// Status, health and failed verifications of the only connection with a credential.
async fn state(app: &TestApp) -> (String, String, i32) {
    sqlx::query_as("SELECT status, health, failures FROM user_connections WHERE secret_ref_access IS NOT NULL")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap()
}

async fn assert_state(app: &TestApp, status: &str, health: &str, failures: i32) {
    assert_eq!(state(app).await, (status.to_owned(), health.to_owned(), failures));
}

/// Advances the clock and verifies the keys that are due. Returns their number.
async fn after(app: &TestApp, time: Duration) -> usize {
    app.advance(time).await;
    app.app.refresher.verify_idle_keys().await.unwrap()
}

/// Verifications in the audit log.
async fn verified(app: &TestApp) -> Vec<String> {
    app.audit_actions().await.into_iter().filter(|action| action.starts_with("connection.verified")).collect()
}

/// Starts a job that is not claimed before [`claim`].
async fn unclaimed(app: &TestApp, alice: &Browser) -> JobId {
    // the first job creates the lane
    app.run(alice, TOOL, []).await;
    sqlx::query("UPDATE lane SET paused = true").execute(app.app.system.pool()).await.unwrap();
    app.start(alice, TOOL, []).await
}

/// Lets jobs be claimed; this one waits for its connection.
async fn claim(app: &TestApp, alice: &Browser, job: JobId) {
    sqlx::query("UPDATE lane SET paused = false").execute(app.app.system.pool()).await.unwrap();
    app.app.live.notify_queue();
    app.wait_for_job(alice, job, |job| job["status"] == "waiting_input").await;
}

#[tokio::test]
async fn an_idle_key_is_verified_once_a_day() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    let page = connect_by_key(&owner, "dover", KEY).await;
    let (looks, audited) = (tides.account_requests(), app.audit_actions().await);
    assert_eq!(after(&app, 23 * HOUR).await, 0, "it was accepted less than a day ago");
    for day in 1..3 {
        assert_eq!(after(&app, IDLE).await, 1);
        assert_eq!(app.app.refresher.verify_idle_keys().await.unwrap(), 0);
        assert_eq!(tides.account_requests(), looks + day);
    }
    assert_state(&app, "active", "ok", 0).await;
    assert_eq!(app.audit_actions().await, audited, "nothing has changed");
    let facts = owner.get(page.path()).await;
    assert!(facts.texts("dl.kv dd").contains(&"Never".to_owned()), "it was used: {}", facts.text("dl.kv"));
    assert!(facts.text("dl.kv").contains("Last worked"), "{}", facts.text("dl.kv"));
}

#[tokio::test]
async fn a_token_that_a_job_used_is_not_verified() {
    let (app, alice, server) = guarded().await;
    let asked = server.requests("tools/list").len();
    app.advance(20 * HOUR).await;
    app.run(&alice, TOOL, []).await;
    after(&app, 8 * HOUR).await;
    assert_eq!(server.requests("tools/list").len(), asked, "a call was accepted eight hours ago");
    assert_eq!(after(&app, 15 * HOUR).await, 0);
    after(&app, 5 * HOUR).await;
    let asked = &server.requests("tools/list")[asked..];
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].authorization.as_deref(), Some(format!("Bearer {TOKEN}").as_str()));
}

#[tokio::test]
async fn a_connection_without_a_typed_credential_is_not_verified() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    // although an attempt is due
    sqlx::query("UPDATE user_connections SET next_attempt_at = created_at")
        .execute(app.app.system.pool())
        .await
        .unwrap();
    assert_eq!(after(&app, 2 * IDLE).await, 0);
}

#[tokio::test]
async fn concurrent_processes_verify_a_key_once() {
    let (app, tides) = start().await;
    connect_by_key(&app.owner().await, "dover", KEY).await;
    let looks = tides.account_requests();
    app.advance(IDLE).await;
    let others = [(); 3].map(|()| app.second_process());
    let swept =
        futures_util::future::join_all(others.iter().map(|process| process.app.refresher.verify_idle_keys())).await;
    assert!(swept.iter().all(Result::is_ok), "{swept:?}");
    assert_eq!(tides.account_requests(), looks + 1);
}

#[tokio::test]
async fn a_rejected_token_expires_its_connection_until_it_is_replaced() {
    let (app, alice, server) = guarded().await;
    let (page, before) = (page_of(&alice, "Guarded Account 1").await, app.mails().await.len());
    let job = unclaimed(&app, &alice).await;
    server.require_token(NEW);
    after(&app, IDLE).await;
    assert_state(&app, "expired", "reauth_required", 0).await;
    assert_eq!(verified(&app).await, ["connection.verified!unauthorized"]);
    let shown = alice.get(page.path()).await;
    assert!(shown.text(".callout.warn").contains("Guarded no longer accepts the credential."));
    assert!(shown.attrs(".callout.warn a", "href").contains(&format!("{}/token", page.path())));
    claim(&app, &alice, job).await;

    after(&app, IDLE).await;
    let mails = app.mails().await;
    assert_eq!(mails.len(), before + 1, "the owner is mailed once");
    assert!(mails.last().unwrap().contains("Subject: Guarded is waiting for you to connect it again"));
    assert_eq!(app.newest_mailed_link().await, page.path());

    let form = alice.get(&format!("{}/token", page.path())).await;
    let replaced = alice.submit(&form, "main form", [("token", NEW)]).await;
    assert!(
        replaced.text(".flash.ok p").contains("The job that waited for it continues."),
        "{}",
        replaced.text("main")
    );
    assert_eq!(app.wait_until_finished(&alice, job).await.text("#job-result pre"), "done");
    after(&app, IDLE).await;
    assert_state(&app, "active", "ok", 0).await;
}

#[tokio::test]
async fn a_failing_service_is_asked_with_growing_delays_and_the_key_stays() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    let page = connect_by_key(&owner, "dover", KEY).await;
    tides.fail_with(Some((503, None)));
    app.advance(IDLE).await;
    let first = tides.account_requests();
    let mut looks = Vec::new();
    for seconds in [0, 20, 15, 40, 25, 60] {
        after(&app, Duration::from_secs(seconds)).await;
        looks.push(tides.account_requests() - first);
    }
    assert_eq!(looks, [1, 1, 2, 2, 3, 3], "30 s, a minute, and then two");
    assert_state(&app, "active", "degraded", 3).await;
    assert_eq!(verified(&app).await, ["connection.verified!unavailable"], "each failure is recorded");
    let shown = owner.get(page.path()).await;
    assert!(shown.text(".callout.warn").contains("127.0.0.1 failed on its side (HTTP 503)"), "{}", shown.text("main"));

    // the requested delay is kept; a 403 does not reject the key
    tides.fail_with(Some((429, Some(7_200))));
    after(&app, 2 * MINUTE).await;
    assert_eq!(after(&app, HOUR).await, 0);
    tides.fail_with(Some((403, None)));
    assert_eq!(after(&app, HOUR).await, 1);
    assert_state(&app, "active", "degraded", 5).await;

    tides.fail_with(None);
    after(&app, HOUR).await;
    assert_state(&app, "active", "ok", 0).await;
    assert_eq!(verified(&app).await.last().unwrap(), "connection.verified");
    assert!(!owner.get(page.path()).await.has(".callout.warn"));
}

#[tokio::test]
async fn a_key_that_fails_on_four_days_is_exhausted_and_recovers_by_itself() {
    let (app, alice, server) = guarded().await;
    let before = app.mails().await.len();
    let job = unclaimed(&app, &alice).await;
    server.fail_with(Some(("tools/list", 500)));
    for _ in 0..3 {
        after(&app, IDLE).await;
    }
    assert_state(&app, "active", "degraded", 3).await;
    after(&app, IDLE).await;
    assert_state(&app, "error", "exhausted", 4).await;
    let mails = app.mails().await;
    assert_eq!(mails.len(), before + 1, "{mails:?}");
    assert!(mails.last().unwrap().contains("This has failed on 4"), "{mails:?}");
    claim(&app, &alice, job).await;

    let asked = server.requests("tools/list").len();
    for hours in [1, 22, 2] {
        after(&app, hours * HOUR).await;
    }
    assert_eq!(server.requests("tools/list").len(), asked + 1, "one verification a day");
    server.fail_with(None);
    after(&app, 25 * HOUR).await;
    assert_state(&app, "active", "ok", 0).await;
    assert_eq!(app.wait_until_finished(&alice, job).await.text("#job-result pre"), "done");
    assert_eq!(
        verified(&app).await,
        ["connection.verified!http_status", "connection.verified!http_status", "connection.verified"]
    );
    assert_eq!(app.mails().await.len(), before + 1);
}

#[tokio::test]
async fn an_accepted_call_counts_as_a_verification() {
    let (app, alice, server) = guarded().await;
    server.fail_with(Some(("tools/list", 500)));
    after(&app, IDLE).await;
    assert_state(&app, "active", "degraded", 1).await;
    app.advance(MINUTE).await;
    app.run(&alice, TOOL, []).await;
    let asked = server.requests("tools/list").len();
    after(&app, MINUTE).await;
    assert_state(&app, "active", "ok", 0).await;
    assert_eq!(server.requests("tools/list").len(), asked);
}

#[tokio::test]
async fn a_key_replaced_during_a_verification_stays_active() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    let page = connect_by_key(&owner, "dover", KEY).await;
    app.advance(IDLE).await;
    let (coming, going) = tides.hold_next_account_request();
    let hub = app.app.refresher.clone();
    let sweeping = tokio::spawn(async move { hub.verify_idle_keys().await });
    coming.await.unwrap();
    let form = owner.get(&format!("{}/token", page.path())).await;
    let replaced = owner.submit(&form, "main form", [("api_key", KEY)]).await;
    assert!(replaced.has(".flash.ok"), "{}", replaced.text("main"));
    going.send(()).unwrap();
    assert_eq!(sweeping.await.unwrap().unwrap(), 1);
    assert_state(&app, "active", "ok", 0).await;
    assert!(verified(&app).await.is_empty());
    assert_eq!(count(&app, "connection_leases").await, 0, "the lease is not released");
}

#[tokio::test]
async fn an_error_of_the_hub_is_not_a_failure_of_the_key() {
    let (app, tides) = start().await;
    connect_by_key(&app.owner().await, "dover", KEY).await;
    let looks = tides.account_requests();
    // one may not connect to the address, the other has a wrong master key
    let forbidden =
        TokenRefresher { egress: egress_allowing(&[]), locks: RefreshLocks::default(), ..app.app.refresher.clone() };
    let locked = TokenRefresher {
        vault: Vault::from(SealingKey::random()),
        locks: RefreshLocks::default(),
        ..app.app.refresher.clone()
    };
    for hub in [forbidden, locked] {
        app.advance(IDLE).await;
        assert_eq!(
            (hub.verify_idle_keys().await.unwrap(), hub.verify_idle_keys().await.unwrap()),
            (1, 0),
            "the verification is postponed"
        );
        assert_state(&app, "active", "ok", 0).await;
    }
    assert_eq!((tides.account_requests(), count(&app, "connection_leases").await), (looks, 0));
}

#[tokio::test]
async fn an_expired_or_disconnected_key_is_not_verified() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    let page = connect_by_key(&owner, "dover", KEY).await;
    change(&app, "status = 'expired', health = 'reauth_required'").await;
    assert_eq!(after(&app, IDLE).await, 0);
    change(&app, "status = 'active', health = 'ok'").await;
    owner.submit(&owner.get(&format!("{}/disconnection", page.path())).await, "main form", []).await;
    let looks = tides.account_requests();
    assert_eq!((after(&app, IDLE).await, tides.account_requests()), (0, looks));
}
