//! The subscribers of this process, by topic.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::wire::Change;
use crate::ids::{JobId, OwnerId};

/// A topic to subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    Queue,
    Cancels,
    Mail,
    Job(JobId),
    Owner(OwnerId),
}

/// The channels of topics that have subscribers.
#[derive(Debug, Default)]
pub(super) struct Topics(Mutex<HashMap<Topic, watch::Sender<()>>>);

/// A subscription to a topic. Notifications between two waits count as one.
#[derive(Debug)]
pub struct Subscription {
    topic: Topic,
    topics: Arc<Topics>,
    receiver: watch::Receiver<()>,
}

impl Subscription {
    /// Waits for a notification after the subscription, or after the last return of this function.
    pub async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            // the sender lives in `topics` for as long as this receiver does
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut open = self.topics.lock();
        // this receiver is still counted
        if open.get(&self.topic).is_some_and(|sender| sender.receiver_count() <= 1) {
            open.remove(&self.topic);
        }
    }
}

impl Topics {
    pub(super) fn subscribe(self: &Arc<Self>, topic: Topic) -> Subscription {
        let receiver = self.lock().entry(topic).or_insert_with(|| watch::Sender::new(())).subscribe();
        Subscription { topic, topics: self.clone(), receiver }
    }

    pub(super) fn notify(&self, change: Change) {
        let open = self.lock();
        let notify = |topic| {
            if let Some(sender) = open.get(&topic) {
                sender.send_replace(());
            }
        };
        match change {
            Change::Queue => notify(Topic::Queue),
            Change::Cancels => notify(Topic::Cancels),
            Change::Mail => notify(Topic::Mail),
            Change::Job(owner, job) => {
                notify(Topic::Job(job));
                notify(Topic::Owner(owner));
            }
            Change::Owner(owner) => notify(Topic::Owner(owner)),
            Change::Everything => {
                for sender in open.values() {
                    sender.send_replace(());
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use time::macros::datetime;

    use super::{Topic, Topics};
    use crate::ids::{JobId, OwnerId};
    use crate::live::wire::Change;

    #[test]
    fn a_job_notifies_its_own_and_its_owners_subscribers_only() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let (owner, job) = (OwnerId::new(now), JobId::new(now));
        let topics = Arc::<Topics>::default();
        let mut of_job = topics.subscribe(Topic::Job(job));
        let mut of_owner = topics.subscribe(Topic::Owner(owner));
        let mut of_other = topics.subscribe(Topic::Job(JobId::new(now)));
        topics.notify(Change::Job(owner, job));
        topics.notify(Change::Job(owner, job));
        assert!(of_job.changed().now_or_never().is_some());
        assert!(of_job.changed().now_or_never().is_none(), "two notifications between two waits count as one");
        assert!(of_owner.changed().now_or_never().is_some());
        topics.notify(Change::Owner(owner));
        assert!(of_owner.changed().now_or_never().is_some());
        assert!(of_job.changed().now_or_never().is_none());
        assert!(of_other.changed().now_or_never().is_none());
    }

    #[test]
    fn the_last_subscriber_removes_the_channel() {
        let topics = Arc::<Topics>::default();
        let first = topics.subscribe(Topic::Queue);
        let second = topics.subscribe(Topic::Queue);
        drop(first);
        assert_eq!(topics.lock().len(), 1);
        drop(second);
        assert!(topics.lock().is_empty());
    }
}
