//! Fills a hub with a history of jobs, so that pages can be seen when they are full. Not part of the shipped binary.
//!
//! ```sh
//! make seed OWNER=me@example.com JOBS=1000000
//! ```
//!
//! The example uses the database of `craft` (`CRAFT_DATA_DIR` or `DATABASE_URL`), also while the hub runs.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command-line program that reads the environment and prints"
)]

mod past;

use clap::Parser;
use craft::clock::Clock;
use craft::config::Config;
use craft::db::Server;
use craft::db::managed::PrivatePostgres;
use past::Past;

/// Fills a hub with a history of jobs.
#[derive(Parser)]
struct Arguments {
    /// E-mail address of the account that owns three of ten jobs
    #[arg(long)]
    owner: String,
    /// Number of jobs
    #[arg(long, default_value_t = 10_000)]
    jobs: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(None, |name| std::env::var(name).ok())?;
    if let Some(url) = &config.storage.database_url {
        return fill(&Server::reach_url(url).await?, &arguments).await;
    }
    let managed = PrivatePostgres::join(&config).await?;
    let result = fill(&Server::reach(managed.options()?).await?, &arguments).await;
    managed.stop().await?;
    result
}

async fn fill(server: &Server, arguments: &Arguments) -> anyhow::Result<()> {
    let mut past = Past::begin(server.options(), &arguments.owner, Clock::real().now()).await?;
    past.write(arguments.jobs, |written| println!("{written} jobs")).await?;
    Ok(())
}
