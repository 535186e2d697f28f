//! The command line: which command, with which settings.

mod check;
mod connectors;
mod secrets;
mod user;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::config::{self, Config};
use crate::db::Databases;
use crate::error::{Error, Result};
use crate::serve::{self, Database, Role};
use crate::telemetry::TraceExport;

/// Self-hosted hub for every service connection and every tool call.
#[derive(Debug, Parser)]
#[command(name = "craft", version, about, arg_required_else_help = false)]
pub struct Arguments {
    /// Settings file; without it, craft.toml in the current directory is read if there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages and run jobs (the default)
    Serve {
        /// Serve pages only; jobs are run by `craft worker` processes
        #[arg(long)]
        no_worker: bool,
    },
    /// Run jobs only
    Worker,
    /// Bring the database up to date and stop
    Migrate,
    /// Check the settings, the database and the keys, and report what is wrong
    Check,
    /// Look into the shipped connectors
    #[command(subcommand)]
    Connectors(connectors::ConnectorsCommand),
    /// Create accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// Change the key that seals stored credentials
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
}

/// Runs what the command line asks for. Settings come from `env` and the settings file.
pub async fn run(arguments: Arguments, env: impl Fn(&str) -> Option<String>) -> Result<()> {
    let config = Config::load(arguments.config.as_deref(), env).map_err(|error| Error::refused(error.to_string()))?;
    let command = arguments.command.unwrap_or(Command::Serve { no_worker: false });
    let traces = match command {
        Command::Serve { .. } | Command::Worker => serve::traces(&config)?,
        _ => None,
    };
    start_logging(&config, traces.as_ref());
    let done = run_command(&config, command).await;
    if let Some(traces) = traces {
        traces.finish().await;
    }
    done
}

async fn run_command(config: &Config, command: Command) -> Result<()> {
    match command {
        Command::Serve { no_worker } => serve::run(config, if no_worker { Role::Web } else { Role::Both }).await,
        Command::Worker => serve::run(config, Role::Worker).await,
        Command::Migrate => with_database(config, async |_| print_line("The database is up to date.")).await,
        Command::Check => check::run(config).await,
        Command::Connectors(command) => connectors::run(&command),
        Command::User(command) => user::run(config, command).await,
        Command::Secrets(command) => secrets::run(config, command).await,
    }
}

/// Reaches the database (starting or joining the private one), brings it up to date, and leaves it as it was found.
async fn with_database(config: &Config, work: impl AsyncFnOnce(&Databases) -> Result<()>) -> Result<()> {
    let database = Database::join(config).await?;
    let done = work(&database.pools).await;
    let closed = database.close().await;
    done.and(closed)
}

/// Prints a sentence to standard output.
fn print_line(sentence: &str) -> Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{sentence}").map_err(Error::internal)
}

/// Starts the log. Without traces, one filter serves the whole subscriber, which costs less than a filter for each layer.
fn start_logging(config: &Config, traces: Option<&TraceExport>) {
    let filter = config::log_filter(&config.process.log);
    let is_terminal = std::io::stderr().is_terminal();
    match traces {
        None => {
            tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_writer(std::io::stderr)
                .with_ansi(is_terminal)
                .init();
        }
        Some(traces) => {
            let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal).with_filter(filter);
            tracing_subscriber::registry().with(lines).with(traces.layer()).init();
        }
    }
}
