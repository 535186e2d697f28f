//! Marks a request as under way until its response has been handed to the socket.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::Version;
use hyper::body::{Frame, SizeHint};

use super::socket::Socket;

/// A request under way; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct RequestGuard(Arc<Socket>);

impl RequestGuard {
    /// Begins a request, unless the socket is ending.
    pub(super) fn begin(socket: &Arc<Socket>, version: Version) -> Option<Self> {
        socket.begin_request(version).then(|| Self(Arc::clone(socket)))
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.end_request();
    }
}

/// The body of a response, with its request.
#[derive(Debug)]
pub(super) struct GuardedBody {
    pub(super) body: Body,
    pub(super) _request: RequestGuard,
}

impl hyper::body::Body for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
