//! Requests of connections that change nothing at a service: the list of tools, and the check call.

use super::credentialed_request::{CredentialRejection, CredentialedRequest};
use super::expiry::UNAUTHORIZED;
use super::{BearerCredential, TokenRefresher};
use crate::connections::probe;
use crate::connections::rest_service::RestService;
use crate::error::{Error, Result};
use crate::upstream::{Discovery, DiscoveryAnswer, Server};

/// Lists the tools of an MCP server.
pub(super) struct ToolListRequest<'a> {
    pub(super) refresher: &'a TokenRefresher,
    pub(super) server: &'a Server,
}

impl CredentialedRequest for ToolListRequest<'_> {
    type Answer = Result<Discovery>;

    fn purpose(&self) -> &'static str {
        "its list of tools"
    }

    async fn send(&mut self, credential: &BearerCredential) -> (Self::Answer, Option<CredentialRejection>) {
        let discovering = probe::discover_or_challenge(&self.refresher.egress, self.server, credential.token.as_ref());
        // on the heap: the state of a session is large
        match Box::pin(discovering).await {
            Ok(DiscoveryAnswer::Answered(found)) => (Ok(*found), None),
            Ok(DiscoveryAnswer::AuthRequired { challenge, message }) => {
                let rejection = CredentialRejection::new(message.clone(), challenge.as_deref());
                (Err(Error::upstream(UNAUTHORIZED, message, None)), Some(rejection))
            }
            Err(error) => (Err(error), None),
        }
    }
}

/// Makes the check call of a REST service.
pub(super) struct CheckCall<'a> {
    pub(super) refresher: &'a TokenRefresher,
    pub(super) service: RestService,
}

impl CredentialedRequest for CheckCall<'_> {
    type Answer = Result<()>;

    fn purpose(&self) -> &'static str {
        "its check call"
    }

    async fn send(&mut self, credential: &BearerCredential) -> (Self::Answer, Option<CredentialRejection>) {
        self.service.credential.clone_from(&credential.token);
        let answer = self.service.check(&self.refresher.egress).await;
        let rejection = match &answer {
            Err(Error::Upstream { class: UNAUTHORIZED, message, .. }) => {
                Some(CredentialRejection::new(message.to_string(), None))
            }
            _ => None,
        };
        (answer, rejection)
    }
}
