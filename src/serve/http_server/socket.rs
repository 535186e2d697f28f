//! An open socket: it waits for a request, or has requests under way.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Version;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::sockets::{Admission, Sockets, WaitNo};

/// An open socket; out of the table when dropped.
#[derive(Debug)]
pub(super) struct Socket {
    sockets: Arc<Sockets>,
    address: IpAddr,
    end: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The present wait for a request; `None` while requests are under way.
    wait: Option<WaitNo>,
    /// True once the head of the awaited request has begun to arrive.
    has_begun: bool,
    /// HTTP/2 clients send more than requests, so that a byte begins no head.
    is_http2: bool,
    requests: usize,
}

impl Socket {
    /// Opens a socket. Returns `None` if there is no room for it.
    pub(super) fn open(sockets: &Arc<Sockets>, peer: IpAddr) -> Option<Arc<Self>> {
        let Admission { address, end, wait } = sockets.admit(peer, Instant::now())?;
        // a new socket has its deadline already
        let state = State { wait: Some(wait), has_begun: true, is_http2: false, requests: 0 };
        Some(Arc::new(Self { sockets: Arc::clone(sockets), address, end, state: Mutex::new(state) }))
    }

    /// Returns once the socket is to end.
    pub(super) async fn ended(&self) {
        self.end.notified().await;
    }

    /// Notes that bytes have arrived: from the first of a request, its head has limited time.
    pub(super) fn record_bytes(&self) {
        let mut state = self.lock();
        if let Some(no) = state.wait
            && !state.has_begun
            && !state.is_http2
        {
            state.has_begun = true;
            self.sockets.set_deadline(no, Instant::now() + self.sockets.limits.head_timeout);
        }
    }

    /// Begins a request. Returns false if the socket is ending; the request must not begin then.
    pub(super) fn begin_request(&self, version: Version) -> bool {
        let mut state = self.lock();
        if let Some(no) = state.wait
            && !self.sockets.end_wait(no)
        {
            return false;
        }
        state.wait = None;
        state.is_http2 = version == Version::HTTP_2;
        state.requests += 1;
        true
    }

    /// Ends a request. After the last one the socket waits again.
    pub(super) fn end_request(&self) {
        let mut state = self.lock();
        state.requests -= 1;
        if state.requests == 0 {
            let deadline = Instant::now() + self.sockets.limits.idle_timeout;
            state.wait = Some(self.sockets.begin_wait(self.address, Arc::clone(&self.end), deadline));
            state.has_begun = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let wait = self.lock().wait;
        if wait.is_none_or(|no| self.sockets.end_wait(no)) {
            self.sockets.remove(self.address);
        }
    }
}
