//! Outgoing mail: the outbox, which is a table of waiting mails, and the sender that passes them to the mail server.
//!
//! Code that tells something by mail calls [`Outbox::enqueue`] in the transaction of the change, and
//! [`Outbox::notify_senders`] after the commit. So a committed change has its mail, and a mail tells of a committed change.
//! [`MailSender`] sends each mail at least once. The mail is sent twice only if a process dies, or loses the database, between
//! the server's answer and the deletion of the row. Both copies have the same Message-ID.
//!
//! A mail is plain text with one link. It may not contain a credential. The text is sealed in the vault, because the link may
//! hold a token that is stored nowhere else in clear.

mod backoff;
mod failure;
mod folder;
mod kind;
mod mailer;
mod message;
mod outbox;
mod sender;
mod store;

use lettre::Address;

pub use self::kind::{MailFailure, MailKind};
pub use self::mailer::Mailer;
pub use self::message::{Mail, NOTICE_TTL};
pub use self::outbox::Outbox;
pub use self::sender::{MailSender, purge_failed};

/// Returns true if `text` is a valid mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

#[cfg(test)]
mod tests;
