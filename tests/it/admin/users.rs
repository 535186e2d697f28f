//! The list of users and the page of one.

use std::time::Duration;

use http::StatusCode;

use super::{hub_log, sign_up};
use crate::support::test_app::{PASSWORD, TestApp};

#[tokio::test]
async fn the_list_shows_each_account_with_its_state_newest_first() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("alice", false).await;
    sign_up(&app.stranger(), "carol@example.com", PASSWORD).await;
    let page = owner.get("/admin/users").await;
    let names = page.texts("tbody th .sub");
    assert_eq!(names, ["carol@example.com", "alice@example.com", "owner@example.com"]);
    assert_eq!(page.texts("tbody td:nth-child(2)"), ["Not confirmed", "Active", "Active"]);
    assert_eq!(page.texts("tbody td:nth-child(3)"), ["No", "No", "Yes"]);
    let seen = page.texts("tbody td:nth-child(4)");
    assert_eq!((seen[0].as_str(), seen[1].as_str()), ("Never", "Never"));
    assert!(seen[2].starts_with("today at "), "{seen:?}");
    assert_eq!(page.text("nav.side [aria-current=page]"), "Users");
}

#[tokio::test]
async fn an_account_is_found_by_a_part_of_its_name_or_address() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for name in ["alice", "bob"] {
        app.account(name, false).await;
    }
    let found = owner.get("/admin/users?q=&before=").await;
    assert_eq!(found.path(), "/admin/users", "empty parameters leave the address");
    for (sought, expected) in [("ALI", vec!["alice"]), ("bob@exa", vec!["bob"]), ("%", vec![]), ("nobody", vec![])] {
        let form = owner.get("/admin/users").await;
        let page = owner.submit(&form, "form[role=search]", [("q", sought)]).await;
        assert_eq!(page.texts("tbody th a"), expected, "{sought}");
        assert_eq!(page.attr("#f-q", "value").as_deref(), Some(sought));
    }
    let long = owner.get(&format!("/admin/users?q={}", "a".repeat(300))).await;
    assert!(long.text("main").contains("at most 254 characters"), "{}", long.text("main"));
}

#[tokio::test]
async fn a_long_list_has_pages_by_key() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for n in 0..60 {
        app.account(&format!("person-{n:02}"), false).await;
    }
    let first = owner.get("/admin/users?q=person").await;
    let older = first.attr("a[rel=next]", "href").unwrap();
    let second = owner.get(&older).await;
    let names: Vec<_> = [first.texts("tbody th a"), second.texts("tbody th a")].concat();
    let expected: Vec<_> = (0..60).rev().map(|n| format!("person-{n:02}")).collect();
    assert_eq!(names, expected);
    assert!(second.has("nav[aria-label=Pages]") && !second.has("a[rel=next]"));
}

#[tokio::test]
async fn the_page_of_a_user_offers_only_what_can_be_done() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.alice().await;
    app.account("bob", false).await;
    let actions = async |name: &str| {
        let page = owner.get(&format!("/admin/users/{}", app.owner_of(name).await)).await;
        assert_eq!(page.text("h1"), name);
        page.texts("main .actions a")
    };
    assert_eq!(
        actions("alice").await,
        ["Make this person an administrator", "Sign out everywhere", "Disable the account"]
    );
    assert_eq!(actions("bob").await, ["Make this person an administrator", "Disable the account"]);
    assert_eq!(actions("owner").await, ["Sign out everywhere", "Remove as administrator"]);
    let unknown = owner.get(&format!("/admin/users/{}", uuid::Uuid::new_v4())).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/admin/users/nonsense").await.status, StatusCode::NOT_FOUND);
    assert!(hub_log(&app).await.is_empty(), "looking leaves no entry");
}

#[tokio::test]
async fn the_last_request_is_remembered_after_signing_out() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    app.advance(Duration::from_hours(48)).await;
    alice.get("/jobs").await;
    alice.post("/sign-out", &[("", ""); 0]).await;
    let page = owner.get(&format!("/admin/users/{}", app.owner_of("alice").await)).await;
    let facts = page.texts("main dd");
    assert_eq!(facts[3], "None", "browsers in which she is signed in");
    assert!(facts[4].starts_with("today at"), "{facts:?}");
}

#[tokio::test]
async fn two_accounts_for_one_mailbox_are_listed() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert!(!owner.get("/admin/users").await.text("main").contains("same mailbox"));
    for (n, email) in ["a@bücher.example", "a@xn--bcher-kva.example"].into_iter().enumerate() {
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES ($1, $2, 'A', 'x', $3)",
        )
        .bind(uuid::Uuid::from_u128(n as u128 + 1))
        .bind(email)
        .bind(app.app.clock.now())
        .execute(app.app.system.pool())
        .await
        .unwrap();
    }
    let page = owner.get("/admin/users").await;
    assert!(page.text(".callout.warn").contains("a@bücher.example"), "{}", page.text("main"));
}
