//! The alert rules, the dashboard and the operator's guide name metrics that a real hub has.

use std::collections::BTreeSet;

use craft::telemetry::table;

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hub::{Hub, database_url};
use crate::support::scrape::{Scrape, metric_of};

const ALERTS: &str = include_str!("../../../docs/monitoring/alerts.yml");
const DASHBOARD: &str = include_str!("../../../docs/monitoring/dashboard.json");
const GUIDE: &str = include_str!("../../../docs/operating.md");

#[tokio::test]
async fn the_alerts_and_the_dashboard_name_only_metrics_that_exist() {
    let (place, database) = (DataDirectory::new("metrics-documents"), TestDatabase::new().await);
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&database.options));
    let hub = Hub::start(serve).await;
    // requests have a series once there was one
    hub.browser().get("/").await;
    let scrape = Scrape::of_hub(&hub).await;

    let existing = scrape.names();
    for (file, text) in [("alerts.yml", ALERTS), ("dashboard.json", DASHBOARD)] {
        let named = metric_names(text);
        assert!(named.len() > 10, "{file} names {named:?}");
        let missing: Vec<_> = named.difference(&existing).collect();
        assert!(missing.is_empty(), "{file} names {missing:?}, which no hub has");
    }
    let declared: BTreeSet<_> = table::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(existing, declared, "the table and a real hub differ");
    for metric in table::ALL {
        assert!(scrape.text.contains(&format!("# HELP {} {}\n", metric.name, metric.help)), "{}", metric.name);
    }
}

#[test]
fn selectors_of_the_alerts_and_the_dashboard_use_declared_labels_and_values() {
    let dashboard = DASHBOARD.replace("\\\"", "\"");
    let mut seen = 0;
    for (name, label, value) in matchers(ALERTS).into_iter().chain(matchers(&dashboard)) {
        // Prometheus adds this label
        if label == "instance" {
            continue;
        }
        seen += 1;
        let metric = table::ALL.iter().find(|metric| metric.name == metric_of(&name)).unwrap();
        let declared = metric.labels.iter().find(|declared| declared.name == label);
        let declared = declared.unwrap_or_else(|| panic!("{name} has no label {label}"));
        for word in value.split('|') {
            assert!(declared.values.contains(&word), "{name} has no {label}={word}");
        }
    }
    assert!(seen > 10, "only {seen} matchers were found");
}

#[test]
fn the_dashboard_is_json_whose_panels_do_not_overlap() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    let places: BTreeSet<_> = panels.iter().map(|panel| panel["gridPos"].to_string()).collect();
    assert_eq!((ids.len(), places.len()), (panels.len(), panels.len()));
}

#[test]
fn the_guide_lists_each_metric_with_its_alert() {
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("| `craft_"));
    let listed: BTreeSet<_> = rows.map(|row| format!("craft_{}", row.split(['`', '{']).next().unwrap())).collect();
    let declared: BTreeSet<_> = table::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(listed, declared, "docs/operating.md and the table differ");

    let alerts: BTreeSet<_> =
        ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect();
    let words = GUIDE.split(|c: char| !c.is_alphanumeric());
    let named: BTreeSet<_> = words.filter(|word| is_alert(word)).map(str::to_owned).collect();
    assert_eq!(named, alerts, "docs/operating.md and alerts.yml differ");
}

fn is_alert(word: &str) -> bool {
    word.strip_prefix("Craft").is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// The names of metrics in a text.
fn metric_names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("craft_")).map(|word| metric_of(word).to_owned()).collect()
}

/// Each matcher of a selector: the name of the series, the label and the value.
fn matchers(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for after in text.split("craft_").skip(1) {
        let Some((name, rest)) = after.split_once('{') else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let selector = rest.split('}').next().unwrap();
        for matcher in selector.split("\",") {
            let (label, value) = matcher.split_once('=').unwrap();
            let value = value.trim_start_matches(['~', '"']).trim_end_matches('"');
            found.push((format!("craft_{name}"), label.trim_end_matches('!').to_owned(), value.to_owned()));
        }
    }
    found
}
