//! Handles of the requests' metrics, by route. A route's handles are made at its first request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{Counter, Histogram};

use super::table::{HTTP_REQUEST_SECONDS, HTTP_REQUESTS, METHODS, STATUS_CLASSES};

/// The route of a request that matched none.
const NO_ROUTE: &str = "none";

/// The method of a request with a rare one.
const OTHER_METHOD: &str = "other";

/// Counts requests; cheap to clone. The number of its series is bounded by the number of routes.
#[derive(Clone, Debug, Default)]
pub struct RequestMetrics(Arc<RwLock<HashMap<Box<str>, ByMethod>>>);

type ByMethod = Vec<(&'static str, Arc<Handles>)>;

#[derive(Debug)]
struct Handles {
    requests: [Counter; STATUS_CLASSES.len()],
    seconds: Histogram,
}

impl RequestMetrics {
    /// Records an answered request. `route` is the matched pattern, never the address.
    pub fn record(&self, method: &str, route: Option<&str>, status: u16, seconds: f64) {
        let method = METHODS.iter().find(|known| **known == method).copied().unwrap_or(OTHER_METHOD);
        let route = route.unwrap_or(NO_ROUTE);
        let handles = self.find(route, method).unwrap_or_else(|| self.create(route, method));
        let class = usize::from(status / 100).clamp(2, STATUS_CLASSES.len() + 1) - 2;
        handles.requests[class].increment(1);
        handles.seconds.record(seconds);
    }

    fn find(&self, route: &str, method: &str) -> Option<Arc<Handles>> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (_, handles) = routes.get(route)?.iter().find(|(known, _)| *known == method)?;
        Some(handles.clone())
    }

    fn create(&self, route: &str, method: &'static str) -> Arc<Handles> {
        let handles = Arc::new(Handles {
            requests: STATUS_CLASSES.map(|class| HTTP_REQUESTS.counter_of(&[method, route, class])),
            seconds: HTTP_REQUEST_SECONDS.histogram_of(&[method, route]),
        });
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(route.into()).or_default().push((method, handles.clone()));
        handles
    }
}
