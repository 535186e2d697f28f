//! `craft check`: what a start would meet, one line each.

use super::print_line;
use crate::accounts;
use crate::config::Config;
use crate::db::managed::PrivatePostgres;
use crate::db::{PoolSizes, Server};
use crate::error::{Error, Result};
use crate::serve;

/// Looks at everything a start needs and fails if any of it is wrong; changes nothing but what is missing.
pub(super) async fn run(config: &Config) -> Result<()> {
    let mut report = Report::default();
    report.line("Data directory", config.open_data_dir().map(|_| config.storage.data_dir.display().to_string()))?;
    let managed = match &config.storage.database_url {
        Some(_) => None,
        None => report
            .line_of("Private PostgreSQL", PrivatePostgres::join(config).await, |it| it.home().display().to_string())?,
    };
    let server = match (&config.storage.database_url, &managed) {
        (Some(url), _) => Some(Server::reach_url(url).await),
        (None, Some(managed)) => Some(Server::reach(managed.options()?).await),
        (None, None) => None,
    };
    if let Some(server) = server {
        let words = |it: &Server| it.notice().unwrap_or("reached; the login is bound by row-level security").to_owned();
        if let Some(server) = report.line_of("Database", server, words)? {
            look_inside(config, &server, &mut report).await?;
        }
    }
    if let Some(managed) = managed {
        managed.stop().await?;
    }
    report.verdict()
}

async fn look_inside(config: &Config, server: &Server, report: &mut Report) -> Result<()> {
    let databases = server.open(PoolSizes { web: 1, system: 1 });
    report.line("Migrations", crate::db::check_migrations(&databases).await.map(|()| "up to date".to_owned()))?;
    let vault = serve::vault(config);
    if let Some(vault) = report.line_of("Master key", vault, |_| "found".to_owned())? {
        report.line("Sealed secrets", vault.check(&databases.system).await.map(|()| "can be opened".to_owned()))?;
    }
    let doubled = accounts::list_doubled_mailboxes(&databases.system).await;
    report.line("Accounts", doubled.map(|mailboxes| describe_doubled(&mailboxes)))?;
    databases.close().await;
    Ok(())
}

/// Lists mailboxes with two accounts. That is nothing wrong: both can be used.
fn describe_doubled(mailboxes: &[String]) -> String {
    if mailboxes.is_empty() {
        return "each mailbox has one at most".to_owned();
    }
    format!("two for the same mailbox, whose domain was typed in two spellings: {}", mailboxes.join(", "))
}

/// Lines as they come, and whether any was bad.
#[derive(Default)]
struct Report {
    faults: usize,
}

impl Report {
    fn line<E: std::fmt::Display>(&mut self, what: &str, found: Result<String, E>) -> Result<()> {
        self.line_of(what, found, Clone::clone).map(|_| ())
    }

    fn line_of<T, E: std::fmt::Display>(
        &mut self,
        what: &str,
        found: Result<T, E>,
        words: impl Fn(&T) -> String,
    ) -> Result<Option<T>> {
        match found {
            Ok(it) => {
                print_line(&format!("ok    {what}: {}", words(&it)))?;
                Ok(Some(it))
            }
            Err(error) => {
                self.faults += 1;
                print_line(&format!("wrong {what}: {error}"))?;
                Ok(None)
            }
        }
    }

    fn verdict(self) -> Result<()> {
        match self.faults {
            0 => Ok(()),
            1 => Err(Error::refused("One thing is wrong; see above".to_owned())),
            n => Err(Error::refused(format!("{n} things are wrong; see above"))),
        }
    }
}
