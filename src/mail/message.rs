//! A mail as its writer makes it.

use time::Duration;

use super::kind::MailKind;
use crate::secret::Secret;

/// Time in which a mail without a link of its own is worth sending.
pub const NOTICE_TTL: Duration = Duration::days(5);

/// A mail to one recipient.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Kind, for logs.
    pub kind: MailKind,
    /// Address of the recipient.
    pub to: String,
    /// Subject line, without secrets.
    pub subject: String,
    /// The plain text, which may contain a link that works once.
    pub text: Secret,
    /// Time after which the mail is of no use: the lifetime of its link, or [`NOTICE_TTL`].
    pub ttl: Duration,
}
