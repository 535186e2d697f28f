//! The memory in which passwords are hashed: about 19 MiB for each hash that runs, used again by the next one.
//!
//! Memory that is allocated anew for each hash, in whichever thread runs it, stays with the process for long after a crowd of
//! sign-ins. Here the sets are freed together, when no hash runs or waits.

use std::sync::{Mutex, PoisonError};

use argon2::Block;

/// Sets of blocks that no hash uses at present.
#[derive(Debug, Default)]
pub(super) struct HashMemory(Mutex<Vec<Vec<Block>>>);

impl HashMemory {
    /// Runs `work` with this many blocks. Their content is arbitrary.
    pub(super) fn lend<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut set = self.with_sets(Vec::pop).unwrap_or_default();
        if set.len() < blocks {
            set.resize(blocks, Block::default());
        }
        let result = work(&mut set[..blocks]);
        self.with_sets(|sets| sets.push(set));
        result
    }

    /// Frees all sets that are not in use.
    pub(super) fn free(&self) {
        self.with_sets(std::mem::take);
    }

    fn with_sets<T>(&self, work: impl FnOnce(&mut Vec<Vec<Block>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::HashMemory;

    #[test]
    fn a_set_is_used_again_until_all_are_freed() {
        let memory = HashMemory::default();
        let place = |blocks| memory.lend(blocks, |set| (set.as_ptr() as usize, set.len()));
        let (first, _) = place(64);
        assert_eq!(place(64), (first, 64));
        assert_eq!(place(8), (first, 8));
        assert_eq!(memory.with_sets(|sets| sets.len()), 1);
        memory.free();
        assert_eq!(memory.with_sets(|sets| sets.len()), 0);
    }
}
