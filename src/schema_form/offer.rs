//! Choices that the page offers beside the control of a field, such as the channels of an account.

use crate::error::Message;

/// Choices beside the control of a field. Typing a value stays possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A button asks for them.
    Button {
        /// Noun of the choices, in the plural.
        noun: String,
    },
    /// They are here.
    List {
        /// Noun of the choices, in the plural.
        noun: String,
        /// Choices in their order.
        choices: Vec<OfferedChoice>,
        /// There are more.
        is_cut: bool,
    },
    /// They are not here, and the button asks again.
    Missing {
        /// Noun of the choices, in the plural.
        noun: String,
        /// Reason, and what to do.
        message: Message,
        /// Address of the page that tells more, and its label.
        link: Option<(String, &'static str)>,
    },
}

/// A choice that a page offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedChoice {
    /// Text that the field would hold.
    pub value: String,
    /// Name for people.
    pub label: String,
}

impl Offer {
    /// Reports whether somebody asked for the choices.
    pub(super) const fn has_answer(&self) -> bool {
        !matches!(self, Self::Button { .. })
    }

    /// Returns the noun of the choices if a button asks for them.
    pub(super) fn button(&self) -> Option<&str> {
        match self {
            Self::Button { noun } | Self::Missing { noun, .. } => Some(noun),
            Self::List { .. } => None,
        }
    }
}
