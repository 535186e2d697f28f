//! Answers the requests of one socket with the router of the pages.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::request_guard::{GuardedBody, RequestGuard};
use super::socket::Socket;

pub(super) struct PageService {
    pages: TowerToHyperService<Router>,
    peer: SocketAddr,
    socket: Arc<Socket>,
}

/// The socket ends, so its request is not served.
#[derive(Debug, thiserror::Error)]
#[error("the socket ends")]
pub(super) struct SocketEnds;

impl From<Infallible> for SocketEnds {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl PageService {
    pub(super) fn new(pages: Router, peer: SocketAddr, socket: Arc<Socket>) -> Self {
        Self { pages: TowerToHyperService::new(pages), peer, socket }
    }
}

impl Service<Request<Incoming>> for PageService {
    type Response = Response<GuardedBody>;
    type Error = SocketEnds;
    type Future = Pin<Box<dyn Future<Output = Result<Response<GuardedBody>, SocketEnds>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let guard = RequestGuard::begin(&self.socket, request.version());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = guard.map(|guard| (guard, self.pages.call(request)));
        Box::pin(async move {
            let (guard, response) = response.ok_or(SocketEnds)?;
            Ok(response.await?.map(|body| GuardedBody { body, _request: guard }))
        })
    }
}
