//! Bounds of the sockets that clients open.

use std::time::Duration;

/// Files that the hub itself has open: databases, outgoing requests, logs.
const OWN_FILES: u64 = 512;

const MAX_OPEN: usize = 32_768;
const MAX_WAITING_BY_ADDRESS: usize = 256;
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Longer than reverse proxies keep an unused socket, so that they and not the hub end it: some repeat no request that is
/// lost to a closed socket.
const IDLE_TIMEOUT: Duration = Duration::from_secs(180);

/// Bounds of the sockets that clients open. An IPv6 address counts by its /64, which one customer commonly has.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// Open sockets in all.
    pub open: usize,
    /// Open sockets of one address.
    pub open_by_address: usize,
    /// Sockets of one address that have no request under way.
    pub waiting_by_address: usize,
    /// Time from the first byte of a request to the end of its head; a new socket has this time for its first request.
    pub head_timeout: Duration,
    /// Time between two requests.
    pub idle_timeout: Duration,
}

impl SocketLimits {
    /// Returns the bounds of a process that may have this many files open.
    #[must_use]
    pub fn for_files(files: u64) -> Self {
        let open = usize::try_from(files - OWN_FILES.min(files / 2)).unwrap_or(MAX_OPEN).min(MAX_OPEN);
        // no address takes all: the rest is for other people
        let open_by_address = (open / 4 * 3).max(1);
        Self {
            open,
            open_by_address,
            waiting_by_address: MAX_WAITING_BY_ADDRESS.min(open_by_address),
            head_timeout: HEAD_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SocketLimits;

    #[test]
    fn bounds_follow_the_number_of_files() {
        let bounds = |files| {
            let SocketLimits { open, open_by_address, waiting_by_address, .. } = SocketLimits::for_files(files);
            (open, open_by_address, waiting_by_address)
        };
        assert_eq!(bounds(256), (128, 96, 96));
        assert_eq!(bounds(1_024), (512, 384, 256));
        assert_eq!(bounds(20_000), (19_488, 14_616, 256));
        assert_eq!(bounds(1 << 30), (32_768, 24_576, 256));
    }
}
