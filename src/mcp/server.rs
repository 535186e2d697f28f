//! The methods of the protocol that the hub answers.

use std::borrow::Cow;

use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode, ErrorData, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::failure::catch_panic;
use super::job_tools::JobTool;
use super::revisions::REVISIONS;
use super::scopes::required_scopes;
use super::{call, meta, tools};
use crate::app::App;

const INSTRUCTIONS: &str = "Tools of the services that a person has connected to their hub. The name of a tool begins with \
                            its connection. Every call is recorded, and the person can watch and cancel it.";

/// The MCP server of one request.
#[derive(Clone)]
pub(super) struct HubServer {
    app: App,
    stop: CancellationToken,
}

impl HubServer {
    pub(super) const fn new(app: App, stop: CancellationToken) -> Self {
        Self { app, stop }
    }
}

impl ServerHandler for HubServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(meta::hub())
            .with_instructions(INSTRUCTIONS)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(REVISIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        catch_panic(tools::list(&self.app, Caller::from_context(&context)?, cursor.as_deref())).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call =
            call::Call { app: &self.app, caller: Caller::from_context(&context)?, context: &context, stop: &self.stop };
        // boxed, because rmcp copies the future of every method
        let result = match JobTool::find(&request.name) {
            Some(tool) => catch_panic(Box::pin(tool.run(&call, request.arguments.unwrap_or_default()))).await,
            None => catch_panic(Box::pin(call.run(request))).await,
        };
        result.map(CallToolResponse::Complete)
    }

    /// Answers a method that rmcp does not know, and one that it knows whose parameters it cannot read.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        // requests of 2026-07-28 name their revision themselves: there is no handshake
        let is_removed = method == "initialize" && context.meta.protocol_version().is_some();
        if required_scopes(&method).is_some() && !is_removed {
            let message = format!("The parameters of {method} are not as the protocol has them");
            return Err(ErrorData::invalid_params(message, None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None))
    }
}
