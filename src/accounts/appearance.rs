//! Appearance and behaviour of pages for a person: colours, contrast, motion, and announcements to screen readers.

use crate::error::{FieldFaults, Result};

/// Declares an enum for a closed choice. Each variant has a word, which is stored and which forms send.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $first:ident, $($rest:ident),+ } $($word:literal)+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(type_name = "text", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the variants are named like their words")]
        pub enum $name { #[default] $first, $($rest),+ }

        impl $name {
            /// All variants, in the order of the form.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$rest),+];

            const WORDS: &'static [&'static str] = &[$($word),+];

            /// Returns the stored word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                Self::WORDS[self as usize]
            }

            /// Finds a variant by its word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|answer| answer.as_str() == word)
            }
        }
    };
}

choice! {
    /// Light, dark, or the setting of the system.
    Theme { Auto, Light, Dark } "auto" "light" "dark"
}

choice! {
    /// More contrast, or the setting of the system.
    Contrast { Auto, More } "auto" "more"
}

choice! {
    /// Reduced motion, or the setting of the system.
    Motion { Auto, Reduce } "auto" "reduce"
}

choice! {
    /// Announced changes of a watched job: all, all and at intervals that it still runs, its end, or none.
    Announce { All, Regular, Ends, None } "all" "regular" "ends" "none"
}

choice! {
    /// Single keys that act on a page: on or off.
    Keys { On, Off } "on" "off"
}

/// All display settings of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// Colour scheme.
    pub theme: Theme,
    /// Contrast.
    pub contrast: Contrast,
    /// Motion.
    pub motion: Motion,
    /// Announced changes of a watched job.
    pub announce: Announce,
    /// Single keys that act on a page.
    pub keys: Keys,
}

impl Appearance {
    /// Parses the form fields `theme`, `contrast`, `motion`, `announce` and `keys`.
    ///
    /// # Errors
    /// Returns [`crate::error::Error::Invalid`] if a field has an unknown word.
    pub fn parse(theme: &str, contrast: &str, motion: &str, announce: &str, keys: &str) -> Result<Self> {
        let mut faults = FieldFaults::default();
        let mut fault = |field: &str| faults.add(field, "Choose one of the answers");
        let theme = Theme::from_word(theme).unwrap_or_else(|| (fault("theme"), Theme::default()).1);
        let contrast = Contrast::from_word(contrast).unwrap_or_else(|| (fault("contrast"), Contrast::default()).1);
        let motion = Motion::from_word(motion).unwrap_or_else(|| (fault("motion"), Motion::default()).1);
        let announce = Announce::from_word(announce).unwrap_or_else(|| (fault("announce"), Announce::default()).1);
        let keys = Keys::from_word(keys).unwrap_or_else(|| (fault("keys"), Keys::default()).1);
        faults.into_result(Self { theme, contrast, motion, announce, keys })
    }
}

#[cfg(test)]
mod tests {
    use super::{Announce, Appearance, Contrast, Motion, Theme};
    use crate::error::Error;

    #[test]
    fn a_variant_is_found_by_its_word() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_word(theme.as_str()), Some(*theme));
        }
        let words = [Announce::All, Announce::Regular, Announce::Ends, Announce::None].map(Announce::as_str);
        assert_eq!(words, ["all", "regular", "ends", "none"]);
        assert_eq!((Contrast::More.as_str(), Motion::Reduce.as_str()), ("more", "reduce"));
    }

    #[test]
    fn an_unknown_word_is_reported_on_its_field() {
        let Err(Error::Invalid(faults)) = Appearance::parse("pink", "more", "auto", "loud", "on") else {
            panic!("accepted")
        };
        assert!(faults.message_for("theme").is_some() && faults.message_for("announce").is_some());
        assert_eq!(faults.faults().len(), 2);
    }
}
