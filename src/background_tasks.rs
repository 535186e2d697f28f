//! Tasks that outlive the request that started them: the mail after an answer, the refresh of a token.
//!
//! The process finishes all of them before it stops.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};

/// More mail tasks at a time are refused: each holds a connection to the database or to the mail server.
const MAX_MAIL_TASKS: usize = 200;

/// Spawns tasks and counts them; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct BackgroundTasks {
    mail: TaskTracker,
    awaited: TaskTracker,
}

impl BackgroundTasks {
    /// Spawns a task that sends mail, and logs its error. The caller does not wait, so its response time does not depend on
    /// the mail. `name` describes the task in the log.
    ///
    /// # Errors
    /// [`Error::Limited`] if too many are under way.
    pub fn spawn_mail(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Result<()> {
        if self.mail.len() >= MAX_MAIL_TASKS {
            let message = "The hub has more mail to send than it can. Nothing was sent. Try again in a minute";
            return Err(Error::Limited { message: message.into(), retry_after: Duration::from_secs(60) });
        }
        self.mail.spawn(async move {
            if let Err(error) = task.await {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(task = name, %error, cause, "Failed to {name}");
            }
        });
        Ok(())
    }

    /// Runs a task to its end, also if the caller is dropped meanwhile, and returns its result.
    ///
    /// # Errors
    /// Those of the task, and [`Error::Internal`] if it panics.
    pub async fn run_to_end<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.awaited.spawn(task).await.map_err(|panic| Error::Internal(panic.into()))?
    }

    /// Waits until no task is under way.
    pub async fn finish(&self) {
        // a refresh may start a mail, so mail is awaited last
        for tracker in [&self.awaited, &self.mail] {
            tracker.close();
            tracker.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::{BackgroundTasks, MAX_MAIL_TASKS};
    use crate::error::Error;

    #[tokio::test]
    async fn more_mail_than_can_be_sent_is_refused() {
        let tasks = BackgroundTasks::default();
        for _ in 0..MAX_MAIL_TASKS {
            tasks.spawn_mail("test", pending()).unwrap();
        }
        assert!(matches!(tasks.spawn_mail("test", pending()), Err(Error::Limited { .. })));
        assert_eq!(tasks.run_to_end(async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_task_ends_although_its_caller_is_dropped() {
        let tasks = BackgroundTasks::default();
        let (started, start) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let caller = tasks.run_to_end(async move {
            let _ = started.send(());
            let _ = released.await;
            Ok(())
        });
        tokio::select! {
            _ = caller => panic!("the task waits"),
            _ = start => {}
        }
        assert_eq!(tasks.awaited.len(), 1);
        let _ = release.send(());
        tasks.finish().await;
        assert!(tasks.awaited.is_empty());
    }
}
