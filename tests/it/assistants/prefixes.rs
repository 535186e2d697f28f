//! The database chooses the prefix of a connection when it is made.

use craft::connections;
use craft::connectors;
use craft::ids::OwnerId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::assistant_of;
use crate::support::test_app::TestApp;

/// Stores a connector; without an owner, as if it was shipped.
async fn connector(pool: &PgPool, owner: Option<OwnerId>, slug: &str) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO connectors (id, owner_id, visibility, name, slug, auth_type, transport, created_at)
         VALUES ($1, $2, CASE WHEN $2 IS NULL THEN 'everyone' ELSE 'private' END, $3, $3, 'none', 'mcp', now())",
    )
    .bind(id)
    .bind(owner)
    .bind(slug)
    .execute(pool)
    .await
    .unwrap();
    id
}

/// Connects as the hub does, and returns the prefix. A connection with the label stays.
async fn connect(conn: &mut PgConnection, owner: OwnerId, connector: Uuid, label: &str) -> String {
    sqlx::query_scalar(
        "INSERT INTO user_connections (owner_id, id, connector_id, label, status, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'active', now(), now())
         ON CONFLICT (owner_id, connector_id, label) WHERE status <> 'revoked' DO UPDATE SET label = EXCLUDED.label, status = 'active'
         RETURNING tool_prefix",
    )
    .bind(owner)
    .bind(Uuid::now_v7())
    .bind(connector)
    .bind(label)
    .fetch_one(conn)
    .await
    .unwrap()
}

async fn start() -> (TestApp, PgPool, OwnerId) {
    let app = TestApp::new().await;
    app.alice().await;
    let (pool, alice) = (app.app.system.pool().clone(), app.owner_of("alice").await);
    (app, pool, alice)
}

#[tokio::test]
async fn the_first_account_has_the_slug_and_others_add_their_label() {
    let (_app, pool, alice) = start().await;
    let mut conn = pool.acquire().await.unwrap();
    let lagoon = connector(&pool, None, "lagoon").await;
    for (label, prefix) in [
        ("Account 1", "lagoon"),
        ("Büro & Heim", "lagoon-b-ro-heim"),
        ("日本", "lagoon-2"),
        ("東京", "lagoon-3"),
        ("--Work--", "lagoon-work"),
        ("WORK", "lagoon-4"),
        (&"x".repeat(60), &format!("lagoon-{}", "x".repeat(33))),
    ] {
        assert_eq!(connect(&mut conn, alice, lagoon, label).await, prefix, "{label}");
    }
}

#[tokio::test]
async fn a_label_does_not_take_the_name_of_another_connector() {
    let (_app, pool, alice) = start().await;
    let mut conn = pool.acquire().await.unwrap();
    let (lagoon, drive) = (connector(&pool, None, "lagoon").await, connector(&pool, None, "lagoon-drive").await);
    connect(&mut conn, alice, lagoon, "Account 1").await;
    assert_eq!(connect(&mut conn, alice, lagoon, "Drive").await, "lagoon-2");
    assert_eq!(connect(&mut conn, alice, drive, "Account 1").await, "lagoon-drive");
    // a connector that comes later leaves what is there
    assert_eq!(connect(&mut conn, alice, lagoon, "Photos").await, "lagoon-photos");
    let photos = connector(&pool, None, "lagoon-photos").await;
    assert_eq!(connect(&mut conn, alice, photos, "Account 1").await, "lagoon-photos-account-1");
}

#[tokio::test]
async fn slugs_that_begin_alike_have_names_that_differ() {
    let (app, pool, alice) = start().await;
    let mut conn = pool.acquire().await.unwrap();
    let begin = "acme-corporation-internal-production-ser";
    assert_eq!(begin.len(), 40);
    let mut prefixes = Vec::new();
    for end in ["ver-east", "ver-west", "ver-north"] {
        let own = connector(&pool, Some(alice), &format!("{begin}{end}")).await;
        // the name before the first call is the name after it
        let before: String = sqlx::query_scalar("SELECT choose_tool_prefix($1, $2, 'Account 1')")
            .bind(alice)
            .bind(own)
            .fetch_one(&pool)
            .await
            .unwrap();
        prefixes.push((own, before));
    }
    assert_eq!(prefixes[0].1, begin);
    assert_ne!(prefixes[1].1, prefixes[2].1);
    for (own, before) in prefixes.into_iter().rev() {
        assert_eq!(connect(&mut conn, alice, own, "Account 1").await, before);
    }
    // an own slug and a shipped one with the same text
    let own = connector(&pool, Some(alice), "harbour").await;
    let shipped = connector(&pool, None, "harbour").await;
    let second = connect(&mut conn, alice, shipped, "Account 1").await;
    assert!(second.starts_with("harbour-") && second.len() == "harbour-".len() + 8, "{second}");
    assert_eq!(connect(&mut conn, alice, own, "Account 1").await, "harbour");
    // the own one of alice is nothing to bob
    app.bob().await;
    assert_eq!(connect(&mut conn, app.owner_of("bob").await, shipped, "Account 1").await, "harbour");
}

#[tokio::test]
async fn a_connection_keeps_its_prefix_for_life() {
    let (_app, pool, alice) = start().await;
    let mut conn = pool.acquire().await.unwrap();
    let cove = connector(&pool, None, "cove").await;
    connect(&mut conn, alice, cove, "Account 1").await;
    assert_eq!(connect(&mut conn, alice, cove, "Work").await, "cove-work");
    sqlx::query("UPDATE user_connections SET status = 'expired' WHERE tool_prefix = 'cove-work'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(connect(&mut conn, alice, cove, "Work").await, "cove-work", "it is connected again");
    sqlx::query("UPDATE user_connections SET status = 'revoked' WHERE tool_prefix = 'cove'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(connect(&mut conn, alice, cove, "Account 1").await, "cove", "the name is free");
    let all: Vec<String> =
        sqlx::query_scalar("SELECT tool_prefix FROM user_connections WHERE connector_id = $1 ORDER BY 1")
            .bind(cove)
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(all, ["cove", "cove", "cove-work"], "the disconnected one keeps its own");
}

#[tokio::test]
async fn two_first_calls_at_the_same_time_make_one_connection() {
    let (app, _pool, _owner) = start().await;
    let alice = assistant_of(&app, "alice").await;
    let workbench = connectors::find(&app.app.db, &alice, "workbench").await.unwrap();
    let now = app.app.clock.now();
    let call = || connections::choose_for_call(&app.app.db, &alice, &workbench, None, now);
    let (first, second) = tokio::join!(call(), call());
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn two_accounts_at_the_same_time_have_two_names() {
    let (_app, pool, alice) = start().await;
    let lagoon = connector(&pool, None, "lagoon").await;
    let (mut first, mut second) = (pool.begin().await.unwrap(), pool.begin().await.unwrap());
    let one = async {
        let prefix = connect(&mut first, alice, lagoon, "One").await;
        first.commit().await.unwrap();
        prefix
    };
    let two = async {
        let prefix = connect(&mut second, alice, lagoon, "Two").await;
        second.commit().await.unwrap();
        prefix
    };
    let mut prefixes = <[String; 2]>::from(tokio::join!(one, two));
    prefixes.sort();
    assert_eq!(prefixes[0], "lagoon");
    assert!(["lagoon-one", "lagoon-two"].contains(&prefixes[1].as_str()), "{prefixes:?}");
}
