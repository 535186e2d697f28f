//! Fills a hub with a past, to look at its pages when there is much to show. Never a part of the program that is shipped.
//!
//! ```sh
//! make seed OWNER=me@example.com JOBS=1000000
//! ```
//!
//! It works on the database that `craft` would use (`CRAFT_DATA_DIR`, or `DATABASE_URL`), also while the hub runs.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool of its own, at the edge of the program")]

mod past;

use clap::Parser;
use craft::clock::Clock;
use craft::config::Config;
use craft::db::Server;
use craft::db::managed::Managed;
use past::Past;

/// Fills a hub with a past.
#[derive(Parser)]
struct Arguments {
    /// E-mail of the account whose pages are to be looked at; three of ten jobs are its own
    #[arg(long)]
    owner: String,
    /// How many jobs
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
    let managed = Managed::join(&config).await?;
    let filled = fill(&Server::reach(managed.options()?).await?, &arguments).await;
    managed.stop().await?;
    filled
}

async fn fill(server: &Server, arguments: &Arguments) -> anyhow::Result<()> {
    let mut past = Past::begin(server.options(), &arguments.owner, Clock::real().now()).await?;
    past.write(arguments.jobs, |written| println!("{written} jobs")).await?;
    Ok(())
}
