//! The other end of the socket: starts a program in a group of its own, says how it goes, and kills what is
//! left of the group when the socket closes.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus};

use super::{FOREVER, GRACE};

/// Asks to end the group in order.
pub(super) const STOP: [u8; 1] = *b".";

/// What is said over the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SupervisorMessage {
    /// The program runs in the group of this number.
    Started(i32),
    /// It could not be started, with the error of the system.
    NotStarted(i32),
    /// It ended with this exit code.
    Exited(i32),
    /// It was ended by this signal.
    Killed(i32),
}

impl SupervisorMessage {
    pub(super) const LENGTH: usize = 5;

    fn write(self) -> [u8; Self::LENGTH] {
        let (kind, number) = match self {
            Self::Started(pid) => (b's', pid),
            Self::NotStarted(error) => (b'n', error),
            Self::Exited(code) => (b'e', code),
            Self::Killed(signal) => (b'k', signal),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [kind, a, b, c, d]
    }

    pub(super) fn read([kind, number @ ..]: [u8; Self::LENGTH]) -> Option<Self> {
        let number = i32::from_le_bytes(number);
        match kind {
            b's' => Some(Self::Started(number)),
            b'n' => Some(Self::NotStarted(number)),
            b'e' => Some(Self::Exited(number)),
            b'k' => Some(Self::Killed(number)),
            _ => None,
        }
    }
}

/// What can happen to the supervisor.
enum SupervisorEvent {
    /// The program has ended.
    Ended(SupervisorMessage),
    /// Its group has to end.
    Stop,
    /// No one listens any more.
    Gone,
}

/// The supervisor as a program: the socket is its standard input.
pub(crate) fn serve(command: &[OsString]) -> io::Result<()> {
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    channel.peer_addr()?;
    let (program, args) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    // Without a terminal of its own, the program cannot be stopped by one, or ask anything on it. This fails only
    // for the first process of a group, which has what it needs.
    let _ = process::setsid();
    #[cfg(target_os = "linux")]
    // Orphans of the group come to us: the first process of a container may not care for them.
    let _ = process::set_child_subreaper(Some(process::getpid()));
    let mut command = Command::new(program);
    command.args(args);
    supervise(&channel, command, let_go);
    Ok(())
}

/// Leaves the pipes to the program, so that they close when it ends.
fn let_go() -> io::Result<()> {
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}

/// Starts `command` and watches over it until it has ended and `channel` is closed. `let_go` closes what only the
/// program shall hold.
pub(super) fn supervise(
    channel: &UnixStream,
    mut command: Command,
    let_go: impl FnOnce() -> io::Result<()>,
) {
    let mut told = channel;
    let mut tell = |report: SupervisorMessage| {
        // Who does not listen is gone, and that is noticed where it is listened to.
        let _ = told.write_all(&report.write());
    };
    let started = command.stdin(Stdio::null()).process_group(0).spawn();
    drop(command);
    let not_started =
        |error: &io::Error| SupervisorMessage::NotStarted(error.raw_os_error().unwrap_or_default());
    let program = match started {
        Ok(child) => Pid::from_child(&child),
        Err(error) => return tell(not_started(&error)),
    };
    if let Err(error) = let_go() {
        end(program);
        return tell(not_started(&error));
    }
    tell(SupervisorMessage::Started(program.as_raw_nonzero().get()));
    let (events, happened) = mpsc::channel();
    wait(program, events.clone());
    if let Ok(channel) = channel.try_clone() {
        listen(channel, events);
    }
    let mut stop: Option<Instant> = None;
    let mut ended = false;
    // Once it is to stop, the end of the program is the end of its group, which was asked to end at the same time.
    while !(ended && stop.is_some()) {
        let left = stop.map_or(FOREVER, |stop| stop.saturating_duration_since(Instant::now()));
        match happened.recv_timeout(left) {
            Ok(SupervisorEvent::Ended(report)) => {
                ended = true;
                tell(report);
            }
            Ok(SupervisorEvent::Stop) => {
                let _ = process::kill_process_group(program, Signal::TERM);
                stop = Some(Instant::now() + GRACE);
            }
            Ok(SupervisorEvent::Gone)
            | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                break;
            }
        }
    }
    end(program);
}

/// Says when the program ends. It stays a zombie until the group is killed, so that no other group can get its number.
fn wait(program: Pid, events: Sender<SupervisorEvent>) {
    thread::spawn(move || {
        let status = loop {
            match process::waitid(
                WaitId::Pid(program),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            ) {
                Err(rustix::io::Errno::INTR) => {}
                status => break status.ok().flatten(),
            }
        };
        let code = status.as_ref().and_then(WaitIdStatus::exit_status);
        let signal = status.as_ref().and_then(WaitIdStatus::terminating_signal);
        let report = match (code, signal) {
            (Some(code), _) => SupervisorMessage::Exited(code),
            (None, signal) => SupervisorMessage::Killed(signal.unwrap_or(Signal::KILL.as_raw())),
        };
        events.send(SupervisorEvent::Ended(report))
    });
}

fn listen(mut channel: UnixStream, events: Sender<SupervisorEvent>) {
    thread::spawn(move || {
        let mut byte = STOP;
        while channel.read_exact(&mut byte).is_ok() {
            events.send(SupervisorEvent::Stop).ok();
        }
        events.send(SupervisorEvent::Gone)
    });
}

/// Kills the group, and buries those of it that are our children.
fn end(program: Pid) {
    let _ = process::kill_process_group(program, Signal::KILL);
    let group = || process::waitid(WaitId::Pgid(Some(program)), WaitIdOptions::EXITED);
    while matches!(group(), Ok(_) | Err(rustix::io::Errno::INTR)) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_survive_the_socket() {
        let reports = [
            SupervisorMessage::Started(70_000),
            SupervisorMessage::NotStarted(2),
            SupervisorMessage::Exited(255),
            SupervisorMessage::Killed(9),
        ];
        for report in reports {
            assert_eq!(SupervisorMessage::read(report.write()), Some(report));
        }
        assert_eq!(SupervisorMessage::read(*b"?0000"), None);
    }
}
