//! Whose rows each table holds: the one list, which a test compares with the database.
//!
//! A new table goes here, and its migration puts it under the policy of its kind (`own_by`, `share_or_own`,
//! `keep_for_system`). Partitions are under their parent's.

/// Who may see a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The user they belong to, and the system.
    Owned,
    /// Everybody those without an owner, which the system alone changes; the others as in [`Ownership::Owned`].
    SharedOrOwn,
    /// The system: what is looked up before a user is known, and what processes tell each other.
    System,
    /// No policy: the queue's tiny tables of ids and times. What they say of a job is reached from its protected row.
    Hot,
}

/// A table and its kind.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Who may see its rows.
    pub ownership: Ownership,
    /// The column that names the owner.
    pub owner_column: Option<&'static str>,
}

const fn owned(name: &'static str) -> Table {
    Table { name, ownership: Ownership::Owned, owner_column: Some("user_id") }
}

const fn shared_or_own(name: &'static str) -> Table {
    Table { name, ownership: Ownership::SharedOrOwn, owner_column: Some("owner_id") }
}

const fn system(name: &'static str) -> Table {
    Table { name, ownership: Ownership::System, owner_column: None }
}

const fn hot(name: &'static str) -> Table {
    Table { name, ownership: Ownership::Hot, owner_column: None }
}

/// Every table of the hub.
pub const TABLES: &[Table] = &[
    // a user owns the row that is about them
    Table { name: "users", ownership: Ownership::Owned, owner_column: Some("id") },
    owned("user_sessions"),
    owned("data_keys"),
    owned("secrets"),
    owned("user_connections"),
    owned("connection_leases"),
    owned("oauth_clients"),
    owned("oauth_transactions"),
    owned("job"),
    owned("job_result"),
    owned("job_hours"),
    owned("pipeline_events"),
    owned("idem_key"),
    owned("audit_entries"),
    owned("audit_bodies"),
    shared_or_own("connectors"),
    shared_or_own("connector_tools"),
    shared_or_own("connector_tool_versions"),
    system("email_tokens"),
    system("sign_in_tries"),
    system("worker"),
    system("leader"),
    hot("lane"),
    hot("job_ready"),
    hot("job_later"),
    hot("job_lease"),
    hot("job_cancel"),
];
