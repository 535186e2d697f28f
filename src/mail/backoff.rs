//! The delay before the next attempt to send a mail.

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Delays after the first attempts; later attempts have [`MAX_RETRY_DELAY`]. A server that greylists accepts the same mail
/// after some minutes.
const FIRST_RETRY_DELAYS: [Duration; 5] = [
    MINUTE,
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
];

const MAX_RETRY_DELAY: Duration = Duration::from_secs(2 * 60 * 60);

/// Largest part of a delay that is added at random, so that mails that failed together are not retried together.
const MAX_JITTER: f64 = 0.2;

/// Returns the delay after so many attempts. `random`, in 0..1, adds up to a fifth.
pub(super) fn retry_delay(attempts: u32, random: f64) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let delay = FIRST_RETRY_DELAYS.get(index).copied().unwrap_or(MAX_RETRY_DELAY);
    delay.mul_f64(MAX_JITTER.mul_add(random.clamp(0.0, 1.0), 1.0))
}

#[cfg(test)]
mod tests {
    use super::{MINUTE, retry_delay};

    #[test]
    fn delays_grow_to_two_hours() {
        let minutes: Vec<_> = (1..8).map(|attempts| retry_delay(attempts, 0.0).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 5, 15, 30, 60, 120, 120]);
        assert_eq!(retry_delay(u32::MAX, 0.0), 120 * MINUTE);
    }

    #[test]
    fn a_fifth_is_random() {
        assert_eq!(retry_delay(2, 0.5), MINUTE.mul_f64(5.5));
        assert_eq!(retry_delay(2, 1.0), 6 * MINUTE);
    }
}
