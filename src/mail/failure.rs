//! The failure of one attempt to send a mail: its cause, and what it means for this mail and for others.
//!
//! A mail that may still be accepted is retried. Only an answer about the recipient is final. Everything else that a server
//! refuses for good, such as the hub's password, its sender address or relaying, is for the operator to mend, and then the
//! mail goes out.

use lettre::transport::smtp;

/// Longest cause that is stored and logged, in characters.
const MAX_REPLY_CHARS: usize = 200;

/// Cause of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The server is away, or asks to try again later.
    Passing,
    /// The server refuses the hub: an operator has to change something.
    Setup,
    /// The server refuses the recipient for good.
    Recipient,
}

/// A failed attempt.
#[derive(Debug)]
pub(super) struct SendFailure {
    pub(super) kind: FaultKind,
    /// Every other mail would fail as well.
    pub(super) is_of_server: bool,
    /// Cause, without text of the mail: codes of the server's reply, or an error of the connection.
    pub(super) reply: String,
}

impl SendFailure {
    /// Builds the failure of a server, or a folder, that cannot be used at the moment.
    pub(super) fn unavailable(cause: &dyn std::fmt::Display) -> Self {
        Self::new(FaultKind::Passing, true, cause)
    }

    /// Builds the failure of one mail that may succeed later.
    pub(super) fn of_mail(cause: &dyn std::fmt::Display) -> Self {
        Self::new(FaultKind::Passing, false, cause)
    }

    /// Builds the failure of a recipient that no server accepts.
    pub(super) fn recipient(cause: &dyn std::fmt::Display) -> Self {
        Self::new(FaultKind::Recipient, false, cause)
    }

    /// Builds the failure of an SMTP exchange.
    pub(super) fn from_smtp(error: &smtp::Error) -> Self {
        let Some(code) = error.status() else {
            // a message that this server cannot carry, or a server that lacks what the settings require
            let kind = if error.is_client() || error.is_tls() { FaultKind::Setup } else { FaultKind::Passing };
            return Self::new(kind, !error.is_client(), error);
        };
        let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        Self::from_reply(code.into(), &text)
    }

    /// Builds the failure that the code and the text of a reply describe. Only codes are kept of the text, because a server
    /// may quote the mail.
    fn from_reply(code: u16, text: &str) -> Self {
        let enhanced = EnhancedCode::parse(text);
        let reply = enhanced.map_or(code.to_string(), |enhanced| format!("{code} {}", enhanced.text));
        let (kind, is_of_server) = match code {
            421 | 454 => (FaultKind::Passing, true),
            0..=499 => (FaultKind::Passing, false),
            521 | 530 | 534 | 535 | 538 => (FaultKind::Setup, true),
            _ if is_about_recipient(code, enhanced) => (FaultKind::Recipient, false),
            _ => (FaultKind::Setup, false),
        };
        Self::new(kind, is_of_server, &reply)
    }

    fn new(kind: FaultKind, is_of_server: bool, cause: &dyn std::fmt::Display) -> Self {
        let reply = cause.to_string().chars().filter(|c| !c.is_control()).take(MAX_REPLY_CHARS).collect();
        Self { kind, is_of_server, reply }
    }
}

/// The class, subject and detail of RFC 3463, such as 5.1.1.
#[derive(Clone, Copy)]
struct EnhancedCode<'a> {
    text: &'a str,
    subject: u16,
    detail: u16,
}

impl<'a> EnhancedCode<'a> {
    fn parse(reply: &'a str) -> Option<Self> {
        let text = reply.split_whitespace().next()?;
        let mut numbers = text.split('.').map(|number| number.parse::<u16>().ok().filter(|_| number.len() <= 3));
        let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(class, 4 | 5)).then_some(Self { text, subject, detail })
    }
}

/// Returns true if a permanent refusal is about the recipient's address or mailbox. Without an enhanced code, RFC 5321 gives
/// these codes to mailboxes.
fn is_about_recipient(code: u16, enhanced: Option<EnhancedCode<'_>>) -> bool {
    match enhanced {
        // 7 and 8 are about the sender's address
        Some(EnhancedCode { subject: 1, detail, .. }) => !matches!(detail, 7 | 8),
        Some(EnhancedCode { subject, .. }) => subject == 2,
        None => matches!(code, 550..=553 | 556),
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultKind, SendFailure};

    fn read(code: u16, text: &str) -> (FaultKind, bool) {
        let failure = SendFailure::from_reply(code, text);
        (failure.kind, failure.is_of_server)
    }

    #[test]
    fn only_an_answer_about_the_recipient_is_final() {
        for (code, text) in [
            (550, "5.1.1 <alice@example.com>: User unknown"),
            (550, "No such user here"),
            (552, "5.2.2 Mailbox full"),
            (553, "5.1.3 Bad recipient address syntax"),
        ] {
            assert_eq!(read(code, text), (FaultKind::Recipient, false), "{code} {text}");
        }
    }

    #[test]
    fn a_refusal_of_the_hub_is_for_its_operator() {
        for (code, text, is_of_server) in [
            (535, "5.7.8 Authentication credentials invalid", true),
            (530, "5.7.0 Must issue a STARTTLS command first", true),
            (521, "This host does not accept mail", true),
            (550, "5.7.1 Relaying denied", false),
            (550, "5.1.8 Sender domain does not exist", false),
            (554, "Message rejected: the address is not verified", false),
            (503, "Bad sequence of commands", false),
        ] {
            assert_eq!(read(code, text), (FaultKind::Setup, is_of_server), "{code} {text}");
        }
    }

    #[test]
    fn a_temporary_answer_is_about_this_mail_unless_the_server_closes() {
        assert_eq!(read(451, "4.7.1 Greylisted, try again in 5 minutes"), (FaultKind::Passing, false));
        assert_eq!(read(452, "Too many recipients"), (FaultKind::Passing, false));
        assert_eq!(read(421, "4.3.2 Shutting down"), (FaultKind::Passing, true));
        assert_eq!(read(454, "4.7.0 Temporary authentication failure"), (FaultKind::Passing, true));
    }

    #[test]
    fn words_of_the_reply_are_not_kept() {
        let reply = SendFailure::from_reply(554, "5.7.1 Blocked link http://hub.example/reset/t0ken").reply;
        assert_eq!(reply, "554 5.7.1");
        assert_eq!(SendFailure::from_reply(554, "http://hub.example/reset/t0ken").reply, "554");
    }
}
