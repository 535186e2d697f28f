//! Keyset paging: a list is cut at a key, never at an offset, so a page does not change while rows arrive.

/// Rows on a page.
pub const PAGE_SIZE: usize = 50;

/// Limit for a statement: one row more than a page, which shows that another page exists.
pub const PAGE_LIMIT: i64 = 51;

/// Keys between two bounds, both exclusive.
#[derive(Clone, Copy, Debug)]
pub struct KeyRange<K> {
    /// Lower bound.
    pub after: K,
    /// Upper bound.
    pub before: K,
}

impl<K: Copy + Ord> KeyRange<K> {
    /// Returns true if the key is between the bounds.
    #[must_use]
    pub fn contains(self, key: K) -> bool {
        self.after < key && key < self.before
    }
}

/// A page of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// At most [`PAGE_SIZE`] rows.
    pub rows: Vec<T>,
    /// True if older rows exist; the next page begins before the last row's id.
    pub more: bool,
}

impl<T> Page<T> {
    /// Cuts the rows of a statement with [`PAGE_LIMIT`] to a page.
    #[must_use]
    pub fn cut(mut rows: Vec<T>) -> Self {
        let more = rows.len() > PAGE_SIZE;
        rows.truncate(PAGE_SIZE);
        Self { rows, more }
    }
}

/// A page of a filtered list, newest first. Its rows are found by scanning keys, up to a limit.
#[derive(Clone, Debug)]
pub struct Listing<T, K> {
    /// At most [`PAGE_SIZE`] rows.
    pub rows: Vec<T>,
    /// Key before which the next page begins, if older rows may exist.
    pub older: Option<K>,
    /// The last scanned key, if the scan stopped before the page was full: older rows may match.
    pub stopped_at: Option<K>,
}

impl<T, K: Copy> Listing<T, K> {
    /// Cuts the rows of a statement with [`PAGE_LIMIT`] to a page. `last` is the last scanned key if older ones may exist.
    #[must_use]
    pub fn cut(rows: Vec<T>, last: Option<K>, key: impl Fn(&T) -> K) -> Self {
        let Page { rows, more } = Page::cut(rows);
        let older = if more { rows.last().map(key) } else { last };
        Self { rows, older, stopped_at: older.filter(|_| !more) }
    }
}

/// Returns the last of the scanned keys if the scan reached its limit, so that older keys may exist.
#[must_use]
pub fn last_of_full_scan<K: Copy>(keys: &[K], limit: i64) -> Option<K> {
    let is_full = i64::try_from(keys.len()).is_ok_and(|found| found == limit);
    keys.last().copied().filter(|_| is_full)
}

#[cfg(test)]
mod tests {
    use super::{Listing, PAGE_SIZE, Page, last_of_full_scan};

    #[test]
    fn the_bound_is_one_more_than_a_page() {
        assert_eq!(usize::try_from(super::PAGE_LIMIT).unwrap(), PAGE_SIZE + 1);
    }

    #[test]
    fn a_full_page_says_whether_there_is_another() {
        assert!(!Page::cut(vec![0; PAGE_SIZE]).more);
        let page = Page::cut(vec![0; PAGE_SIZE + 1]);
        assert!(page.more);
        assert_eq!(page.rows.len(), PAGE_SIZE);
    }

    #[test]
    fn a_scan_that_stops_early_says_where() {
        let cut = |rows: usize, last| {
            let listing = Listing::cut((0..rows).collect(), last, |row| *row);
            (listing.older, listing.stopped_at)
        };
        assert_eq!(cut(PAGE_SIZE + 1, Some(99)), (Some(PAGE_SIZE - 1), None));
        assert_eq!(cut(3, Some(99)), (Some(99), Some(99)));
        assert_eq!(cut(3, None), (None, None));
        assert_eq!((last_of_full_scan(&[3, 2], 2), last_of_full_scan(&[3, 2], 3)), (Some(2), None));
    }
}
