//! The ownership of each table. A test compares this list with the database.
//!
//! A new table is added here. Its migration applies the policy of its kind (`own_by`, `share_or_own`,
//! `keep_personal`, `keep_for_system`). Partitions have the policy of their parent.

/// The kind of policy that a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Transactions for the owner of a row, and the system, see the row.
    Owned,
    /// The person whom a row is about sees it, whatever owner the transaction is for.
    Personal,
    /// The member sees their memberships, and a transaction for an organisation all of its memberships.
    Membership,
    /// Everybody sees rows without an owner, which only the system changes. Other rows are like [`Ownership::Owned`].
    SharedOrOwn,
    /// Only the system sees the rows: look-ups before a user is known, and communication between processes.
    System,
    /// No policy: the queue's small tables of ids and times. The data of a job is in its protected row.
    Hot,
}

/// A table and the kind of its policy.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name of the table.
    pub name: &'static str,
    /// Kind of the policy.
    pub ownership: Ownership,
    /// Column with the id of the owner, or of the person.
    pub owner_column: Option<&'static str>,
}

const fn owned(name: &'static str) -> Table {
    Table { name, ownership: Ownership::Owned, owner_column: Some("owner_id") }
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

/// All tables of the hub.
pub const TABLES: &[Table] = &[
    Table { name: "users", ownership: Ownership::Personal, owner_column: Some("id") },
    Table { name: "user_sessions", ownership: Ownership::Personal, owner_column: Some("user_id") },
    Table { name: "owners", ownership: Ownership::Owned, owner_column: Some("id") },
    Table { name: "organisations", ownership: Ownership::Owned, owner_column: Some("id") },
    Table { name: "memberships", ownership: Ownership::Membership, owner_column: Some("organisation_id") },
    Table { name: "api_tokens", ownership: Ownership::Membership, owner_column: Some("owner_id") },
    Table { name: "assistant_grants", ownership: Ownership::Membership, owner_column: Some("owner_id") },
    owned("data_keys"),
    owned("secrets"),
    owned("user_connections"),
    owned("connector_discoveries"),
    owned("connection_leases"),
    owned("connection_tokens"),
    owned("oauth_clients"),
    owned("oauth_transactions"),
    owned("job"),
    owned("job_result"),
    owned("job_secret"),
    owned("job_hours"),
    owned("job_trends"),
    owned("pipeline_events"),
    owned("idem_key"),
    owned("saved_inputs"),
    owned("audit_entries"),
    owned("audit_bodies"),
    shared_or_own("connectors"),
    shared_or_own("connector_tools"),
    shared_or_own("connector_tool_versions"),
    system("assistants"),
    system("authorization_codes"),
    system("assistant_tokens"),
    system("email_tokens"),
    system("sign_in_attempts"),
    system("mail_outbox"),
    system("registry_servers"),
    system("registry_reads"),
    system("worker"),
    system("leader"),
    hot("lane"),
    hot("job_ready"),
    hot("job_later"),
    hot("job_lease"),
    hot("job_cancel"),
];
