//! Metadata of results: the hub's own name, and the job of a call.

use rmcp::model::{Implementation, MetaObject};

use crate::ids::JobId;

/// Key of the hub's name, which results of 2026-07-28 have.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Key of the id of a call's job.
const JOB: &str = "tool-connect-craft/job";

/// Beginning of the keys that the protocol itself uses. The hub passes none of them on from a server.
const RESERVED: &str = "io.modelcontextprotocol/";

/// Returns the name of the hub as assistants see it.
pub(super) fn hub() -> Implementation {
    Implementation::new("tool-connect-craft", env!("CARGO_PKG_VERSION")).with_title("Tool Connect Craft")
}

/// Returns the metadata of a result without a job.
pub(super) fn of_result() -> MetaObject {
    let mut meta = MetaObject::new();
    if let Ok(hub) = serde_json::to_value(hub()) {
        meta.insert(SERVER_INFO.to_owned(), hub);
    }
    meta
}

/// Returns the metadata of the result of a job: that of its server, and the hub's.
pub(super) fn of_job(from_server: Option<MetaObject>, job: JobId) -> MetaObject {
    let mut meta = from_server.unwrap_or_default();
    meta.retain(|key, _| !key.starts_with(RESERVED));
    meta.0.extend(of_result().0);
    meta.insert(JOB.to_owned(), job.to_string().into());
    meta
}
