//! Tasks that outlive the request that started them: the look-up of an account after the answer, the refresh of a token.
//!
//! The process finishes all of them before it stops.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};

/// More tasks that nobody waits for are refused: each holds a connection to the database.
const MAX_SPAWNED_TASKS: usize = 200;

/// Spawns tasks and counts them; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct BackgroundTasks {
    spawned: TaskTracker,
    awaited: TaskTracker,
}

impl BackgroundTasks {
    /// Spawns a task, and logs its error. The caller does not wait, so its response time does not depend on the task.
    /// `name` describes the task in the log.
    ///
    /// # Errors
    /// [`Error::Limited`] if too many are under way.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
        if self.spawned.len() >= MAX_SPAWNED_TASKS {
            let message = "The hub has more to do than it can. Nothing was changed. Try again in a minute";
            return Err(Error::Limited { message: message.into(), retry_after: Duration::from_secs(60) });
        }
        self.spawned.spawn(async move {
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
        // a refresh may start the notice of its owner, so spawned tasks are awaited last
        for tracker in [&self.awaited, &self.spawned] {
            tracker.close();
            tracker.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::{BackgroundTasks, MAX_SPAWNED_TASKS};
    use crate::error::Error;

    #[tokio::test]
    async fn more_tasks_than_the_limit_are_refused() {
        let tasks = BackgroundTasks::default();
        for _ in 0..MAX_SPAWNED_TASKS {
            tasks.spawn("test", pending()).unwrap();
        }
        assert!(matches!(tasks.spawn("test", pending()), Err(Error::Limited { .. })));
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
