//! The marked photos, in the order of marking. They are stored as hits, so that the screen can show
//! them after the user has asked another query.

use pixseek_engine::Hit;
use std::collections::HashMap;

/// The marked photos, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    /// Each hit with its position in the order.
    hits: HashMap<Vec<u8>, (u64, Hit)>,
    next: u64,
}

impl Marks {
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    pub fn contains(&self, path: &[u8]) -> bool {
        self.hits.contains_key(path)
    }

    /// Marks a photo. A photo that has a mark keeps its position in the order.
    pub fn insert(&mut self, hit: &Hit) {
        let next = self.next;
        let entry = self.hits.entry(hit.path.clone());
        entry.or_insert_with(|| (next, hit.clone()));
        self.next += 1;
    }

    /// Marks a photo, or removes its mark.
    pub fn toggle(&mut self, hit: &Hit) {
        if self.hits.remove(&hit.path).is_none() {
            self.insert(hit);
        }
    }

    /// Returns the marked photos, the first one marked first.
    pub fn hits(&self) -> Vec<&Hit> {
        let mut hits: Vec<&(u64, Hit)> = self.hits.values().collect();
        hits.sort_unstable_by_key(|(place, _)| *place);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// Returns the paths of the marked photos, the first one marked first.
    pub fn paths(&self) -> Vec<Vec<u8>> {
        let hits = self.hits().into_iter();
        hits.map(|hit| hit.path.clone()).collect()
    }
}
