//! Live streams: how every stream of a page waits, pauses between messages, ends, and says why it ended.
//!
//! A page has at most one stream. Its messages are pieces of the page for htmx; the event `end` tells the browser not to
//! reconnect. If a stream stops without it (the hub restarts, the database is away), the browser reconnects.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use async_stream::stream;
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use tokio::time::{Instant, sleep_until};

use super::actor::Viewer;
use super::respond::unbuffered;
use crate::app::App;
use crate::error::{Error, Result};
use crate::live::{MAX_STREAMS_PER_USER, StreamPermit, Subscription};

/// The interval at which a stream checks the session and sends a comment, which keeps proxies from closing it.
pub(super) const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(15);

/// The delay before a browser reconnects.
const RECONNECT_DELAY: Duration = Duration::from_secs(2);

/// The wait of a source without a next check.
const NO_CHECK: Duration = Duration::from_secs(86_400);

/// The source of a page's live updates.
pub(super) trait LiveSource: Send + 'static {
    /// The shortest time between two messages, so that a hundred changes become one message.
    const MIN_INTERVAL: Duration;

    /// Returns the changes since the last call, if there are any. An error ends the stream, and the browser reconnects.
    fn next_update(&mut self) -> impl Future<Output = Result<Option<Message>>> + Send;

    /// Returns true once nothing can change any more.
    fn is_finished(&self) -> bool;

    /// Returns the moment of the next call even if nothing changes.
    fn next_check(&self) -> Option<Instant> {
        None
    }
}

/// The notice of a stream that ended early: a reason, and a link to reload the page.
#[derive(Template)]
#[template(path = "layout/_stopped.html")]
struct StoppedNotice {
    why: String,
}

/// Responds with a stream. Subscribe before reading the page's state, so that no change is missed.
pub(super) fn respond(app: App, viewer: Viewer, changes: Subscription, source: impl LiveSource) -> Response {
    let permit = app.live.acquire_stream_permit(viewer.actor.user_id());
    let is_signed_in = async move || viewer.is_still_signed_in(&app).await;
    unbuffered(Sse::new(messages(changes, permit, is_signed_in, source)).into_response())
}

fn messages<S, F>(
    mut changes: Subscription,
    permit: StreamPermit,
    is_signed_in: S,
    mut source: F,
) -> impl Stream<Item = Result<Message, Infallible>>
where
    S: AsyncFn() -> Result<bool>,
    F: LiveSource,
{
    stream! {
        let mut is_first = true;
        let mut session_check = Instant::now() + SESSION_CHECK_INTERVAL;
        loop {
            let earliest_next = Instant::now() + F::MIN_INTERVAL;
            // boxed, so that its memory is freed while the stream waits: reading takes several times the memory of waiting
            match Box::pin(source.next_update()).await {
                Ok(Some(message)) if std::mem::take(&mut is_first) => yield Ok(message.retry(RECONNECT_DELAY)),
                Ok(Some(message)) => yield Ok(message),
                Ok(None) => {}
                Err(error) => return log_broken(&error),
            }
            if source.is_finished() {
                yield Ok(end("over"));
                return;
            }
            sleep_until(earliest_next).await;
            loop {
                match wait(&mut changes, &permit, session_check, source.next_check()).await {
                    WakeReason::Update => break,
                    WakeReason::SessionCheck => match Box::pin(is_signed_in()).await {
                        Ok(true) => yield Ok(Message::default().comment("still here")),
                        Ok(false) => {
                            yield Ok(stopped(SIGNED_OUT.to_owned()));
                            yield Ok(end("signed out"));
                            return;
                        }
                        Err(error) => return log_broken(&error),
                    },
                    WakeReason::PermitLost => {
                        yield Ok(stopped(too_many()));
                        yield Ok(end("too many"));
                        return;
                    }
                }
                session_check = Instant::now() + SESSION_CHECK_INTERVAL;
            }
        }
    }
}

fn log_broken(error: &Error) {
    tracing::debug!(
        error = error as &dyn std::error::Error,
        "Ended a live stream after an error; the browser reconnects"
    );
}

const SIGNED_OUT: &str = "You are signed out, so live updates have stopped. Sign in again to see the latest.";

fn too_many() -> String {
    format!(
        "Live updates have stopped on this page, because you follow more than {MAX_STREAMS_PER_USER} pages at once. \
         Reload it to see the latest."
    )
}

/// The reason why a waiting stream wakes.
pub(super) enum WakeReason {
    /// Something has changed, or the next check is due.
    Update,
    /// The session has to be checked.
    SessionCheck,
    /// The user opened too many streams, and this one lost its permit.
    PermitLost,
}

/// Waits for the first reason to wake.
pub(super) async fn wait(
    changes: &mut Subscription,
    permit: &StreamPermit,
    session_check: Instant,
    next_check: Option<Instant>,
) -> WakeReason {
    tokio::select! {
        biased;
        () = permit.revoked() => WakeReason::PermitLost,
        // before updates: a session must end even where something changes all the time
        () = sleep_until(session_check) => WakeReason::SessionCheck,
        () = sleep_until(next_check.unwrap_or_else(|| Instant::now() + NO_CHECK)) => WakeReason::Update,
        () = changes.changed() => WakeReason::Update,
    }
}

fn end(why: &str) -> Message {
    Message::default().event("end").data(why)
}

fn stopped(why: String) -> Message {
    Message::default().data(StoppedNotice { why }.render().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::body::to_bytes;
    use axum::response::IntoResponse as _;
    use sqlx::postgres::PgConnectOptions;
    use time::macros::datetime;
    use tokio::time::{Instant, sleep};
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::{LiveSource, Message, Sse, messages};
    use crate::error::Result;
    use crate::ids::{JobId, UserId};
    use crate::live::Live;

    /// A source with an update at every call, which finishes after `max` calls.
    struct BusySource {
        calls: Arc<AtomicUsize>,
        max: usize,
    }

    impl LiveSource for BusySource {
        const MIN_INTERVAL: Duration = Duration::from_millis(500);

        async fn next_update(&mut self) -> Result<Option<Message>> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Message::default().data("news")))
        }

        fn is_finished(&self) -> bool {
            self.calls.load(Ordering::Relaxed) >= self.max
        }
    }

    /// Reads a stream whose viewer stays signed in for `signed_in`, while something changes every 10 milliseconds.
    async fn read(max: usize, signed_in: Duration) -> (String, Duration) {
        // no database answers there; notifications within the process still arrive
        let options = PgConnectOptions::new().host("/nowhere");
        let stop = CancellationToken::new();
        let live = Live::start(options, &TaskTracker::new(), &stop);
        let now = datetime!(2026-11-24 08:00 UTC);
        let (user, job) = (UserId::new(now), JobId::new(now));
        let owner = user.as_owner();
        let (subscription, permit) = (live.subscribe_owner(owner), live.acquire_stream_permit(user));
        let changing = tokio::spawn(async move {
            loop {
                live.notify_job(owner, job);
                sleep(Duration::from_millis(10)).await;
            }
        });
        let begun = Instant::now();
        let is_signed_in = async move || Ok(begun.elapsed() < signed_in);
        let source = BusySource { calls: Arc::default(), max };
        let body = Sse::new(Box::pin(messages(subscription, permit, is_signed_in, source))).into_response().into_body();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        changing.abort();
        (text, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_become_few_messages_and_an_end() {
        let (text, took) = read(5, Duration::MAX).await;
        assert_eq!(text.matches("data: news").count(), 5);
        assert!(took >= Duration::from_secs(2), "there was no pause: {took:?}");
        assert_eq!(text.matches("retry: 2000").count(), 1);
        assert!(text.ends_with("event: end\ndata: over\n\n"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_session_even_under_constant_change() {
        let (text, took) = read(usize::MAX, Duration::from_secs(20)).await;
        assert_eq!(text.matches(": still here").count(), 1);
        assert!(took < Duration::from_secs(31), "{took:?}");
        assert!(text.contains("You are signed out"), "{text}");
        assert!(text.ends_with("event: end\ndata: signed out\n\n"), "{text}");
    }
}
