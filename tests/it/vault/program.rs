//! Tests of the program with its master key in Vault.

use tokio::process::Command;

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hub::{FinishedProgram, Hub, database_url};
use crate::support::openbao::OpenBao;

#[tokio::test]
async fn the_hub_starts_with_the_right_token_and_rotates_while_it_runs() {
    let (place, database, bao) = (DataDirectory::new("in-vault"), TestDatabase::new().await, OpenBao::start().await);
    let craft = |arguments: &[&str], token: &str| -> Command {
        let mut command = place.craft(arguments);
        command.env("DATABASE_URL", database_url(&database.options)).env("CRAFT_VAULT_ADDR", bao.url().as_str());
        command.env("CRAFT_VAULT_TRANSIT_KEY", "transit/craft").env("CRAFT_VAULT_TOKEN", token);
        command
    };
    let refused = FinishedProgram::run(craft(&["serve"], ""), "").await;
    let refusal = refused.refusal();
    assert!(refusal.contains("CRAFT_VAULT_ADDR needs a token: set CRAFT_VAULT_TOKEN_FILE"), "{refusal}");
    let refused = FinishedProgram::run(craft(&["serve"], "s.hunter2"), "").await;
    let refusal = refused.refusal();
    assert!(refusal.contains("its token is wrong or has expired") && !refusal.contains("hunter2"), "{refusal}");

    let token = bao.token("change").await;
    let hub = Hub::start(craft(&["serve"], &token)).await;
    let rotate = FinishedProgram::run(craft(&["secrets", "rotate"], &token), "").await;
    assert!(rotate.stdout.contains("Master key transit/craft:v2 is current."), "{}{}", rotate.stdout, rotate.stderr);
    assert!(
        rotate.stdout.contains("Nothing is sealed with transit/craft:v1 any more. Vault no longer"),
        "{}",
        rotate.stdout
    );
    let check = FinishedProgram::run(craft(&["check"], &token), "").await;
    assert!(check.stdout.contains("ok    Sealed secrets: can be opened"), "{}", check.stdout);
    assert!(hub.is_ready().await);
    assert!(!place.0.join("keys").exists(), "a local key was created");
}
