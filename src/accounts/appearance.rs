//! How a person wants pages to be: colours, contrast, motion, and what a screen reader is told of.

use super::store;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{FieldFaults, Result};

/// A closed choice: its answers, each with the word that is stored and that forms send.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $first:ident, $($rest:ident),+ } $($word:literal)+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(type_name = "text", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the words say it")]
        pub enum $name { #[default] $first, $($rest),+ }

        impl $name {
            /// In the order of the form.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$rest),+];

            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that is stored.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                Self::WORDS[self as usize]
            }

            /// By its word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|answer| answer.as_str() == word)
            }
        }
    };
}

choice! {
    /// Light, dark, or what the reader's system says.
    Theme { Auto, Light, Dark } "auto" "light" "dark"
}

choice! {
    /// More contrast, or what the reader's system says.
    Contrast { Auto, More } "auto" "more"
}

choice! {
    /// No motion, or what the reader's system says.
    Motion { Auto, Reduce } "auto" "reduce"
}

choice! {
    /// Which changes of a job are announced: all, how it ended, none.
    Announce { All, Ends, None } "all" "ends" "none"
}

/// All of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// The colours.
    pub theme: Theme,
    /// How far they stand apart.
    pub contrast: Contrast,
    /// Whether anything moves.
    pub motion: Motion,
    /// What is said of a job that is being watched.
    pub announce: Announce,
}

impl Appearance {
    /// Reads the words of a form's fields `theme`, `contrast`, `motion` and `announce`.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] for a word that is no answer.
    pub fn parse(theme: &str, contrast: &str, motion: &str, announce: &str) -> Result<Self> {
        let mut faults = FieldFaults::default();
        let mut fault = |field: &str| faults.add(field, "Choose one of the answers");
        let theme = Theme::from_word(theme).unwrap_or_else(|| (fault("theme"), Theme::default()).1);
        let contrast = Contrast::from_word(contrast).unwrap_or_else(|| (fault("contrast"), Contrast::default()).1);
        let motion = Motion::from_word(motion).unwrap_or_else(|| (fault("motion"), Motion::default()).1);
        let announce = Announce::from_word(announce).unwrap_or_else(|| (fault("announce"), Announce::default()).1);
        faults.into_result(Self { theme, contrast, motion, announce })
    }
}

/// Keeps what the actor chose.
pub async fn change_appearance(db: &Db, actor: &Actor, chosen: Appearance, now: Timestamp) -> Result<()> {
    let mut tx = db.as_user(actor).await?;
    store::set_appearance(&mut tx, actor.user_id(), chosen).await?;
    audit::record(&mut tx, actor, &Action::AppearanceChanged, now).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Announce, Appearance, Contrast, Motion, Theme};
    use crate::error::Error;

    #[test]
    fn every_answer_is_found_by_its_word() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_word(theme.as_str()), Some(*theme));
        }
        let words = [Announce::All, Announce::Ends, Announce::None].map(Announce::as_str);
        assert_eq!(words, ["all", "ends", "none"]);
        assert_eq!((Contrast::More.as_str(), Motion::Reduce.as_str()), ("more", "reduce"));
    }

    #[test]
    fn a_word_that_is_no_answer_is_a_fault_of_its_field() {
        let Err(Error::Invalid(faults)) = Appearance::parse("pink", "more", "auto", "loud") else { panic!("taken") };
        assert!(faults.message_for("theme").is_some() && faults.message_for("announce").is_some());
        assert_eq!(faults.faults().len(), 2);
    }
}
