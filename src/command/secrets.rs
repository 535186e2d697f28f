//! `craft secrets …`: maintenance of the keys that seal stored credentials.

use clap::Subcommand;

use super::{print_line, with_database};
use crate::actor::{Actor, Origin};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::ids::UserId;
use crate::serve;
use crate::vault::RotationReport;

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Change the master key while the hub runs; if it is interrupted, run it again to continue
    Rotate,
}

pub(super) async fn run(config: &Config, command: SecretsCommand) -> Result<()> {
    let SecretsCommand::Rotate = command;
    with_database(config, async |databases| {
        let vault = serve::vault(config)?;
        #[expect(clippy::disallowed_methods, reason = "a person with the command line runs the hub")]
        let operator = Actor::new(UserId::HUB, Origin::Cli);
        let rotation = vault.rotate(&databases.system, &operator, Clock::real().now(), |done, of| {
            // a rotation continues even if its progress cannot be printed
            let _ = print_line(&format!("{done} of {of} users’ keys are wrapped with the new key."));
        });
        print_report(&rotation.await?)
    })
    .await
}

fn print_report(report: &RotationReport) -> Result<()> {
    print_line(&format!("Master key {} is current.", report.current))?;
    if report.former.is_empty() {
        return Ok(());
    }
    print_line(&format!("Nothing is sealed with {} any more. {}", report.former.join(", "), report.advice))
}
