//! The delay before the next attempt.

use std::time::Duration;

const FIRST_RETRY_DELAY: Duration = Duration::from_secs(2);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(3_600);

/// Returns a delay with full jitter: `random`, in 0..1, of 2 s · 3ⁿ, at most an hour.
#[must_use]
pub fn backoff(failures: u32, random: f64) -> Duration {
    FIRST_RETRY_DELAY
        .saturating_mul(3_u32.saturating_pow(failures))
        .min(MAX_RETRY_DELAY)
        .mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::backoff;

    #[test]
    fn it_triples_up_to_an_hour() {
        let longest: Vec<_> = [0, 1, 2, 6, 7, u32::MAX].map(|n| backoff(n, 1.0).as_secs()).into();
        assert_eq!(longest, [2, 6, 18, 1_458, 3_600, 3_600]);
    }

    #[test]
    fn it_is_spread_over_the_whole_span() {
        assert_eq!(backoff(1, 0.0), Duration::ZERO);
        assert_eq!(backoff(1, 0.5), Duration::from_secs(3));
    }
}
