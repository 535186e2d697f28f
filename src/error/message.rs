//! Messages for people, with the words of a machine beside them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Text for people: what happened, and the next step. Displayed as "{text}. {advice}", without a final full stop. The detail
/// is not displayed: pages fold it away, and lines of a log add it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// A sentence that names the thing, without its full stop.
    pub text: String,
    /// A sentence that begins with what to do, without its full stop.
    pub advice: Option<Cow<'static, str>>,
    /// The words of a machine about the cause, for those who run the server. Holds no secret, path or body.
    /// A boxed text is smaller: results hold messages.
    pub detail: Option<Box<str>>,
}

impl Message {
    /// Adds the words of a machine. Empty ones say nothing.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<Box<str>>) -> Self {
        Self { detail: Some(detail.into()).filter(|detail| !detail.is_empty()), ..self }
    }

    /// Returns the text with its detail and the next step, for a line of a log or of a terminal.
    #[must_use]
    pub fn with_detail_inline(&self) -> Self {
        let text = match &self.detail {
            Some(detail) => format!("{} ({detail})", self.text),
            None => self.text.clone(),
        };
        Self { text, advice: self.advice.clone(), detail: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn with_advice(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text, advice: None, detail: None }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}

/// Returns a time limit as a phrase, rounded up: "1 second", "15 seconds".
#[must_use]
pub fn in_seconds(limit: Duration) -> String {
    match limit.as_secs_f32().ceil() {
        1.0 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.advice {
            Some(advice) => write!(f, ". {advice}"),
            None => Ok(()),
        }
    }
}
