//! Files that somebody spoilt: each loads, or is refused with its name, a position in it and a sentence.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{FILES, Shipped};

/// A way to spoil a line of a file.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    Remove,
    Repeat,
    /// Renames what stands before `=`.
    RenameMember,
    /// Replaces the value by one of another type.
    ReplaceValue(&'static str),
    /// Renames the first hole of a template.
    RenameHole,
    CutOff,
}

impl Mutation {
    fn apply(self, line: &str) -> String {
        let after_equals = |value: &str| match line.split_once(" = ") {
            Some((member, _)) => format!("{member} = {value}"),
            None => line.to_owned(),
        };
        match self {
            Self::Remove => String::new(),
            Self::Repeat => format!("{line}\n{line}"),
            Self::RenameMember => match line.split_once(" = ") {
                Some((member, value)) => format!("{member}_x = {value}"),
                None => line.replace("[[", "[[x_"),
            },
            Self::ReplaceValue(value) => after_equals(value),
            Self::RenameHole => line.replacen('{', "{no_such_name_", 1),
            Self::CutOff => line.chars().take(line.chars().count() / 2).collect(),
        }
    }
}

/// Values of other types, and templates that name nothing.
const VALUES: &[&str] =
    &["7", "true", "[]", "\"\"", "\"http://plain.example\"", "{ a = 1 }", "\"{nothing}\"", "\"'{q}'\""];

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Remove),
        Just(Mutation::Repeat),
        Just(Mutation::RenameMember),
        Just(Mutation::RenameHole),
        Just(Mutation::CutOff),
        select(VALUES).prop_map(Mutation::ReplaceValue),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn a_spoilt_file_loads_or_is_refused_with_its_position(
        file in any::<Index>(),
        line in any::<Index>(),
        mutation in mutations(),
    ) {
        let (path, text) = FILES[file.index(FILES.len())];
        let lines: Vec<_> = text.lines().collect();
        let place = line.index(lines.len());
        let spoilt: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| if n == place { mutation.apply(line) } else { (*line).to_owned() })
            .collect();
        let spoilt = spoilt.join("\n");
        if let Err(fault) = Shipped::parse(path, &spoilt) {
            let told = fault.to_string();
            prop_assert!(told.starts_with(&format!("{path}, line ")), "{told}");
            prop_assert!(fault.problem.chars().count() > 15, "{told}");
        }
    }
}
