//! Mail about credentials: to the owner of a connection, and to administrators.

use url::Url;

use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::live::Live;
use crate::mail::Mailer;

/// Sends the mail about credentials; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct Notifier {
    pub system: SystemDb,
    pub clock: Clock,
    pub live: Live,
    pub mailer: Mailer,
    pub background_tasks: BackgroundTasks,
    /// The hub's address, which links in mails begin with.
    pub public_url: Url,
}
