//! One conversation with one server: begun in whichever era it speaks, ended when dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam, ProtocolVersion};
use rmcp::service::{ClientInitializeError, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError};
use tokio::sync::mpsc;

use super::failure::Failure;
use super::wire::Wire;
use super::{Limits, Progress, Target};
use crate::egress::Egress;

/// A running client. Dropping it ends the conversation: rmcp then deletes a session that the server made.
pub(super) struct Session<'a> {
    pub(super) client: RunningService<RoleClient, Listener>,
    target: &'a Target,
    wire: Option<Wire>,
}

impl<'a> Session<'a> {
    /// Begins with the current era and falls back to the older one.
    pub(super) async fn begin(
        egress: &Egress,
        target: &'a Target,
        limits: Limits,
        hears: NotificationSinks,
    ) -> Result<Self, Failure> {
        match Self::begin_as(egress, target, limits, hears.clone(), both_eras()).await {
            // some servers of the older era know the new questions well enough to answer them with "older, please"
            Err((_, Some(ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. })))
                if server_supported.iter().any(ProtocolVersion::has_initialize) =>
            {
                let older = ClientLifecycleMode::Initialize;
                Self::begin_as(egress, target, limits, hears, older).await.map_err(|(failure, _)| failure)
            }
            begun => begun.map_err(|(failure, _)| failure),
        }
    }

    async fn begin_as(
        egress: &Egress,
        target: &'a Target,
        limits: Limits,
        hears: NotificationSinks,
        era: ClientLifecycleMode,
    ) -> Result<Self, (Failure, Option<ClientInitializeError>)> {
        let listen = hears.progress.is_some();
        let listener = Listener { hears, last: Mutex::new(f64::NEG_INFINITY) };
        let (begun, wire) = match target {
            Target::Workbench(workbench) => (listener.serve_with_lifecycle(workbench.connect(), era).await, None),
            Target::Mcp { url, bearer } => {
                let wire = Wire::new(egress, url, bearer.as_ref(), limits, listen);
                let transport = StreamableHttpClientTransport::with_client(wire.clone(), config(url, &wire, limits));
                (listener.serve_with_lifecycle(transport, era).await, Some(wire))
            }
        };
        match begun {
            Ok(client) => Ok(Self { client, target, wire }),
            Err(error) => match wire.as_ref().and_then(Wire::take_failure) {
                Some(failure) => Err((failure, None)),
                None => Err((Failure::beginning(target, &error), Some(error))),
            },
        }
    }

    /// What went wrong with a request: the wire knows best.
    pub(super) fn explain(&self, error: &ServiceError) -> Failure {
        let noted = match error {
            // the server answered; whatever the wire noted was not about this
            ServiceError::McpError(_) => None,
            _ => self.wire.as_ref().and_then(Wire::take_failure),
        };
        noted.unwrap_or_else(|| Failure::request(self.target, error))
    }
}

fn both_eras() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::LATEST],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    }
}

fn config(url: &url::Url, wire: &Wire, limits: Limits) -> StreamableHttpClientTransportConfig {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
        .max_sse_event_size(limits.max_response_bytes)
        .max_json_response_size(limits.max_response_bytes)
        // a call whose session was lost is reported; whether it is sent again is not for the transport to decide
        .reinit_on_expired_session(false);
    config.retry_config = std::sync::Arc::new(wire.clone());
    config
}

/// Where that goes which a server says besides its answers.
#[derive(Clone, Debug, Default)]
pub(super) struct NotificationSinks {
    /// Steps of a call, while there is room.
    pub(super) progress: Option<mpsc::Sender<Progress>>,
    /// Raised by "my tools have changed".
    pub(super) tools_changed: Arc<AtomicBool>,
}

/// Receives what a server says besides its answers.
#[derive(Debug)]
pub(super) struct Listener {
    hears: NotificationSinks,
    /// The furthest progress told so far: messages may overtake one another.
    last: Mutex<f64>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let name =
            Implementation::new("tool-connect-craft", env!("CARGO_PKG_VERSION")).with_title("Tool Connect Craft");
        ClientConfig::new(ClientCapabilities::default(), name)
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let Some(listener) = &self.hears.progress else { return };
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if params.progress <= *last {
                return;
            }
            *last = params.progress;
        }
        let progress = Progress { progress: params.progress, total: params.total, message: params.message };
        // progress is news: a listener that cannot keep up misses some rather than holding up the answer
        let _ = listener.try_send(progress);
    }

    /// Heard before the call's last step of progress can be: whoever has seen the listener's channel close has all of it.
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hears.tools_changed.store(true, Ordering::Release);
    }
}
