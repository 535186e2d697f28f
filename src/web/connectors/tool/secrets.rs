//! Secrets that a person typed into the form of a tool. They travel sealed through its pages, so that a fault in another
//! field, or a preview, does not lose them.

use time::Duration;

use super::Tool;
use crate::app::App;
use crate::schema_form::Entries;
use crate::secret::Secret;
use crate::web::actor::SignedIn;

/// The time for which a page keeps a secret.
const SECRET_TTL: Duration = Duration::HOUR;

/// Returns the form with sealed secrets, for a page.
pub(super) fn seal(app: &App, me: &SignedIn, tool: &Tool, entries: &Entries) -> Entries {
    let owner = app.vault.user_tag(me.actor.user_id());
    entries.with_sealed_secrets(&tool.form.plan, |pointer, text| {
        let sealed =
            app.vault.seal_for_client(owner, &purpose(tool, pointer), &Secret::new(text), app.clock.now());
        sealed
            .inspect_err(|error| tracing::error!(error = %error, "Failed to seal a typed secret; the person has to type it again"))
            .ok()
    })
}

/// Returns the form with the secrets that its page kept.
pub(super) fn open(app: &App, me: &SignedIn, tool: &Tool, entries: &Entries) -> Entries {
    let owner = app.vault.user_tag(me.actor.user_id());
    entries.with_opened_secrets(|pointer, sealed| {
        let secret = app.vault.open_from_client(owner, &purpose(tool, pointer), sealed, app.clock.now(), SECRET_TTL)?;
        Some(secret.expose().to_owned())
    })
}

/// Binds a sealed secret to its field.
fn purpose(tool: &Tool, pointer: &str) -> String {
    format!("secret field of {} {} {pointer}", tool.connector.id, tool.version.name)
}
