//! Characters that no reader sees, or that change the order of others.

use std::ops::RangeInclusive;

/// Hidden characters: of format, fillers, and selectors. Controls (category Cc) are not among them.
const HIDDEN: [RangeInclusive<char>; 23] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Reports whether a character is hidden.
pub(super) fn is_hidden(letter: char) -> bool {
    // the first of them is no ASCII, which most text is
    letter > '~' && HIDDEN.iter().any(|range| range.contains(&letter))
}

/// Reports whether a hidden character has its proper work between its neighbours: it joins or separates letters of scripts
/// that need it, marks their direction without changing that of others, or selects the look of a picture.
pub(super) fn joins(letter: char, before: Option<char>, after: Option<char>) -> bool {
    let is_of_script = |neighbour: Option<char>| {
        neighbour.is_some_and(|it| !it.is_ascii() && !it.is_control() && !it.is_whitespace() && !is_hidden(it))
    };
    match letter {
        // Persian and Indic scripts, and pictures of several people
        '\u{200c}' | '\u{200d}' => {
            let before_is_picture = before == Some('\u{fe0f}');
            (is_of_script(before) || before_is_picture) && is_of_script(after)
        }
        '\u{61c}' | '\u{200e}' | '\u{200f}' => is_of_script(before) || is_of_script(after),
        '\u{fe0e}' | '\u{fe0f}' => {
            is_of_script(before) || matches!(before, Some('0'..='9' | '#' | '*')) && after == Some('\u{20e3}')
        }
        _ => false,
    }
}
