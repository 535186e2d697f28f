//! Search over what an owner has: tools, connectors, connections, and jobs by their id.
//!
//! Each word of the text is somewhere in the name of a match. A job is found by its id, or by the beginning of the id. A
//! group holds a few matches, and says whether there are more.

mod job_ids;
mod store;

pub use store::{FoundConnection, FoundConnector, FoundJob, FoundTool};

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::error::{Error, Result};

/// Longest text, in characters.
pub const MAX_TEXT_LENGTH: usize = 200;

/// Matches of a group that are shown.
pub const GROUP_SIZE: usize = 10;

/// Limit of a statement: a match more than a group shows that there are more.
const GROUP_LIMIT: i64 = 11;

/// Matches of one kind.
#[derive(Clone, Debug)]
pub struct Group<T> {
    /// At most [`GROUP_SIZE`] matches.
    pub found: Vec<T>,
    /// True if there are more.
    pub more: bool,
}

impl<T> Group<T> {
    fn cut(mut found: Vec<T>) -> Self {
        let more = found.len() > GROUP_SIZE;
        found.truncate(GROUP_SIZE);
        Self { found, more }
    }
}

/// Matches of a search, by kind.
#[derive(Clone, Debug)]
pub struct SearchResults {
    /// Tools, by their title or name.
    pub tools: Group<FoundTool>,
    /// Connectors, by their name or description.
    pub connectors: Group<FoundConnector>,
    /// Connections, by their label, account or connector.
    pub connections: Group<FoundConnection>,
    /// Jobs, by their id.
    pub jobs: Group<FoundJob>,
}

/// Searches what the actor may see, in the caller's transaction.
///
/// # Errors
/// Returns [`Error::Invalid`] for the field `q` if the text is too long.
pub async fn search(conn: &mut PgConnection, actor: &Actor, text: &str) -> Result<SearchResults> {
    if text.chars().count() > MAX_TEXT_LENGTH {
        return Err(Error::field("q", format!("Enter {MAX_TEXT_LENGTH} characters or fewer")));
    }
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    let jobs = match job_ids::range_of(text.trim()) {
        Some(ids) => store::jobs(conn, actor, ids, GROUP_LIMIT).await?,
        None => Vec::new(),
    };
    Ok(SearchResults {
        tools: Group::cut(store::tools(conn, actor, &words, GROUP_LIMIT).await?),
        connectors: Group::cut(store::connectors(conn, actor, &words, GROUP_LIMIT).await?),
        connections: Group::cut(store::connections(conn, actor, &words, GROUP_LIMIT).await?),
        jobs: Group::cut(jobs),
    })
}
