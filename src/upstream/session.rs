//! An MCP session with a server, in a revision that the server speaks; dropping it ends it. Calls and discovery begin a session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam, ProtocolVersion};
use rmcp::service::{ClientInitializeError, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError};
use tokio::sync::mpsc;

use super::failure::{from_initialize, from_request};
use super::transport::HttpTransport;
use super::{Limits, Progress, Target};
use crate::egress::{Egress, Failure};

/// A running client. Dropping it ends the session, which rmcp then deletes at the server.
pub(super) struct Session<'a> {
    pub(super) client: RunningService<RoleClient, Listener>,
    target: &'a Target,
    transport: Option<HttpTransport>,
}

impl<'a> Session<'a> {
    /// Begins with the current revision, which has no `initialize`; if the server knows only older ones, sends `initialize`.
    pub(super) async fn begin(
        egress: &Egress,
        target: &'a Target,
        limits: Limits,
        sinks: NotificationSinks,
    ) -> Result<Self, Failure> {
        match Self::begin_as(egress, target, limits, sinks.clone(), any_revision()).await {
            // some servers of older revisions answer the new request, but only to name the versions that they support
            Err((_, Some(ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. })))
                if server_supported.iter().any(ProtocolVersion::has_initialize) =>
            {
                let legacy = ClientLifecycleMode::Initialize;
                Self::begin_as(egress, target, limits, sinks, legacy).await.map_err(|(failure, _)| failure)
            }
            session => session.map_err(|(failure, _)| failure),
        }
    }

    async fn begin_as(
        egress: &Egress,
        target: &'a Target,
        limits: Limits,
        sinks: NotificationSinks,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Self, (Failure, Option<ClientInitializeError>)> {
        let listen = sinks.progress.is_some();
        let listener = Listener { sinks, last_progress: Mutex::new(f64::NEG_INFINITY) };
        let (client, transport) = match target {
            Target::Workbench(workbench) => (listener.serve_with_lifecycle(workbench.connect(), lifecycle).await, None),
            Target::Mcp { url, bearer } => {
                let http = HttpTransport::new(egress, url, bearer.as_ref(), limits, listen);
                let transport = StreamableHttpClientTransport::with_client(http.clone(), config(url, &http, limits));
                (listener.serve_with_lifecycle(transport, lifecycle).await, Some(http))
            }
        };
        match client {
            Ok(client) => Ok(Self { client, target, transport }),
            Err(error) => match transport.as_ref().and_then(HttpTransport::take_failure) {
                Some(failure) => Err((failure, None)),
                None => Err((from_initialize(target, &error), Some(error))),
            },
        }
    }

    /// Explains a failed request, if possible by the failure that the transport recorded.
    pub(super) fn explain(&self, error: &ServiceError) -> Failure {
        let recorded = match error {
            // the server answered, so the recorded failure belongs to another request
            ServiceError::McpError(_) => None,
            _ => self.transport.as_ref().and_then(HttpTransport::take_failure),
        };
        recorded.unwrap_or_else(|| from_request(self.target, error))
    }
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
        ClientConfig::new(ClientCapabilities::default(), name)
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
