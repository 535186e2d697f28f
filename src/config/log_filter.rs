//! The filter of the log: the levels of `CRAFT_LOG`, and those of other crates.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Crates whose log repeats messages of tools, and so arguments and credentials. Only their errors are logged, whatever
/// `CRAFT_LOG` says.
const REPEATING_CRATES: [&str; 2] = ["rmcp", "h2"];

/// Builds the filter for a valid text of `CRAFT_LOG`. A level alone is that of the hub. Other crates log warnings, unless the
/// text names them.
#[must_use]
pub fn log_filter(text: &str) -> EnvFilter {
    EnvFilter::new(directives(text))
}

fn directives(text: &str) -> String {
    let mut own = vec!["warn".to_owned(), "craft=info".to_owned()];
    for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        if let Ok(level) = directive.parse::<LevelFilter>() {
            own.push(format!("craft={level}"));
        } else if !REPEATING_CRATES.iter().any(|name| is_about(directive, name)) {
            own.push(directive.to_owned());
        }
    }
    own.extend(REPEATING_CRATES.map(|name| format!("{name}=error")));
    own.join(",")
}

/// Reports whether a directive is about a crate, one of its modules or its spans.
fn is_about(directive: &str, name: &str) -> bool {
    let rest = directive.strip_prefix(name);
    rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn a_level_alone_is_that_of_the_hub() {
        assert_eq!(directives("TRACE"), "warn,craft=info,craft=trace,rmcp=error,h2=error");
        assert_eq!(directives(""), "warn,craft=info,rmcp=error,h2=error");
    }

    #[test]
    fn other_crates_are_named_but_for_those_that_repeat_messages() {
        let text =
            "info, sqlx=debug,rmcp,rmcp=trace,rmcp::service=trace,rmcp[run]=trace,rmcp_like=debug,craft::oauth=debug";
        let expected = "warn,craft=info,craft=info,sqlx=debug,rmcp_like=debug,craft::oauth=debug,rmcp=error,h2=error";
        assert_eq!(directives(text), expected);
    }
}
