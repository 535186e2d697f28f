//! The table of open sockets: who may open one more, and which waiting one ends for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{Counter, Gauge};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::SocketLimits;
use crate::config::Proxy;
use crate::telemetry::table::{HTTP_SOCKETS, HTTP_SOCKETS_REFUSED};

/// All open sockets of the server.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) limits: SocketLimits,
    proxies: Vec<Proxy>,
    table: Mutex<Table>,
    /// The number of open sockets.
    gauge: Gauge,
    /// Sockets that found no room.
    refused: Counter,
}

#[derive(Debug, Default)]
struct Table {
    open: usize,
    /// Number of the next wait.
    next: WaitNo,
    by_address: HashMap<IpAddr, AddressCount>,
    /// Waiting sockets, oldest wait first.
    waits: BTreeMap<WaitNo, Wait>,
}

/// The number of a wait for a request; later waits have higher numbers.
pub(super) type WaitNo = u64;

/// The sockets of one address.
#[derive(Debug, Default)]
struct AddressCount {
    open: usize,
    waits: BTreeSet<WaitNo>,
}

/// A new socket in the table.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) address: IpAddr,
    /// Notified when the socket is to end.
    pub(super) end: Arc<Notify>,
    pub(super) wait: WaitNo,
}

/// A socket that has no request under way.
#[derive(Debug)]
struct Wait {
    address: IpAddr,
    deadline: Instant,
    end: Arc<Notify>,
}

impl Sockets {
    pub(super) fn new(limits: SocketLimits, proxies: Vec<Proxy>) -> Arc<Self> {
        let gauge = HTTP_SOCKETS.gauges().get(&[]).clone();
        let refused = HTTP_SOCKETS_REFUSED.counters().get(&[]).clone();
        Arc::new(Self { limits, proxies, table: Mutex::default(), gauge, refused })
    }

    /// Adds a new socket, which begins to wait for its first request. At a bound, the socket that has waited longest ends for
    /// it. Returns `None` if none waits.
    pub(super) fn admit(&self, peer: IpAddr, now: Instant) -> Option<Admission> {
        let admission = self.find_room(peer, now);
        if admission.is_none() {
            self.refused.increment(1);
        }
        admission
    }

    fn find_room(&self, peer: IpAddr, now: Instant) -> Option<Admission> {
        let peer = peer.to_canonical();
        let address = network(peer);
        let mut table = self.lock();
        if !self.proxies.iter().any(|proxy| proxy.covers(peer)) && !table.make_room_for(address, &self.limits) {
            return None;
        }
        if table.open >= self.limits.open && !table.end_oldest() {
            return None;
        }
        let end = Arc::new(Notify::new());
        table.open += 1;
        table.by_address.entry(address).or_default().open += 1;
        let wait = table.begin_wait(Wait { address, deadline: now + self.limits.head_timeout, end: Arc::clone(&end) });
        self.update_gauge(&table);
        Some(Admission { address, end, wait })
    }

    /// Ends the sockets that have waited too long.
    pub(super) fn end_overdue(&self, now: Instant) {
        let mut table = self.lock();
        let overdue: Vec<_> = table.waits.iter().filter(|(_, wait)| wait.deadline <= now).map(|(no, _)| *no).collect();
        for no in overdue {
            table.end(no);
        }
        self.update_gauge(&table);
    }

    pub(super) fn begin_wait(&self, address: IpAddr, end: Arc<Notify>, deadline: Instant) -> WaitNo {
        self.lock().begin_wait(Wait { address, deadline, end })
    }

    /// Shortens a wait.
    pub(super) fn set_deadline(&self, no: WaitNo, deadline: Instant) {
        if let Some(wait) = self.lock().waits.get_mut(&no) {
            wait.deadline = deadline;
        }
    }

    /// Ends a wait. Returns false if the socket was told to end during it.
    pub(super) fn end_wait(&self, no: WaitNo) -> bool {
        self.lock().remove_wait(no).is_some()
    }

    /// Removes a socket. One that was told to end is not in the table any more.
    pub(super) fn remove(&self, address: IpAddr) {
        let mut table = self.lock();
        table.remove_socket(address);
        self.update_gauge(&table);
    }

    fn update_gauge(&self, table: &Table) {
        self.gauge.set(u32::try_from(table.open).unwrap_or(u32::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn make_room_for(&mut self, address: IpAddr, limits: &SocketLimits) -> bool {
        let Some(count) = self.by_address.get(&address) else { return true };
        let is_full = count.open >= limits.open_by_address;
        let oldest = count.waits.first().copied();
        match oldest {
            Some(no) if is_full || count.waits.len() >= limits.waiting_by_address => self.end(no),
            Some(_) => {}
            None => return !is_full,
        }
        true
    }

    fn end_oldest(&mut self) -> bool {
        let Some(no) = self.waits.keys().next().copied() else { return false };
        self.end(no);
        true
    }

    /// Tells a waiting socket to end, and counts it no more.
    fn end(&mut self, no: WaitNo) {
        if let Some(wait) = self.remove_wait(no) {
            wait.end.notify_one();
            self.remove_socket(wait.address);
        }
    }

    fn begin_wait(&mut self, wait: Wait) -> WaitNo {
        let no = self.next;
        self.next += 1;
        self.by_address.entry(wait.address).or_default().waits.insert(no);
        self.waits.insert(no, wait);
        no
    }

    fn remove_wait(&mut self, no: WaitNo) -> Option<Wait> {
        let wait = self.waits.remove(&no)?;
        if let Some(count) = self.by_address.get_mut(&wait.address) {
            count.waits.remove(&no);
        }
        Some(wait)
    }

    fn remove_socket(&mut self, address: IpAddr) {
        self.open -= 1;
        if let Some(count) = self.by_address.get_mut(&address) {
            count.open -= 1;
            if count.open == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

/// Returns the address that a socket counts for.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}
