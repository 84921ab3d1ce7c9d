//! Which operation meets which fault.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What is asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// An object is written, over what is there.
    Put,
    /// An object is written where none is.
    Create,
    /// An object, a part of it or what is known of it is read.
    Get,
    /// Objects are listed.
    List,
    /// An object is removed.
    Delete,
    /// An object is copied.
    Copy,
    /// An upload in parts begins.
    Begin,
    /// A part is written.
    Part,
    /// An upload in parts is finished.
    Complete,
    /// An upload in parts is given up.
    Abort,
}

/// What becomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails without any effect.
    Before,
    /// It is done, and the answer gets lost.
    After,
    /// It is done twice, as when a request is sent again after its answer got lost: the second answer is given.
    Twice,
    /// It is done at once, and answered after so long.
    Late(Duration),
    /// It fails, and is done all the same, so long later.
    Delayed(Duration),
    /// It is not done, and refused as if the object were there: so S3 answers while another write of it is under way.
    Busy,
    /// It is not done, and not answered as long as nobody is given up ([`super::FaultyStore::give_up`]).
    Never,
}

/// What happens before an operation.
#[derive(Clone)]
pub(super) struct Act(pub(super) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act")
    }
}

/// Who meets what.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) at: Vec<(usize, Fault)>,
    pub(super) acts: Vec<(usize, Act)>,
    pub(super) always: Option<Fault>,
    /// Seed, how many of a thousand, and which.
    pub(super) random: Option<(u64, u16, Vec<Fault>)>,
    pub(super) only: Option<Vec<Operation>>,
}

impl Plan {
    pub(super) fn counts(&self, operation: Operation) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&operation))
    }

    pub(super) fn acts(&self, number: usize) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(move |(at, _)| *at == number).map(|(_, act)| act)
    }

    pub(super) fn fault(&self, number: usize) -> Option<Fault> {
        let at = self.at.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault);
        at.or(self.always).or_else(|| self.drawn(number))
    }

    /// Drawn for each number for itself, so that operations at the same time change nothing for each other.
    fn drawn(&self, number: usize) -> Option<Fault> {
        let (seed, per_mille, faults) = self.random.as_ref()?;
        let mut dice = StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number as u64));
        let strikes = dice.random_range(0..1_000) < *per_mille && !faults.is_empty();
        strikes.then(|| faults[dice.random_range(0..faults.len())])
    }
}
