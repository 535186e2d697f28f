//! Figures that can be compared: each has a target, and a reference measured in the same run.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

/// A result, printed and appended to `target/bench.jsonl`.
pub(crate) struct Figure {
    /// Name in the form `group.figure`.
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    /// Unit of the value, the target and the reference.
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
    pub(crate) target: f64,
    /// Value of a peer or limit of this machine, and its description.
    pub(crate) reference: (f64, &'static str),
}

/// Direction of improvement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

impl Figure {
    /// Prints the figure and appends it to the file.
    pub(crate) fn report(&self) {
        let (reference, what) = self.reference;
        let ratio = self.value / reference;
        let (word, sign, met) = match self.better {
            Better::Higher => ("higher", "≥", self.value >= self.target),
            Better::Lower => ("lower", "≤", self.value <= self.target),
        };
        let mark = if met { "met" } else { "MISSED" };
        println!(
            "{:<24} {} {}  (target {sign} {}: {mark}; {what}: {}; ratio {ratio:.2})",
            self.name,
            short(self.value),
            self.unit,
            short(self.target),
            short(reference),
        );
        let line = json!({
            "name": self.name, "value": self.value, "unit": self.unit, "better": word,
            "target": self.target, "reference": reference, "ratio": ratio,
        });
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench.jsonl");
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Returns the median of several rounds, so that one disturbed round does not decide.
pub(crate) fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// Returns the time in milliseconds that this share of `times` did not exceed.
pub(crate) fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index among a few thousand"
    )]
    let index = ((times.len() - 1) as f64 * share).round() as usize;
    times[index].as_secs_f64() * 1_000.0
}
