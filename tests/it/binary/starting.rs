//! Starts and stops that go well.

use http::StatusCode;
use sqlx::{ConnectOptions, PgPool};

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hang::wait_until;
use crate::support::hub::{FinishedProgram, Hub, database_url};
use crate::support::test_app::PASSWORD;

#[tokio::test]
async fn a_new_hub_is_owned_through_the_link_it_prints_and_remembers_across_a_stop() {
    let place = DataDirectory::new("first-start");
    let mut hub = place.serve().await;
    let link = hub.setup.clone().expect("the first start prints a set-up link");
    assert_eq!(link.origin(), hub.base.origin());
    let [.., empty, title, gap, printed] = hub.greeting.as_slice() else { panic!("{:?}", hub.greeting) };
    assert_eq!([empty.as_str(), title, gap], ["", "  Open this link to create the owner’s account:", ""]);
    assert_eq!(printed.trim(), link.as_str(), "the link is the last line");
    let outbox = place.0.join("outbox");
    assert!(hub.greeting[0].contains("no mail server") && hub.greeting[0].ends_with(outbox.to_str().unwrap()));
    assert!(hub.is_ready().await);
    let mut owner = hub.owner().await;
    assert!(!hub.log().contains("Answered"), "requests push the link away: {}", hub.log());

    assert!(hub.terminate().await.success(), "{}", hub.log());
    assert!(!hub.log().contains("WARN craft"), "nothing went wrong: {}", hub.log());
    assert!(!place.data().join("postmaster.pid").exists(), "PostgreSQL was left running");

    let hub = place.serve().await;
    assert_eq!(hub.setup, None, "the hub has its owner");
    assert!(hub.greeting.last().unwrap().starts_with("Listening on "), "{:?}", hub.greeting);
    let page = hub.browser().get(link.path()).await;
    assert_eq!((page.status, page.text("h1")), (StatusCode::GONE, "This link does not work".to_owned()));
    owner.set_base(&hub.base);
    assert_eq!(owner.get("/jobs").await.text(".who"), "Signed in as Olive, administrator");
}

#[tokio::test]
async fn commands_work_beside_a_running_hub_and_leave_it_running() {
    let place = DataDirectory::new("beside");
    let hub = place.serve().await;
    let postgres = place.postmaster();

    let check = place.run(&["check"]).await;
    assert!(check.status.success(), "{}{}", check.stdout, check.stderr);
    assert!(check.stdout.lines().all(|line| line.starts_with("ok ")), "{}", check.stdout);
    assert!(check.stdout.contains("Migrations: up to date"), "{}", check.stdout);
    assert!(check.stdout.contains("Accounts: each mailbox has one at most"), "{}", check.stdout);

    let migrate = place.run(&["migrate"]).await;
    assert_eq!((migrate.status.code(), migrate.stdout.as_str()), (Some(0), "The database is up to date.\n"));

    let create = place.craft(&["user", "create", "--email", "ada@example.com", "--password-stdin", "--admin"]);
    let create = FinishedProgram::run(create, &format!("{PASSWORD}\n")).await;
    assert_eq!(create.stdout, "ada@example.com can sign in now.\n", "{}", create.stderr);
    let page = hub.browser().sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(page.text(".who"), "Signed in as ada, administrator");

    let rotate = place.run(&["secrets", "rotate"]).await;
    assert!(rotate.stdout.starts_with("Master key ") && rotate.status.success(), "{}{}", rotate.stdout, rotate.stderr);
    let check = place.run(&["check"]).await;
    assert!(check.stdout.contains("ok    Sealed secrets: can be opened"), "{}", check.stdout);

    assert_eq!(place.postmaster(), postgres);
    assert!(hub.is_ready().await);
}

#[tokio::test]
async fn a_command_without_a_hub_starts_postgres_and_stops_it_again() {
    let place = DataDirectory::new("alone");
    let migrate = place.run(&["migrate"]).await;
    assert!(migrate.status.success(), "{}", migrate.stderr);
    assert!(place.data().join("PG_VERSION").exists());
    assert!(!place.data().join("postmaster.pid").exists(), "PostgreSQL was left running");
}

#[tokio::test]
async fn a_superuser_in_the_address_is_stepped_down_from_and_told_so() {
    let (place, database) = (DataDirectory::new("superuser"), TestDatabase::empty().await);
    let options = database.superuser_options();
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&options));
    let hub = Hub::start(serve).await;
    let owner = hub.owner().await;
    assert_eq!(owner.get("/connectors").await.status, StatusCode::OK);
    assert!(hub.log().contains("every connection works as `craft_owner` instead"));

    let mut superuser = options.connect().await.unwrap();
    let of_others = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'craft_owner'";
    assert_eq!(sqlx::query_scalar::<_, i64>(of_others).fetch_one(&mut superuser).await.unwrap(), 0);
    assert!(!place.data().exists(), "a hub with a database of its own needs no private one");
}

#[tokio::test]
async fn requests_are_logged_at_debug_without_the_static_files() {
    let (place, database) = (DataDirectory::new("access-log"), TestDatabase::new().await);
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&database.options)).env("CRAFT_LOG", "debug");
    let hub = Hub::start(serve).await;
    let browser = hub.browser();
    let page = browser.get("/help").await;
    let style = page.attr("link[rel=stylesheet]", "href").unwrap();
    assert_eq!(browser.get(&style).await.status, StatusCode::OK);
    browser.get("/accessibility").await;
    wait_until("the last page is logged", async || hub.log().contains("Answered GET /accessibility with 200")).await;
    assert!(hub.log().contains("Answered GET /help with 200"));
    assert!(!hub.log().contains(&format!("Answered GET {style}")), "{}", hub.log());
}

#[tokio::test]
async fn a_start_forgets_sessions_that_have_ended() {
    let (place, database) = (DataDirectory::new("sweeping"), TestDatabase::new().await);
    let pool = database.databases.system.pool();
    sqlx::query(
        "INSERT INTO user_sessions (id_hash, data, created_at, seen_at, expires_at)
         SELECT sha256(age::bytea), '{}', now(), now(), now() - age::interval
         FROM unnest(ARRAY['1 minute', '-1 day']) AS age",
    )
    .execute(pool)
    .await
    .unwrap();
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&database.options));
    let _hub = Hub::start(serve).await;
    wait_until("only the session that goes on is left", async || sessions(pool).await == 1).await;
}

async fn sessions(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM user_sessions").fetch_one(pool).await.unwrap()
}
