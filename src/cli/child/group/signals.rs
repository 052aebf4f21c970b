//! The signals that ask this program to end, while it has something to end before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, iterator};

use super::ChildEvent;

const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// Signals that are events as long as this lives, and do what they always do from then on.
pub(super) struct Signals {
    over: Arc<AtomicBool>,
}

impl Signals {
    pub(super) fn listen(tell: &Sender<ChildEvent>) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let heard = ending_signals();
        for signal in &heard {
            flag::register_conditional_default(*signal, over.clone())?;
        }
        let mut signals = iterator::Signals::new(&heard)?;
        let tell = tell.clone();
        thread::spawn(move || {
            for signal in &mut signals {
                tell.send(ChildEvent::Signal(signal)).ok();
            }
        });
        Ok(Self { over })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// The signals that ask this program to end. nohup, and shells that start something in the background, ignore one on
/// purpose.
pub(crate) fn ending_signals() -> Vec<i32> {
    let ignored = ignored();
    ENDING.into_iter().filter(|signal| ignored & bit(*signal) == 0).collect()
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// The signals that we were started to ignore, as far as the system tells.
#[allow(clippy::disallowed_methods, reason = "the kernel says it in a file of its own")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
