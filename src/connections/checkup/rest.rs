//! The checks of a REST service: the way to it, the sign-in's client if there is one, and its harmless call.

use super::credential::Gate;
use super::mcp::{address, connection, permissions};
use super::{Chart, Check, Doctor, Halt, Subject};
use crate::actor::Actor;
use crate::connections::service::Service;
use crate::connections::values_of;
use crate::connectors::{self, AuthKind};
use crate::error::Error;
use crate::oauth;

impl Doctor<'_> {
    pub(super) async fn rest(&self, chart: &mut Chart<'_>, actor: &Actor, subject: &Subject) -> Result<(), Halt> {
        let mut conn = self.system.acquire().await?;
        let descriptor = connectors::descriptor(&mut conn, actor, subject.connector_id).await?;
        let provider = connectors::provider(&mut conn, actor, subject.connector_id).await?;
        drop(conn);
        let descriptor = descriptor.ok_or(Error::NotFound("description of this service"))?;
        let values = values_of(subject.captured.as_ref());
        let url = oauth::fill_url_template(&descriptor.check.url, &values).map_err(Error::from)?;
        let way = chart.take(Check::Address, address(self.egress, &url)).await?;
        chart.take(Check::Connection, connection(&way)).await?;
        if let Some(provider) = provider.filter(|_| subject.auth == AuthKind::OAuth) {
            match chart.take(Check::Client, Box::pin(self.client(actor, subject, provider))).await {
                // what is granted already may be good for a while
                Ok(()) | Err(Halt::InTheWay) => {}
                Err(ours) => return Err(ours),
            }
        }
        let service = Service { descriptor, values, credential: None };
        chart.take(Check::Credential, Box::pin(self.credential(actor, subject, &Gate::Rest(&service, &url)))).await?;
        if subject.auth == AuthKind::OAuth {
            let now = self.subject(actor, subject.id).await?;
            chart.take(Check::Permissions, std::future::ready(Ok(permissions(&now)))).await?;
        }
        Ok(())
    }
}
