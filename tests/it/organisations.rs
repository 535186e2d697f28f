//! Organisations: who may enter, and what nobody else meets.

use craft::actor::{Actor, Origin};
use craft::audit::{self, Action, Filter};
use craft::error::Error;
use craft::organisations::Role;
use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::space::Space;
use crate::support::test_app::TestApp;

const HASH: &str = "/connectors/workbench/tools/hash";

/// A hub where alice owns Acme, and mallory owns another organisation.
struct Hub {
    app: TestApp,
    alice: Browser,
    acme: Space,
    mallory: Browser,
}

impl Hub {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (alice, acme) = founder(&app, "alice").await;
        let (mallory, _) = founder(&app, "mallory").await;
        Self { app, alice, acme, mallory }
    }
}

/// Signs in a user who acts in an organisation of theirs.
async fn founder(app: &TestApp, name: &str) -> (Browser, Space) {
    let (user, mut browser) = app.persona_with_account(name).await;
    let space = Space::create(&app.app, name, user.id).await;
    browser.set_space(space.clone());
    (browser, space)
}

/// The parts of an answer that a person can tell apart.
fn seen(page: &Page) -> (StatusCode, String, String) {
    // each request has an id of its own
    let text = page.text("main");
    (page.status, page.text("title"), text.split("this request id").next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_organisation_of_others_is_the_same_not_found_as_one_that_does_not_exist() {
    let Hub { app, alice, acme, mallory } = Hub::new().await;
    let job = app.start(&alice, HASH, [("v/text", "a")]).await;
    app.wait_until_finished(&alice, job).await;
    for page in ["/dashboard", "/connectors", "/connections", "/jobs", "/audit", HASH, &format!("/jobs/{job}")] {
        let foreign = mallory.get(&format!("/orgs/{}{page}", acme.slug)).await;
        let unknown = mallory.get(&format!("/orgs/no-such-space{page}")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{page}");
        assert_eq!(seen(&foreign), seen(&unknown), "{page}");
    }
    let job_page = format!("/jobs/{job}");
    assert_eq!(mallory.get(&job_page).await.status, StatusCode::NOT_FOUND, "in an organisation of hers");
    assert_eq!(alice.get(&job_page).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_slug_that_cannot_be_one_is_not_found_and_never_ones_own_space() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for slug in ["%FF", "%00", "a%2Fb", "%E2%80%AE", &"x".repeat(4_000)] {
        for page in ["/dashboard", "/jobs", "/no-such-page"] {
            assert_eq!(alice.get(&format!("/orgs/{slug}{page}")).await.status, StatusCode::NOT_FOUND, "{slug} {page}");
        }
    }
}

#[tokio::test]
async fn an_export_breaks_off_if_the_membership_ends_meanwhile() {
    let Hub { app, alice: _, acme, .. } = Hub::new().await;
    let owner = owner_of(&app, &acme).await;
    let bob = app.account("bob", false).await;
    acme.add(&app.app, bob.id, Role::Auditor, app.app.clock.now()).await;
    #[expect(clippy::disallowed_methods, reason = "the test acts for bob")]
    let actor = Actor::new(bob.id, Origin::Browser).within(owner);
    let action = Action::LogExported { format: "csv", filter: serde_json::json!({}) };
    let begun = audit::export(&app.app.db, &actor, Filter::default(), None, &action, app.app.clock.now());
    let mut export = begun.await.unwrap();
    end_membership(&app, &acme, bob.id).await;
    assert!(matches!(export.next().await, Err(Error::NotFound("audit log"))));
}

#[tokio::test]
async fn rows_of_an_organisation_are_not_in_the_own_space_of_a_member() {
    let app = TestApp::new().await;
    let (user, mut alice) = app.persona_with_account("alice").await;
    let own = app.start(&alice, HASH, [("v/text", "own")]).await;
    alice.set_space(Space::create(&app.app, "acme", user.id).await);
    let job = app.start(&alice, HASH, [("v/text", "of Acme")]).await;
    assert_eq!(alice.get("/jobs").await.attrs("tbody tr", "id"), [format!("job-{job}")]);
    assert_eq!(alice.get(&format!("/jobs/{own}")).await.status, StatusCode::NOT_FOUND);
    alice.leave_space();
    assert_eq!(alice.get("/jobs").await.attrs("tbody tr", "id"), [format!("job-{own}")]);
}

#[tokio::test]
async fn a_member_acts_for_the_organisation_and_is_named_in_its_log() {
    let Hub { app, alice, acme, .. } = Hub::new().await;
    let (bob_user, mut bob) = app.persona_with_account("bob").await;
    acme.add(&app.app, bob_user.id, Role::Operator, app.app.clock.now()).await;
    bob.set_space(acme.clone());
    let job = app.start(&bob, HASH, [("v/text", "b")]).await;
    app.wait_until_finished(&bob, job).await;
    assert_eq!(alice.get(&format!("/jobs/{job}")).await.status, StatusCode::OK, "a job of the organisation");
    let actors: Vec<craft::ids::UserId> =
        sqlx::query_scalar("SELECT DISTINCT user_id FROM action_logs WHERE job_id = $1")
            .bind(job)
            .fetch_all(app.app.system.pool())
            .await
            .unwrap();
    assert_eq!(actors, [bob_user.id]);
    assert!(bob.get("/audit").await.text(".lede").starts_with("Everything done in Space of alice, newest first."));
    let form = bob.get("/connectors/new/mcp").await;
    assert!(form.text("main").contains("Every member of Space of alice can see and use it."));
    let origins = |page: Page| page.texts("tbody td:nth-of-type(3)");
    assert_eq!(origins(bob.get("/audit?action=jobs").await), ["You, in a browser"]);
    assert_eq!(origins(alice.get("/audit?action=jobs").await), ["bob, in a browser"]);
}

#[tokio::test]
async fn a_membership_that_ends_between_get_and_post_ends_every_access() {
    let Hub { app, alice, acme, .. } = Hub::new().await;
    let (bob_user, mut bob) = app.persona_with_account("bob").await;
    acme.add(&app.app, bob_user.id, Role::Operator, app.app.clock.now()).await;
    bob.set_space(acme.clone());
    let form = bob.get(HASH).await;
    end_membership(&app, &acme, bob_user.id).await;
    let refused = bob.submit(&form, "form[action*='/tools/']", [("v/text", "b")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(alice.get("/jobs").await.has(".empty"), "nothing was run");
}

#[tokio::test]
async fn the_database_opens_no_rows_to_a_former_member_whatever_the_code_believes() {
    let Hub { app, alice, acme, .. } = Hub::new().await;
    let job = app.start(&alice, HASH, [("v/text", "a")]).await;
    app.wait_until_finished(&alice, job).await;
    let owner = owner_of(&app, &acme).await;
    let bob = app.account("bob", false).await;
    acme.add(&app.app, bob.id, Role::Operator, app.app.clock.now()).await;
    #[expect(clippy::disallowed_methods, reason = "the test acts for bob")]
    let actor = Actor::new(bob.id, Origin::Browser).within(owner);
    assert_eq!(visible_jobs(&app, &actor).await, 1);
    end_membership(&app, &acme, bob.id).await;
    assert_eq!(visible_jobs(&app, &actor).await, 0);
    let mut tx = app.app.db.enter(&actor).await.unwrap();
    let written =
        sqlx::query("INSERT INTO secrets (owner_id, id, purpose, sealed, created_at) VALUES ($1, $2, 'x', '', $3)")
            .bind(owner)
            .bind(uuid::Uuid::new_v4())
            .bind(app.app.clock.now())
            .execute(&mut *tx)
            .await;
    assert!(written.is_err(), "a former member wrote a row");
}

async fn owner_of(app: &TestApp, space: &Space) -> craft::ids::OwnerId {
    let statement = sqlx::query_scalar("SELECT id FROM organisations WHERE slug = $1").bind(&space.slug);
    statement.fetch_one(app.app.system.pool()).await.unwrap()
}

async fn visible_jobs(app: &TestApp, actor: &Actor) -> i64 {
    let mut tx = app.app.db.enter(actor).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM job").fetch_one(&mut *tx).await.unwrap()
}

async fn end_membership(app: &TestApp, space: &Space, user: craft::ids::UserId) {
    sqlx::query(
        "UPDATE memberships SET ended_at = $3
         WHERE user_id = $1 AND organisation_id = (SELECT id FROM organisations WHERE slug = $2)",
    )
    .bind(user)
    .bind(&space.slug)
    .bind(app.app.clock.now())
    .execute(app.app.system.pool())
    .await
    .unwrap();
}

#[tokio::test]
async fn a_saved_input_is_private_among_members() {
    let Hub { app, alice, acme, mallory } = Hub::new().await;
    let mallory_id = app.owner_of("mallory").await.to_string().parse().unwrap();
    acme.add(&app.app, mallory_id, Role::Operator, app.app.clock.now()).await;
    let mut mallory = mallory;
    mallory.set_space(acme.clone());
    let form = "form[action*='/tools/']";
    let page = alice.get(HASH).await;
    let page = alice.submit(&page, form, [("op", "save"), ("v/text", "alice’s")]).await;
    let page = alice.submit(&page, form, [("op", "save"), ("name", "Mine")]).await;
    let details = page.attr("a[href*='/inputs/']", "href").unwrap();
    let chosen = page.attr("a[href*='saved=']", "href").unwrap();
    assert_eq!(alice.get(&details).await.status, StatusCode::OK);
    assert!(!mallory.get(HASH).await.has("a[href*='/inputs/']"), "another member sees it");
    assert_eq!(mallory.get(&details).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mallory.get(&chosen).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mallory.post(&details, &[("", ""); 0]).await.status, StatusCode::NOT_FOUND);
    let page = mallory.get(HASH).await;
    let page = mallory.submit(&page, form, [("op", "save"), ("v/text", "hers")]).await;
    let own = mallory.submit(&page, form, [("op", "save"), ("name", "Mine")]).await;
    assert_eq!(own.status, StatusCode::OK, "the same name is free for her: {}", own.text(".summary"));
}
