//! A connection with what its page shows around it, read in one transaction.

use crate::actor::Actor;
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::connectors;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::jobs::{self, DependentJobs, Job};
use crate::oauth::Provider;

/// What is known of a connection.
pub(super) struct PageData {
    pub(super) connection: ConnectionDetail,
    /// How one signs in there, if one does.
    pub(super) provider: Option<Provider>,
    pub(super) dependants: DependentJobs,
    /// The newest.
    pub(super) checkup: Option<Job>,
}

impl PageData {
    pub(super) async fn read(app: &App, actor: &Actor, id: ConnectionId) -> Result<Self> {
        let mut tx = app.db.as_user(actor).await?;
        let connection = connections::find(&mut tx, actor, id).await?;
        let dependants = jobs::find_dependent(&mut tx, actor, &[id]).await?;
        let checkup = jobs::find_latest_checkup(&mut tx, actor, id).await?;
        let provider = connectors::provider(&mut tx, actor, connection.connector_id).await?;
        Ok(Self { connection, provider, dependants, checkup })
    }

    /// Whether its page would show the same, but for the passing of time.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let checkup = |it: &Self| it.checkup.as_ref().map(|job| (job.id, job.status));
        self.connection == other.connection && self.dependants == other.dependants && checkup(self) == checkup(other)
    }
}
