//! The database: policies, connecting to a server, and the private PostgreSQL.

mod isolation;
mod managed;
mod policies;
mod server;

use craft::actor::{Actor, Origin};
use craft::ids::UserId;

use crate::support::database::TestDatabase;

/// Makes a database in which alice has a row in every table, and bob has only his account.
async fn with_alices_rows() -> TestDatabase {
    TestDatabase::with_samples().await
}

fn alice() -> Actor {
    actor("00000000-0000-7000-8000-00000000000a")
}

fn bob() -> Actor {
    actor("00000000-0000-7000-8000-00000000000b")
}

#[expect(clippy::disallowed_methods, reason = "tests act as their own users")]
fn actor(id: &str) -> Actor {
    let id: UserId = id.parse().unwrap();
    Actor::new(id, Origin::Browser)
}
