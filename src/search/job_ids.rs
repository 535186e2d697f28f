//! The ids that begin with a text.

use std::ops::RangeInclusive;

use uuid::Uuid;

use crate::ids::JobId;

/// Fewest digits of a beginning. The first ones are of the time, so fewer would match the jobs of weeks.
const MIN_DIGITS: usize = 8;

const ID_DIGITS: usize = 32;

/// Returns the first and the last id that begin with the text; `None` if the text is not the beginning of an id.
pub(super) fn range_of(text: &str) -> Option<RangeInclusive<JobId>> {
    let digits: String = text.chars().filter(|letter| *letter != '-').collect();
    let is_hex = digits.chars().all(|letter| letter.is_ascii_hexdigit());
    if !is_hex || !(MIN_DIGITS..=ID_DIGITS).contains(&digits.len()) {
        return None;
    }
    let end = |fill: &str| Uuid::try_parse(&format!("{digits}{}", fill.repeat(ID_DIGITS - digits.len()))).ok();
    Some(JobId::from_uuid(end("0")?)..=JobId::from_uuid(end("f")?))
}

#[cfg(test)]
mod tests {
    use super::range_of;
    use crate::ids::JobId;

    #[test]
    fn an_id_is_found_whole_and_by_its_beginning() {
        let id = "01936f2a-7c00-7abc-8def-0123456789ab";
        let parsed: JobId = id.parse().unwrap();
        for text in [id, "01936f2a", "01936F2A-7c", "01936f2a7c007abc8def0123456789ab"] {
            assert!(range_of(text).unwrap().contains(&parsed), "{text}");
        }
        assert_eq!(range_of(id), Some(parsed..=parsed));
        assert!(!range_of("01936f2b").unwrap().contains(&parsed));
    }

    #[test]
    fn other_text_is_no_beginning_of_an_id() {
        for text in ["", "01936f2", "hash", "01936f2g", "01936f2a-7c00-7abc-8def-0123456789ab0", "ééééééééé"] {
            assert_eq!(range_of(text), None, "{text}");
        }
    }
}
