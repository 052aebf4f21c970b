//! A program that renders manifests: its output, or why there is none.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use pullcreds::frontend::Limit;
use pullcreds::inventory::Inventory;
use pullcreds::mask::{self, MASK};
use pullcreds::say;
use pullcreds::source::Source;
use pullcreds::text::{Message, list, shown, shown_error};

use crate::cli::child::{self, ClippedText, End};
use crate::cli::exit::{Exit, Stop};

/// Bytes of all that is said about a failure: callers show it in places made for a few lines, as Argo CD does in
/// the status of an Application.
const FAILURE: usize = 3900;

/// Bytes of them for the command.
const COMMAND: usize = 400;

/// As timeout(1) has it.
const TIMED_OUT: u8 = 124;

/// As shells have it, like the next two.
const NOT_EXECUTABLE: u8 = 126;

const NOT_FOUND: u8 = 127;

const BY_SIGNAL: u8 = 128;

/// A renderer, as people call it.
pub(crate) struct Renderer<'r> {
    pub(crate) program: &'r OsStr,
    pub(crate) args: &'r [OsString],
    pub(crate) name: Message,
    pub(crate) timeout: Option<Duration>,
    /// What comes of a failure.
    pub(crate) after: &'static str,
    /// What the source of its output is called.
    pub(crate) output: String,
    pub(crate) limit: &'r Limit,
}

/// The name of a program, without its folder.
pub(crate) fn name(program: &OsStr) -> Message {
    let file = Path::new(program).file_name().unwrap_or(program);
    shown(&file.to_string_lossy()).into()
}

impl Renderer<'_> {
    /// All of what it renders, and what it said meanwhile.
    pub(crate) fn render(&self, allow_empty: bool) -> Result<(Source, ClippedText), Stop> {
        let Self { program, args, timeout, .. } = *self;
        // One more byte than that is too much.
        let most = self.limit.most().saturating_add(1);
        let ended = child::run(&child::ChildCommand { program, args, timeout, most });
        if let Some((exit, what)) = self.failure(&ended.end) {
            return Err(self.stop(exit, &what, &ended.said));
        }
        if ended.out.len() as u64 > self.limit.most() {
            let what = say!("{} wrote more than {} (--max-input)", self.name, self.limit.shown());
            return Err(self.stop(Exit::Unreadable, &what, &ended.said));
        }
        let source = Source::new(self.output.clone(), ended.out).map_err(|error| {
            let place = error.position.map(|position| say!(", at {}", position));
            let what = say!(
                "the output of {} is not text{}: {}",
                self.name,
                place.unwrap_or_default(),
                error.message
            );
            self.stop(Exit::Unreadable, &what, &ended.said)
        })?;
        // Text that is not YAML is reported where it is checked.
        if !allow_empty && Inventory::holds_object(&source.text) == Ok(false) {
            let what = say!(
                "{} succeeded and wrote no Kubernetes objects (--allow-empty accepts that)",
                self.name
            );
            return Err(self.stop(Exit::Failed, &what, &ended.said));
        }
        Ok((source, ended.said))
    }

    /// The exit code and the text of an end that leaves nothing to judge.
    fn failure(&self, end: &End) -> Option<(Exit, Message)> {
        let name = &self.name;
        Some(match end {
            End::Exited(0) => return None,
            End::Exited(code) => (
                Exit::Others(u8::try_from(*code).unwrap_or(1)),
                say!("{} failed with exit code {}", name, *code),
            ),
            End::Killed(signal) => {
                (by_signal(*signal), say!("{} was ended by signal {}", name, called(*signal)))
            }
            End::Stopped(signal) => {
                (by_signal(*signal), say!("{} was stopped by signal {}", name, called(*signal)))
            }
            End::TimedOut => {
                let timeout = SignedDuration::try_from(self.timeout.unwrap_or_default());
                let timeout = timeout.unwrap_or(SignedDuration::MAX);
                (
                    Exit::Others(TIMED_OUT),
                    say!(
                        "{} was stopped because it did not end within {} (--timeout)",
                        name,
                        shown(&format!("{timeout:#}"))
                    ),
                )
            }
            End::NotStarted(error) => {
                let exit = match error.kind() {
                    std::io::ErrorKind::NotFound => NOT_FOUND,
                    _ => NOT_EXECUTABLE,
                };
                (Exit::Others(exit), say!("cannot run {}: {}", name, shown_error(error)))
            }
            End::Lost => (Exit::Internal, say!("the process that supervised {} is gone", name)),
        })
    }

    /// A failure: what it is, the command, and what the renderer said.
    fn stop(&self, exit: Exit, what: &Message, said: &ClippedText) -> Stop {
        let head = say!("error: {}{}\ncommand: {}\n", what, self.after, self.command());
        let room = FAILURE - head.len().min(FAILURE);
        Stop::with_report(exit, String::from(head) + &self.quote(said, room))
    }

    /// The last of what the renderer said, in at most `limit` bytes.
    pub(crate) fn quote(&self, said: &ClippedText, limit: usize) -> String {
        let head = say!("{} said:\n", self.name);
        let last = said.last(limit.saturating_sub(head.len()));
        if last.is_empty() { last } else { String::from(head) + &last }
    }

    /// The command without what may be a credential in it.
    fn command(&self) -> Message {
        let mut words: Vec<Message> = vec![shown(&self.program.to_string_lossy()).into()];
        let mut hide = false;
        for arg in self.args {
            let arg = arg.to_string_lossy();
            words.push(if hide { MASK.into() } else { without_values(&arg) });
            hide =
                !hide && arg.starts_with('-') && mask::is_secret_name(&arg) && !arg.contains('=');
        }
        list(words, " ").clipped(COMMAND)
    }
}

/// An argument without the value after an `=`: the names of values for a renderer do not say whether they are secret.
fn without_values(arg: &str) -> Message {
    match arg.split_once('=') {
        Some((name, _)) => say!("{}={}", shown(name), MASK),
        None => shown(arg).into(),
    }
}

pub(crate) fn by_signal(signal: i32) -> Exit {
    Exit::Others(u8::try_from(signal).map_or(u8::MAX, |signal| BY_SIGNAL.saturating_add(signal)))
}

/// The number of a signal, and its name where it has one that people know.
pub(crate) fn called(signal: i32) -> Message {
    let names = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (6, "SIGABRT"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (15, "SIGTERM"),
    ];
    match names.iter().find(|(number, _)| *number == signal) {
        Some((_, name)) => say!("{} ({})", signal, *name),
        None => say!("{}", signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renderer<'r>(program: &'r str, args: &'r [OsString]) -> Renderer<'r> {
        let program = OsStr::new(program);
        let limit = Box::leak(Box::default());
        Renderer {
            program,
            args,
            name: name(program),
            after: "; nothing was written",
            output: String::new(),
            timeout: None,
            limit,
        }
    }

    #[track_caller]
    fn check_command(args: &[&str], shown: &str) {
        let args: Vec<_> = args.iter().map(OsString::from).collect();
        let command = renderer("/usr/bin/helm", &args).command();
        assert_eq!(command.as_str(), format!("/usr/bin/helm {shown}"));
    }

    #[test]
    fn a_command_is_shown_without_values() {
        check_command(&["template", "shop", "."], "template shop .");
        check_command(&["--set", "db.pw=hunter2", "--debug"], "--set db.pw=•••••• --debug");
        check_command(&["--password", "hunter2", "shop"], "--password •••••• shop");
        check_command(&["--password=hunter2", "shop"], "--password=•••••• shop");
        check_command(
            &["https://user:hunter2@example.com/chart"],
            "https://••••••@example.com/chart",
        );
        check_command(&["one\ntwo\u{1b}[31m"], "one\\ntwo\\u{1b}[31m");
    }

    #[test]
    fn a_long_command_is_cut() {
        let args = vec![OsString::from("ä".repeat(50)); 100];
        assert!(renderer("helm", &args).command().len() <= COMMAND + '…'.len_utf8());
    }

    #[test]
    fn a_failure_is_short_whatever_the_renderer_said() {
        let mut said = ClippedText::default();
        said.push("ö\n".repeat(50_000).as_bytes());
        let args = vec![OsString::from("x".repeat(5000))];
        let stop = renderer("helm", &args).stop(Exit::Failed, &"helm failed".into(), &said);
        assert!(
            stop.text.starts_with("error: helm failed; nothing was written\n"),
            "{}",
            stop.text
        );
        assert!(stop.text.len() <= FAILURE, "{}", stop.text.len());
    }
}
