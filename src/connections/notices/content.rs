//! Subject and text of each notice.

use super::store::{ClientRejected, ConnectionExpired, KeyExpiring, NoticeContent};
use crate::connections::status::ConnectionStatus;
use crate::connections::{expiry, label};
use crate::mail::{Mail, MailKind, NOTICE_TTL};
use crate::secret::Secret;

impl NoticeContent {
    /// Returns the path of the page on which the recipient can act.
    pub(super) fn page(&self) -> String {
        match self {
            Self::ConnectionExpired(content) => format!("connections/{}", content.id),
            Self::KeyExpiring(content) => format!("connections/{}/token", content.id),
            Self::ClientRejected(content) => format!("connectors/{}/application", content.slug),
        }
    }

    /// Writes the mail; `link` leads to the page.
    pub(super) fn mail(&self, to: String, link: &str) -> Mail {
        let (kind, (subject, text)) = match self {
            Self::ConnectionExpired(content) => (MailKind::ConnectionExpired, content.subject_and_text(link)),
            Self::KeyExpiring(content) => (MailKind::KeyExpiring, content.subject_and_text(link)),
            Self::ClientRejected(content) => (MailKind::ClientRejected, content.subject_and_text(link)),
        };
        Mail { kind, to, subject, text: Secret::new(text), ttl: NOTICE_TTL }
    }
}

impl ConnectionExpired {
    fn subject_and_text(&self, link: &str) -> (String, String) {
        let name = display_name(&self.service, &self.label);
        let event = match self.status {
            ConnectionStatus::Expired => "has expired",
            _ => "has failed for days",
        };
        let reason = self.reason.as_deref().unwrap_or("The service no longer accepts the credential");
        let text = format!(
            "Your connection to {name} at Tool Connect Craft {event}:\n\n\
             {reason}.\n\n\
             Connect it again on this page:\n\n\
             {link}\n\n\
             Jobs that need it wait until then, and then continue by themselves.\n\
             You get this mail once.\n"
        );
        (format!("{name} is waiting for you to connect it again"), text)
    }
}

impl KeyExpiring {
    fn subject_and_text(&self, link: &str) -> (String, String) {
        let (name, day) = (display_name(&self.service, &self.label), expiry::format_day(self.expires_on));
        let credential = if self.is_key { "key" } else { "token" };
        let text = format!(
            "The {credential} of your connection to {name} at Tool Connect Craft expires\n\
             on {day}, according to the date that you entered.\n\n\
             Get a new {credential} from the service, and enter it on this page:\n\n\
             {link}\n\n\
             Until then the connection keeps working. You get this mail once.\n"
        );
        (format!("The {credential} of {name} expires on {day}"), text)
    }
}

impl ClientRejected {
    fn subject_and_text(&self, link: &str) -> (String, String) {
        let Self { service, message, .. } = self;
        let text = format!(
            "{message}.\n\n\
             Until this is fixed, nobody can sign in at {service} through this hub, and no\n\
             connection to it can be refreshed. The connections themselves are kept.\n\n\
             Check the application at the provider, then enter it again:\n\n\
             {link}\n\n\
             You get this mail once.\n"
        );
        (format!("{service} does not accept this hub’s OAuth application"), text)
    }
}

/// Returns the name of a connection in a mail, without control characters: a service may choose its own name.
fn display_name(service: &str, label: &str) -> String {
    let name = if label::is_given(label) { format!("{service}, {label}") } else { service.to_owned() };
    name.chars().filter(|letter| !letter.is_control()).collect()
}
