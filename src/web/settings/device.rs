//! A browser and its system in words, from what it calls itself: enough to recognise one's own, no more.

/// What stands for a browser, the first that matches: many call themselves the ones below as well.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for a system.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
];

/// Of a name kept as it is.
const LONGEST: usize = 60;

/// "Firefox on Linux"; what is not known is named as it names itself.
pub(super) fn in_words(agent: Option<&str>) -> String {
    let Some(agent) = agent.map(str::trim).filter(|agent| !agent.is_empty()) else {
        return "A browser without a name".to_owned();
    };
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, words)| *words);
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => agent.chars().take(LONGEST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn the_usual_browsers_are_recognised() {
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on a Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on an iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
        ];
        for (agent, words) in cases {
            assert_eq!(in_words(Some(agent)), words);
        }
    }

    #[test]
    fn others_are_named_as_they_name_themselves() {
        assert_eq!(in_words(Some("curl/8.5.0")), "curl/8.5.0");
        assert_eq!(in_words(Some("  ")), "A browser without a name");
        assert_eq!(in_words(None), "A browser without a name");
        assert_eq!(in_words(Some(&"x".repeat(300))).len(), 60);
    }
}
