//! A program without a supervisor: where there are no process groups, only the program itself
//! is ended when its time is up, and signals end this program as they always do.

#![cfg_attr(unix, allow(dead_code, reason = "this is compiled for its tests"))]

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{ChildCommand, End, Ended, Heard, read_out};

/// How long what it said is waited for when it has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// Starts it, and waits for its end.
pub(crate) fn run(request: &ChildCommand<'_>) -> Ended {
    let heard = Heard::default();
    let (end, out) = match watch(request, &heard) {
        Ok((end, out)) => (end, out),
        Err(error) => (End::NotStarted(error), Vec::new()),
    };
    Ended { end, out, said: heard.taken() }
}

/// There is nothing to watch over a program with.
pub(crate) fn supervise(_: &[std::ffi::OsString]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn watch(request: &ChildCommand<'_>, heard: &Heard) -> io::Result<(End, Vec<u8>)> {
    let (mut out, out_end) = io::pipe()?;
    let (err, err_end) = io::pipe()?;
    let mut child = Command::new(request.program)
        .args(request.args)
        .stdin(Stdio::null())
        .stdout(out_end)
        .stderr(err_end)
        .spawn()?;
    let (tell, read) = mpsc::channel();
    let most = request.most;
    thread::spawn(move || tell.send(read_out(&mut out, most)));
    let (said, all_said) = mpsc::channel::<()>();
    let hearing = heard.clone();
    thread::spawn(move || {
        hearing.read(err);
        drop(said);
    });
    let out = match read.recv_timeout(request.timeout.unwrap_or(FOREVER)) {
        Ok(out) => out?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            child.kill()?;
            child.wait()?;
            return Ok((End::TimedOut, Vec::new()));
        }
    };
    let end = end(&mut child)?;
    let _ = all_said.recv_timeout(LAST_WORDS);
    let succeeded = matches!(end, End::Exited(0));
    Ok((end, if succeeded { out } else { Vec::new() }))
}

fn end(child: &mut Child) -> io::Result<End> {
    Ok(child.wait()?.code().map_or(End::Lost, End::Exited))
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};

    use super::*;

    fn run_alone(script: &str, timeout: Option<Duration>) -> Ended {
        let args = ["-c", script].map(OsString::from);
        run(&ChildCommand { program: OsStr::new("sh"), args: &args, timeout, most: u64::MAX })
    }

    #[test]
    fn a_program_alone_is_read_and_ended() {
        let ended = run_alone("echo out; echo said >&2", None);
        assert!(matches!(ended.end, End::Exited(0)), "{:?}", ended.end);
        assert_eq!((&*ended.out, &*ended.said.whole()), (&b"out\n"[..], "said\n"));
        let ended = run_alone("echo out; exit 3", None);
        assert!(matches!(ended.end, End::Exited(3)) && ended.out.is_empty());
        let ended = run_alone("exec sleep 1000", Some(Duration::from_millis(200)));
        assert!(matches!(ended.end, End::TimedOut) && ended.out.is_empty());
        assert!(matches!(
            run(&ChildCommand {
                program: OsStr::new("no-such-program"),
                args: &[],
                timeout: None,
                most: u64::MAX
            })
            .end,
            End::NotStarted(_)
        ));
    }
}
