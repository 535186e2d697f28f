//! An MCP session with a server, in a revision that the server speaks; dropping it ends it. Calls and discovery begin a session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{
    ClientCapabilities, ClientConfig, ErrorCode, Implementation, ProgressNotificationParam, ProtocolVersion, RequestId,
    ServerResult,
};
use rmcp::service::{ClientInitializeError, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError};
use serde_json::Value;
use tokio::sync::mpsc;

use super::failure::{from_initialize, from_request};
use super::transport::{HttpTransport, TransportScope};
use super::{KnownEra, Limits, Progress, ProtocolEra, Target};
use crate::egress::{Egress, Failure, FailureKind};

/// Time in which a server has to answer `server/discover`. Some older servers never answer a request that they do not know.
const DISCOVER_TIMEOUT: Duration = Duration::from_secs(3);

/// A running client. Dropping it ends the session, which rmcp then deletes at the server.
pub(super) struct Session<'a> {
    pub(super) client: RunningService<RoleClient, Listener>,
    target: &'a Target,
    transport: Option<HttpTransport>,
    /// The era was known, and the server has not confirmed it.
    is_assumed: bool,
}

/// The parts of each session with a target.
#[derive(Clone)]
struct SessionStart<'a> {
    egress: &'a Egress,
    target: &'a Target,
    limits: Limits,
    sinks: NotificationSinks,
}

/// A handshake that failed.
struct HandshakeFailure {
    failure: Failure,
    /// The server is of this era, or cannot be talked to in either.
    is_final: bool,
}

impl<'a> Session<'a> {
    /// Begins in the era that is known, or else probes the server, and corrects `era`.
    pub(super) async fn begin(
        egress: &'a Egress,
        target: &'a Target,
        limits: Limits,
        sinks: NotificationSinks,
        era: &KnownEra,
    ) -> Result<Self, Failure> {
        let start = SessionStart { egress, target, limits, sinks };
        let begun = match (target, era.get()) {
            (Target::Workbench(_), _) => return start.begin(any_revision(), false).await.map_err(|it| it.failure),
            (_, Some(ProtocolEra::Discover)) => start.clone().begin(newer_revision(), true).await,
            (_, Some(ProtocolEra::Initialize)) => start.clone().begin(ClientLifecycleMode::Initialize, false).await,
            (_, None) => return start.probe(era).await,
        };
        match begun {
            // a server that is down, or busy, says nothing about its era
            Err(refusal) if !refusal.is_final && refusal.failure.kind == FailureKind::Permanent => {
                start.probe(era).await
            }
            begun => begun.map_err(|it| it.failure),
        }
    }

    /// Reports whether the server refused a request, unprocessed, in a session whose era was assumed: the era may have changed.
    pub(super) fn is_refused_unprocessed(&self) -> bool {
        self.is_assumed && self.transport.as_ref().is_some_and(|transport| transport.answers().is_unprocessed())
    }

    /// Returns the result of a request as the server wrote it, from rmcp's answer to it.
    pub(super) fn result(&self, id: &RequestId, answer: Result<ServerResult, ServiceError>) -> Result<Value, Failure> {
        let result = answer.map_err(|error| self.explain(&error))?;
        match self.transport.as_ref().and_then(|transport| transport.answers().take_result(id)) {
            Some(stored) => stored,
            None => Ok(serde_json::to_value(result).unwrap_or_default()),
        }
    }

    /// Explains a failed request, if possible by the failure that the transport recorded.
    pub(super) fn explain(&self, error: &ServiceError) -> Failure {
        let recorded = match error {
            // the server answered, so the recorded failure belongs to another request
            ServiceError::McpError(_) => None,
            _ => self.transport.as_ref().and_then(|transport| transport.answers().take_failure()),
        };
        recorded.unwrap_or_else(|| from_request(self.target, error))
    }
}

impl<'a> SessionStart<'a> {
    /// Finds out the server's era. Whatever is no answer of the newer era leads to `initialize`.
    async fn probe(self, era: &KnownEra) -> Result<Session<'a>, Failure> {
        era.set(None);
        let discovered = tokio::time::timeout(DISCOVER_TIMEOUT, self.clone().begin(newer_revision(), false)).await;
        let was_silent = match discovered {
            Ok(Ok(session)) => {
                era.set(Some(ProtocolEra::Discover));
                return Ok(session);
            }
            Ok(Err(refusal)) if refusal.is_final => return Err(refusal.failure),
            Ok(Err(_)) => false,
            Err(_) => true,
        };
        let failure = match self.clone().begin(ClientLifecycleMode::Initialize, false).await {
            Ok(session) => {
                era.set(Some(ProtocolEra::Initialize));
                return Ok(session);
            }
            Err(refusal) if refusal.is_final || !was_silent => return Err(refusal.failure),
            Err(refusal) => refusal.failure,
        };
        // a slow server of the newer era
        let session = self.begin(newer_revision(), false).await.map_err(|_| failure)?;
        era.set(Some(ProtocolEra::Discover));
        Ok(session)
    }

    async fn begin(
        self,
        lifecycle: ClientLifecycleMode,
        assumes_discover: bool,
    ) -> Result<Session<'a>, HandshakeFailure> {
        let Self { egress, target, limits, sinks } = self;
        let listens = sinks.progress.is_some();
        let listener = Listener { sinks, last_progress: Mutex::new(f64::NEG_INFINITY) };
        let (client, transport) = match target {
            Target::Workbench(workbench) => (listener.serve_with_lifecycle(workbench.connect(), lifecycle).await, None),
            Target::Mcp { server, credential, .. } => {
                let scope = TransportScope { listens, assumes_discover };
                let http = HttpTransport::new(egress, server, credential.as_ref(), target.redactor(), limits, scope);
                let transport =
                    StreamableHttpClientTransport::with_client(http.clone(), config(&server.url, &http, limits));
                (listener.serve_with_lifecycle(transport, lifecycle).await, Some(http))
            }
        };
        let error = match client {
            Ok(client) => return Ok(Session { client, target, transport, is_assumed: assumes_discover }),
            Err(error) => error,
        };
        Err(match transport.as_ref().and_then(|transport| transport.answers().take_failure()) {
            Some(failure) => HandshakeFailure { is_final: is_final(&failure), failure },
            None => HandshakeFailure { is_final: is_newer_refusal(&error), failure: from_initialize(target, &error) },
        })
    }
}

/// Reports whether a failed request says nothing about the server's era: the server was not reached, or it wants a
/// credential or a pause.
fn is_final(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Unauthorized | FailureKind::Refused | FailureKind::InvalidClient | FailureKind::InvalidGrant => {
            true
        }
        FailureKind::Permanent | FailureKind::Retryable | FailureKind::Ambiguous => {
            matches!(
                failure.class,
                "forbidden" | "rate_limited" | "unresolved" | "unreachable" | "handshake" | "http_client_setup"
            )
        }
    }
}

/// Reports whether a server refuses in the words of the newer era, and supports none of the older revisions.
fn is_newer_refusal(error: &ClientInitializeError) -> bool {
    match error {
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            !server_supported.is_empty() && !server_supported.iter().any(ProtocolVersion::has_initialize)
        }
        ClientInitializeError::JsonRpcError(error) => {
            matches!(error.code, ErrorCode::HEADER_MISMATCH | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY)
        }
        _ => false,
    }
}

fn newer_revision() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] }
}

fn any_revision() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::LATEST],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    }
}

fn config(url: &url::Url, transport: &HttpTransport, limits: Limits) -> StreamableHttpClientTransportConfig {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
        .max_sse_event_size(limits.max_response_bytes)
        .max_json_response_size(limits.max_response_bytes)
        // a lost session is reported: the transport must not repeat a call
        .reinit_on_expired_session(false);
    config.retry_config = std::sync::Arc::new(transport.clone());
    config
}

/// Receivers of a server's notifications.
#[derive(Clone, Debug, Default)]
pub(super) struct NotificationSinks {
    /// Progress of a call, while the channel has room.
    pub(super) progress: Option<mpsc::Sender<Progress>>,
    /// Set by `notifications/tools/list_changed`.
    pub(super) tools_changed: Arc<AtomicBool>,
}

/// Handles a server's notifications.
#[derive(Debug)]
pub(super) struct Listener {
    sinks: NotificationSinks,
    /// The highest progress so far: notifications may overtake each other.
    last_progress: Mutex<f64>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let name =
            Implementation::new("tool-connect-craft", env!("CARGO_PKG_VERSION")).with_title("Tool Connect Craft");
        // for initialize; each request of the newer era names its own revision
        ClientConfig::new(ClientCapabilities::default(), name)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let Some(sink) = &self.sinks.progress else { return };
        {
            let mut last = self.last_progress.lock().unwrap_or_else(PoisonError::into_inner);
            if params.progress <= *last {
                return;
            }
            *last = params.progress;
        }
        let progress = Progress { progress: params.progress, total: params.total, message: params.message };
        // a slow receiver misses progress rather than delaying the answer
        let _ = sink.try_send(progress);
    }

    /// Sets the flag before the progress channel closes, so that a receiver of the last progress sees it.
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.sinks.tools_changed.store(true, Ordering::Release);
    }
}
