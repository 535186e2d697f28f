//! The kinds of mail, and the reasons why a mail is not sent any more, as they are stored.

/// The kind of a mail: its subject matter, for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MailKind {
    /// Link that confirms the address of a new account.
    Confirmation,
    /// Note to the owner of an account that somebody signed up with its address.
    AccountExists,
    /// Link that sets a new password.
    PasswordReset,
    /// Notice that the password was changed.
    PasswordChanged,
    /// Link that confirms the new address of an account.
    EmailChange,
    /// Note to the owner of an account that somebody wanted its address for another account.
    EmailTaken,
    /// Notice to the old address that it is about to change.
    EmailChangeNotice,
    /// Link with which an invited person makes an account.
    Invitation,
    /// Notice that a connection waits for its owner.
    ConnectionExpired,
    /// Notice that a key expires soon.
    KeyExpiring,
    /// Notice that a provider rejects the OAuth client of all users.
    ClientRejected,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Confirmation,
        Self::AccountExists,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::EmailChange,
        Self::EmailTaken,
        Self::EmailChangeNotice,
        Self::Invitation,
        Self::ConnectionExpired,
        Self::KeyExpiring,
        Self::ClientRejected,
    ];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::AccountExists => "account_exists",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::EmailChange => "email_change",
            Self::EmailTaken => "email_taken",
            Self::EmailChangeNotice => "email_change_notice",
            Self::Invitation => "invitation",
            Self::ConnectionExpired => "connection_expired",
            Self::KeyExpiring => "key_expiring",
            Self::ClientRejected => "client_rejected",
        }
    }

    /// Returns true if a newer mail of this kind to the same address makes a waiting one useless: its link is newer, or it
    /// says the same. After the mail server was away, the recipient then gets one mail.
    #[must_use]
    pub const fn replaces_waiting(self) -> bool {
        matches!(
            self,
            Self::Confirmation | Self::PasswordReset | Self::AccountExists | Self::EmailTaken | Self::Invitation
        )
    }
}

/// The reason why the hub stopped trying to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MailFailure {
    /// The mail server refuses the recipient for good.
    Refused,
    /// The mail expired before the mail server accepted it.
    Expired,
    /// The text cannot be opened, because its key is gone.
    Unreadable,
}

impl MailFailure {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Refused, Self::Expired, Self::Unreadable];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
        }
    }
}
