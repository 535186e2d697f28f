//! Live streams of a page: one way for all of them to wait, to rest, to end, and to say why.
//!
//! A page has at most one. Its messages are pieces of the page for htmx; the one named event, `end`, keeps the browser
//! from coming back. A stream that stops without it (the hub restarts, its database is away) is opened again.

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
use crate::live::{MOST_SEATS, Seat, Ticks};

/// A comment this often keeps proxies from closing a stream, and the session is looked at.
pub(super) const PING: Duration = Duration::from_secs(15);

/// How long a browser waits before it opens a stream again.
const COME_BACK: Duration = Duration::from_secs(2);

/// Where nothing is due.
const FAR: Duration = Duration::from_secs(86_400);

/// What a page follows.
pub(super) trait LiveSource: Send + 'static {
    /// The rest between two messages, so that a hundred changes in it are one.
    const MIN_INTERVAL: Duration;

    /// What has changed since the last call, if anything. Fails when the stream cannot go on.
    fn next_update(&mut self) -> impl Future<Output = Result<Option<Message>, ()>> + Send;

    /// True once nothing more can change.
    fn is_finished(&self) -> bool;

    /// When to ask for news though nothing has changed.
    fn next_check(&self) -> Option<Instant> {
        None
    }
}

/// What a stream leaves on the page that ends before what it follows: a notice, and a link to reload by.
#[derive(Template)]
#[template(path = "layout/_stopped.html")]
struct Stopped {
    why: String,
}

/// Answers with the stream. `ticks` was subscribed to before the page's state was read.
pub(super) fn answer(app: App, me: Viewer, ticks: Ticks, what: impl LiveSource) -> Response {
    let seat = app.live.take_seat(me.actor.user_id());
    let session = async move || me.is_still_signed_in(&app).await.map_err(|_| ());
    unbuffered(Sse::new(messages(ticks, seat, session, what)).into_response())
}

/// `session` says whether the reader is still signed in.
fn messages<S, F>(
    mut ticks: Ticks,
    seat: Seat,
    session: S,
    mut what: F,
) -> impl Stream<Item = Result<Message, Infallible>>
where
    S: AsyncFn() -> Result<bool, ()>,
    F: LiveSource,
{
    stream! {
        let mut first = true;
        let mut look = Instant::now() + PING;
        loop {
            let rested = Instant::now() + F::MIN_INTERVAL;
            // boxed, and so given back while the stream waits, as it does nearly always: what it takes to look is
            // several times the size of what it takes to wait
            match Box::pin(what.next_update()).await {
                Ok(Some(message)) if std::mem::take(&mut first) => yield Ok(message.retry(COME_BACK)),
                Ok(Some(message)) => yield Ok(message),
                Ok(None) => {}
                Err(()) => return,
            }
            if what.is_finished() {
                yield Ok(end("over"));
                return;
            }
            sleep_until(rested).await;
            loop {
                match wait(&mut ticks, &seat, look, what.next_check()).await {
                    WakeReason::Update => break,
                    WakeReason::SessionCheck => match Box::pin(session()).await {
                        Ok(true) => yield Ok(Message::default().comment("still here")),
                        Ok(false) => {
                            yield Ok(stopped(SIGNED_OUT.to_owned()));
                            yield Ok(end("signed out"));
                            return;
                        }
                        Err(()) => return,
                    },
                    WakeReason::PermitLost => {
                        yield Ok(stopped(too_many()));
                        yield Ok(end("too many"));
                        return;
                    }
                }
                look = Instant::now() + PING;
            }
        }
    }
}

const SIGNED_OUT: &str = "You are signed out, so live updates have stopped. Sign in again to see the latest.";

fn too_many() -> String {
    format!(
        "Live updates have stopped on this page, because you follow more than {MOST_SEATS} pages at once. \
         Reload it to see the latest."
    )
}

/// Why a stream wakes.
pub(super) enum WakeReason {
    /// Something has changed, or something is due.
    Update,
    /// It is time to look at the session.
    SessionCheck,
    /// The seat is lost.
    PermitLost,
}

/// Waits for the first of them.
pub(super) async fn wait(ticks: &mut Ticks, seat: &Seat, look: Instant, due: Option<Instant>) -> WakeReason {
    tokio::select! {
        biased;
        () = seat.lost() => WakeReason::PermitLost,
        // before the news: where something changes all the time a session must still end
        () = sleep_until(look) => WakeReason::SessionCheck,
        () = sleep_until(due.unwrap_or_else(|| Instant::now() + FAR)) => WakeReason::Update,
        () = ticks.changed() => WakeReason::Update,
    }
}

fn end(why: &str) -> Message {
    Message::default().event("end").data(why)
}

fn stopped(why: String) -> Message {
    Message::default().data(Stopped { why }.render().unwrap_or_default())
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
    use crate::ids::{JobId, UserId};
    use crate::live::Live;

    /// Has something new whenever it is asked, until it was asked so often.
    struct Busy {
        asked: Arc<AtomicUsize>,
        most: usize,
    }

    impl LiveSource for Busy {
        const MIN_INTERVAL: Duration = Duration::from_millis(500);

        async fn next_update(&mut self) -> Result<Option<Message>, ()> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Message::default().data("news")))
        }

        fn is_finished(&self) -> bool {
            self.asked.load(Ordering::Relaxed) >= self.most
        }
    }

    /// Of a stream whose reader is signed in for `signed_in`, while something changes each 10 milliseconds.
    async fn read(most: usize, signed_in: Duration) -> (String, Duration) {
        // nothing answers there: what is told within the process is told all the same
        let options = PgConnectOptions::new().host("/nowhere");
        let stop = CancellationToken::new();
        let live = Live::start(options, &TaskTracker::new(), &stop);
        let now = datetime!(2026-11-24 08:00 UTC);
        let (user, job) = (UserId::new(now), JobId::new(now));
        let (ticks, seat) = (live.subscribe_user(user), live.take_seat(user));
        let changing = tokio::spawn(async move {
            loop {
                live.job_changed(user, job);
                sleep(Duration::from_millis(10)).await;
            }
        });
        let begun = Instant::now();
        let session = async move || Ok(begun.elapsed() < signed_in);
        let busy = Busy { asked: Arc::default(), most };
        let body = Sse::new(Box::pin(messages(ticks, seat, session, busy))).into_response().into_body();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        changing.abort();
        (text, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_few_messages_and_the_end_is_told() {
        let (text, took) = read(5, Duration::MAX).await;
        assert_eq!(text.matches("data: news").count(), 5);
        assert!(took >= Duration::from_secs(2), "it did not rest: {took:?}");
        assert_eq!(text.matches("retry: 2000").count(), 1);
        assert!(text.ends_with("event: end\ndata: over\n\n"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_session_however_much_changes() {
        let (text, took) = read(usize::MAX, Duration::from_secs(20)).await;
        assert_eq!(text.matches(": still here").count(), 1);
        assert!(took < Duration::from_secs(31), "{took:?}");
        assert!(text.contains("You are signed out"), "{text}");
        assert!(text.ends_with("event: end\ndata: signed out\n\n"), "{text}");
    }
}
