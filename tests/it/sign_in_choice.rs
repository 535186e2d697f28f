//! A sign-in whose grant covers several sites: the user chooses the one that the connection uses.

use std::time::Duration;

use http::StatusCode;

use crate::services::{ship, sign_in_at};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;
use crate::support::tides_service::{CLIENT, TidesService};

const NORTH: (&str, &str, &str) = ("n1", "North", "https://north.tides.example");
const SOUTH: (&str, &str, &str) = ("s2", "South", "https://south.tides.example");

async fn start(stations: &[(&str, &str, &str)]) -> (TestApp, TidesService, Browser) {
    let (app, tides) = (TestApp::new().await, TidesService::start().await);
    tides.set_stations(stations);
    ship(&app, [tides.stations()]).await;
    let owner = app.owner().await;
    let form = owner.get("/connectors/stations/application").await;
    owner.submit(&form, "main form", [("client_id", CLIENT.0), ("client_secret", CLIENT.1)]).await;
    (app, tides, owner)
}

async fn sign_in(app: &TestApp, owner: &Browser) -> Page {
    sign_in_at(app, owner, "stations", "Default").await
}

/// Returns the stored station of each connection.
async fn stored_stations(app: &TestApp) -> Vec<Option<String>> {
    let all = "SELECT captured ->> 'station_id' FROM user_connections ORDER BY id";
    sqlx::query_scalar(all).fetch_all(app.app.system.pool()).await.unwrap()
}

async fn count_secrets(app: &TestApp) -> i64 {
    let all = "SELECT count(*) FROM secrets WHERE owner_id <> (SELECT owner_id FROM oauth_clients LIMIT 1)";
    sqlx::query_scalar(all).fetch_one(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn the_only_station_is_used_without_a_question() {
    let (app, _tides, owner) = start(&[NORTH]).await;
    let page = sign_in(&app, &owner).await;
    assert_eq!(page.text(".flash.ok p"), "Stations is connected as alice of dover, North.");
    assert_eq!(stored_stations(&app).await, [Some("n1".to_owned())]);
}

#[tokio::test]
async fn one_of_several_stations_is_chosen_before_anything_is_connected() {
    let (app, _tides, owner) = start(&[NORTH, SOUTH]).await;
    let page = sign_in(&app, &owner).await;
    assert_eq!((page.status, page.text("h1")), (StatusCode::OK, "Choose the station".to_owned()));
    assert_eq!(
        page.texts(".choices label"),
        ["North https://north.tides.example", "South https://south.tides.example"]
    );
    assert!(!page.has(".choices input[checked]"), "the hub does not choose");
    assert!(stored_stations(&app).await.is_empty());
    assert_eq!(count_secrets(&app).await, 1, "the grant waits sealed");

    let address = page.path().to_owned();
    let none = owner.submit(&page, "main form", []).await;
    assert_eq!(
        (none.status, none.text("#f-choice-e")),
        (StatusCode::UNPROCESSABLE_ENTITY, "Error: Choose the station".into())
    );
    let odd = owner.submit(&none, "main form", [("choice", "w3")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = owner.submit(&odd, "main form", [("choice", "s2")]).await;
    assert_eq!(done.text(".flash.ok p"), "Stations is connected as alice of dover, South.");
    assert_eq!(stored_stations(&app).await, [Some("s2".to_owned())]);
    assert_eq!(count_secrets(&app).await, 2, "both tokens are stored, and the waiting grant is deleted");

    let used = owner.get(&address).await;
    assert_eq!(used.status, StatusCode::CONFLICT);
    assert!(used.text("main").contains("This sign-in has already been used"), "{}", used.text("main"));
}

#[tokio::test]
async fn a_sign_in_again_asks_again_and_marks_the_former_station() {
    let (app, _tides, owner) = start(&[NORTH, SOUTH]).await;
    let page = sign_in(&app, &owner).await;
    owner.submit(&page, "main form", [("choice", "s2")]).await;
    let page = sign_in(&app, &owner).await;
    assert_eq!(page.attr(".choices input[checked]", "value").as_deref(), Some("s2"));
    let done = owner.submit(&page, "main form", []).await;
    assert_eq!(done.text(".flash.ok p"), "Stations is connected again as alice of dover, South.");
    assert_eq!(stored_stations(&app).await, [Some("s2".to_owned())]);
}

#[tokio::test]
async fn an_account_without_a_station_is_told_so() {
    let (app, tides, owner) = start(&[]).await;
    let page = sign_in(&app, &owner).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    let told = page.text("main");
    assert!(told.contains("The account that signed in has no station that the hub may use."), "{told}");
    assert!(told.contains("Sign in with another account, or get access to one there first"), "{told}");
    assert!(page.has("main a.btn[href='/connectors/stations/connection']"));
    assert_eq!((stored_stations(&app).await.len(), count_secrets(&app).await), (0, 0));
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.refused!nothing_covered");
    tides.set_stations(&[NORTH]);
    assert!(sign_in(&app, &owner).await.has(".flash.ok"));
}

#[tokio::test]
async fn the_choice_belongs_to_its_user_and_ends_after_ten_minutes() {
    let (app, _tides, owner) = start(&[NORTH, SOUTH]).await;
    let page = sign_in(&app, &owner).await;
    let address = page.path().to_owned();
    let alice = app.alice().await;
    let foreign = alice.get(&address).await;
    assert!(foreign.text("main").contains("You did not start this sign-in here"), "{}", foreign.text("main"));
    let state = page.attr("input[name=state]", "value").unwrap();
    let path = "/connectors/stations/connection/choice";
    let foreign = alice.post(path, &[("state", state.as_str()), ("choice", "n1")]).await;
    assert_eq!(foreign.status, StatusCode::CONFLICT);
    assert!(app.stranger().get(&address).await.path().starts_with("/sign-in"));

    app.advance(Duration::from_mins(11)).await;
    let late = owner.submit(&page, "main form", [("choice", "n1")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text("main").contains("took longer than ten minutes"), "{}", late.text("main"));
    assert!(stored_stations(&app).await.is_empty());
}

/// Runs the daily sweep at the hub's present time.
async fn sweep(app: &TestApp) {
    craft::connections::purge_old_sign_ins(&app.app.system, app.app.clock.now()).await.unwrap();
}

/// Returns the names of the users whose grants wait, and counts the sealed values of sign-ins.
async fn waiting_grants(app: &TestApp) -> (Vec<String>, i64) {
    let pool = app.app.system.pool();
    let waiting = "SELECT u.display_name FROM oauth_transactions t JOIN users u ON u.id = t.started_by WHERE t.grant_ref IS NOT NULL ORDER BY 1";
    let sealed = "SELECT count(*) FROM secrets WHERE purpose LIKE 'oauth_transaction.%'";
    (
        sqlx::query_scalar(waiting).fetch_all(pool).await.unwrap(),
        sqlx::query_scalar(sealed).fetch_one(pool).await.unwrap(),
    )
}

#[tokio::test]
async fn a_grant_that_nobody_chose_for_is_deleted_after_a_day_and_a_fresh_one_stays() {
    let (app, _tides, owner) = start(&[NORTH, SOUTH]).await;
    // a connector without tools is for administrators
    let (alice, bob) = (app.persona("alice", true).await, app.persona("bob", true).await);
    for person in [&alice, &bob] {
        assert_eq!(sign_in(&app, person).await.text("h1"), "Choose the station");
    }
    // alice also walks away from the provider's page
    let form = alice.get("/connectors/stations/connection").await;
    alice.submit(&form, "main form", [("harbour", "dover")]).await;
    assert_eq!(waiting_grants(&app).await, (vec!["alice".to_owned(), "bob".to_owned()], 3));

    // a day is not over yet
    app.advance(Duration::from_hours(24) - Duration::from_mins(1)).await;
    sweep(&app).await;
    assert_eq!(waiting_grants(&app).await.0, ["alice", "bob"]);

    let fresh = sign_in(&app, &owner).await;
    app.advance(Duration::from_mins(2)).await;
    sweep(&app).await;
    assert_eq!(waiting_grants(&app).await, (vec!["owner".to_owned()], 1), "verifiers and grants of others are sealed");
    let done = owner.submit(&fresh, "main form", [("choice", "s2")]).await;
    assert_eq!(done.text(".flash.ok p"), "Stations is connected as alice of dover, South.");
    assert_eq!(stored_stations(&app).await, [Some("s2".to_owned())]);

    // what was swept can begin anew
    let page = sign_in(&app, &alice).await;
    let done = alice.submit(&page, "main form", [("choice", "n1")]).await;
    assert_eq!(done.text(".flash.ok p"), "Stations is connected as alice of dover, North.");
}
