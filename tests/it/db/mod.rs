//! The database: what its policies let through, how a server is reached, and the private one.

mod isolation;
mod managed;
mod policies;
mod server;

use craft::actor::{Actor, Origin};
use craft::ids::UserId;

use crate::support::database::TestDatabase;

/// A database in which alice has a row in every table, and bob has none but his account.
async fn with_alices_rows() -> TestDatabase {
    TestDatabase::with_samples().await
}

fn alice() -> Actor {
    actor("00000000-0000-7000-8000-00000000000a")
}

fn bob() -> Actor {
    actor("00000000-0000-7000-8000-00000000000b")
}

#[expect(clippy::disallowed_methods, reason = "a test vouches for its own people")]
fn actor(id: &str) -> Actor {
    let id: UserId = id.parse().unwrap();
    Actor::new(id, Origin::Browser)
}
