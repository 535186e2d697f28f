//! Starts that cannot be: one line says what is wrong and what to do, and no secret.

use craft::db::managed::PrivatePostgres;
use sqlx::{ConnectOptions, Executor};
use tokio::net::TcpListener;

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hub::{FinishedProgram, database_url};

/// `craft serve` with these settings must exit with this message, and nothing that is secret.
async fn refused(place: &DataDirectory, settings: &[(&str, &str)], expected: &str) {
    let mut serve = place.craft(&["serve"]);
    serve.envs(settings.iter().copied());
    let ended = FinishedProgram::run(serve, "").await;
    let text = ended.refusal();
    assert!(text.contains(expected), "{text:?} should contain {expected:?}");
    assert!(!text.contains("hunter2") && !text.contains("panicked"), "{text}");
}

#[tokio::test]
async fn a_second_hub_on_the_same_directory() {
    let place = DataDirectory::new("second");
    let hub = place.serve().await;
    let expected = format!(
        "Another craft server already uses the data directory {}. Stop it, or set CRAFT_DATA_DIR to another one",
        place.0.display()
    );
    refused(&place, &[], &expected).await;
    assert!(hub.is_ready().await, "the first one goes on");
}

#[tokio::test]
async fn a_port_that_is_taken() {
    let (place, database) = (DataDirectory::new("port"), TestDatabase::new().await);
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = [("DATABASE_URL", database_url(&database.options)), ("CRAFT_LISTEN", address.clone())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    refused(&place, &settings, &format!("Cannot listen on {address}: Address already in use")).await;
    refused(&place, &settings, "Stop what uses it, or set CRAFT_LISTEN").await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_written() {
    let place = DataDirectory::new("unwritable");
    let file = format!("{}/file", place.0.display());
    drop(place.craft(&[]));
    std::fs::write(&file, "").unwrap();
    for directory in [file.clone(), format!("{file}/data"), "/proc/craft".to_owned()] {
        let settings = [("CRAFT_DATA_DIR", directory.as_str())];
        let expected = format!("The data directory {directory} cannot be written to: ");
        refused(&place, &settings, &expected).await;
        refused(&place, &settings, "Set CRAFT_DATA_DIR to one that can").await;
    }
}

#[tokio::test]
async fn a_settings_file_with_a_mistake() {
    let place = DataDirectory::new("settings");
    drop(place.craft(&[]));
    for (file, expected) in [
        ("# a comment\nlisten = '127.0.0.1\n", "The settings file craft.toml is not TOML: line 2, "),
        ("# a comment\ndatabase_url = 'hunter2\n", "The settings file craft.toml is not TOML: line 2, "),
        ("workers = 1\nlisen = ':0'\n", "craft.toml has an unknown setting `lisen` in line 2. The settings are: "),
        ("[access]\nlisten = ':0'\n", "craft.toml has an unknown setting `access` in line 1. The settings are: "),
        ("\n\nworkers = true\n", "`workers` in craft.toml, line 3: expected a text, a number or a list of texts"),
        ("workers = 'many'\n", "`workers` in craft.toml, line 1: `many` is not a number from 1 to 1000"),
        ("database_url = 'hunter2'\n", "`database_url` in craft.toml, line 1: expected an address such as postgres://"),
    ] {
        std::fs::write(place.0.join("craft.toml"), file).unwrap();
        refused(&place, &[], expected).await;
    }
    let settings = [("CRAFT_CONFIG", "/nowhere/craft.toml")];
    refused(&place, &settings, "The settings file /nowhere/craft.toml cannot be read: ").await;
}

#[tokio::test]
async fn a_database_address_that_leads_nowhere() {
    let (place, database) = (DataDirectory::new("nowhere"), TestDatabase::empty().await);
    let missing = database_url(&database.options).replace("postgres:///", "postgres:///no_such_");
    for (url, expected) in [
        ("hunter2", "DATABASE_URL: expected an address such as postgres://user:password@host:5432/database"),
        ("postgres://craft:hunter2@localhost:port/craft", "DATABASE_URL: expected an address such as postgres://"),
        ("postgres://craft:hunter2@localhost/craft?sslmode=maybe", "DATABASE_URL cannot be understood ("),
        ("postgres://craft:hunter2@127.0.0.1:1/craft", "PostgreSQL at 127.0.0.1:1 cannot be reached: "),
        ("postgres://craft:hunter2@127.0.0.1:1/craft", "Check DATABASE_URL"),
        (missing.as_str(), "refuses the connection: database \"no_such_"),
        (missing.as_str(), "Check DATABASE_URL"),
    ] {
        refused(&place, &[("DATABASE_URL", url)], expected).await;
    }
}

#[tokio::test]
async fn a_database_of_something_else() {
    let (place, database) = (DataDirectory::new("foreign"), TestDatabase::empty().await);
    database.databases.system.pool().execute("CREATE TABLE invoices ()").await.unwrap();
    let settings = [("DATABASE_URL", database_url(&database.options))];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    refused(&place, &settings, "The database belongs to another program (it has a table `invoices`)").await;
    refused(&place, &settings, "name an empty one in DATABASE_URL").await;
}

#[tokio::test]
async fn a_private_database_of_a_newer_craft_which_is_stopped_again() {
    let place = DataDirectory::new("newer");
    assert!(place.run(&["migrate"]).await.status.success());
    let postgres = PrivatePostgres::join(&place.config()).await.unwrap();
    let mut database = postgres.options().unwrap().connect().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations VALUES (99991231000000, 'later', now(), true, '', 0)";
    database.execute(newer).await.unwrap();
    drop(database);
    postgres.stop().await.unwrap();

    refused(&place, &[], "The database has migration 99991231000000, which this build does not know").await;
    refused(&place, &[], "Start the newer version of craft that migrated it, or restore a backup").await;
    assert!(!place.data().join("postmaster.pid").exists(), "PostgreSQL outlived the start that was refused");
}
