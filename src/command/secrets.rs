//! `craft secrets …`: the keys that stored credentials are sealed with.

use clap::Subcommand;

use super::{say, with_database};
use crate::actor::{Actor, Origin};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::ids::UserId;
use crate::serve;
use crate::vault::Rotated;

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Change the master key while the hub runs; cut short, it goes on when it is run again
    Rotate,
}

pub(super) async fn run(config: &Config, command: SecretsCommand) -> Result<()> {
    let SecretsCommand::Rotate = command;
    with_database(config, async |databases| {
        let vault = serve::vault(config)?;
        #[expect(clippy::disallowed_methods, reason = "whoever has the command line runs the hub")]
        let keeper = Actor::new(UserId::HUB, Origin::Cli);
        let rotated = vault.rotate(&databases.system, &keeper, Clock::real().now(), |done, of| {
            // what cannot be told of the progress is not worth stopping for
            let _ = say(&format!("{done} of {of} users’ keys are wrapped anew."));
        });
        told(&rotated.await?)
    })
    .await
}

fn told(rotated: &Rotated) -> Result<()> {
    say(&format!("Master key {} is current.", rotated.current))?;
    if rotated.former.is_empty() {
        return Ok(());
    }
    say(&format!("Nothing is sealed with {} any more. {}", rotated.former.join(", "), rotated.words))
}
