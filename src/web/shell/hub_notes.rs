//! The state of the hub, as far as pages tell people about it: it has no owner yet, or no mail server.

use crate::app::App;

/// The sentence for people who wait for a message.
const ASK_FOR_MESSAGE: &str = "We cannot send you an email. Ask your administrator for the link.";

/// The same sentence for an administrator.
const LOOK_FOR_MESSAGE: &str =
    "This hub has no mail server. The message is a file in the outbox folder of its data directory.";

/// The facts about the hub that pages mention.
#[derive(Clone, Copy, Debug, Default)]
pub struct HubNotes {
    /// No administrator exists yet.
    pub lacks_owner: bool,
    /// Each mail becomes a file.
    pub lacks_mail_server: bool,
}

impl HubNotes {
    /// Reads the state of the hub. Only visitors look for the set-up link.
    pub(in crate::web) async fn load(app: &App, is_signed_in: bool) -> Self {
        // without the database the page is right without the note
        let lacks_owner = !is_signed_in && !app.owner.has_owner(&app.system).await.unwrap_or(true);
        Self { lacks_owner, lacks_mail_server: !app.outbox.has_mail_server }
    }

    /// Returns the sentence that replaces the promise of a mail, if the hub sends none.
    pub(in crate::web) const fn mail(self, is_admin: bool) -> Option<&'static str> {
        match (self.lacks_mail_server, is_admin) {
            (false, _) => None,
            (true, false) => Some(ASK_FOR_MESSAGE),
            (true, true) => Some(LOOK_FOR_MESSAGE),
        }
    }
}
