//! `craft user …`: accounts that the operator creates.

use std::io::Read;

use clap::Subcommand;

use super::{print_line, with_database};
use crate::accounts::{self, NewAccount, NewUser, Passwords, Visitor};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::secret::Secret;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create an account that can sign in at once
    Create {
        /// Email address to sign in with
        #[arg(long)]
        email: String,
        /// Name of the person on pages; default: the part of the address before the @
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input (up to the first line break)
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Let the account administer the hub
        #[arg(long)]
        admin: bool,
    },
}

pub(super) async fn run(config: &Config, command: UserCommand) -> Result<()> {
    let UserCommand::Create { email, name, admin, .. } = command;
    let display_name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let new = NewUser::parse(&email, &display_name, &read_password()?)?;
    with_database(config, async |databases| {
        let passwords = Passwords::default();
        let now = Clock::real().now();
        let account = NewAccount { user: &new, visitor: &Visitor::from_command_line() };
        let user = accounts::create(&databases.system, &passwords, account, admin, now).await?;
        print_line(&format!("{} can sign in now.", user.email))
    })
    .await
}

/// The first line of standard input.
fn read_password() -> Result<Secret> {
    const MAX_PASSWORD_BYTES: u64 = 4_096;
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Error::refused(format!("The password cannot be read from standard input: {error}")))?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
