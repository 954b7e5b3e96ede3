//! Counts the steps of work, so that tests see how it grows without a clock. Other builds count nothing.

#[cfg(any(test, feature = "steps"))]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(crate) fn tick(count: usize) {
        STEPS.with(|steps| steps.set(steps.get().saturating_add(count as u64)));
    }

    /// The steps of this thread since it was asked last.
    pub fn taken() -> u64 {
        STEPS.with(|steps| steps.replace(0))
    }
}

#[cfg(any(test, feature = "steps"))]
pub use counted::taken;
#[cfg(any(test, feature = "steps"))]
pub(crate) use counted::tick;

#[cfg(not(any(test, feature = "steps")))]
#[inline]
pub(crate) fn tick(_count: usize) {}
