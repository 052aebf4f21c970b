//! Signals that ask the program to end while it must not: the first waits, the second does not.

#[cfg(unix)]
pub(super) use unix::Stopping;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use signal_hook::flag;

    use super::super::child;

    /// Listens to signals from now on.
    pub(in super::super) struct Stopping(Arc<AtomicUsize>);

    impl Stopping {
        pub(in super::super) fn listen() -> io::Result<Self> {
            let first = Arc::new(AtomicUsize::new(0));
            let came = Arc::new(AtomicBool::new(false));
            for signal in child::ending_signals() {
                flag::register_conditional_default(signal, came.clone())?;
                flag::register(signal, came.clone())?;
                flag::register_usize(signal, first.clone(), usize::try_from(signal).unwrap_or(0))?;
            }
            Ok(Self(first))
        }

        /// The signal that came.
        pub(in super::super) fn signal(&self) -> Option<i32> {
            let signal = self.0.load(Ordering::SeqCst);
            i32::try_from(signal).ok().filter(|signal| *signal > 0)
        }
    }
}

/// Where there are no signals.
#[cfg(not(unix))]
pub(super) struct Stopping;

#[cfg(not(unix))]
impl Stopping {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn signal(&self) -> Option<i32> {
        None
    }
}
