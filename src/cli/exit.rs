//! How a run ends: its exit code, and the text of a run that ends early.

use std::process::ExitCode;

use pullcreds::say;
use pullcreds::text::{Message, shown_error};

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Pass,
    Failed,
    Usage,
    Unreadable,
    Unwritable,
    Internal,
    /// That of another program.
    Others(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreadable => 3,
            Self::Unwritable => 4,
            Self::Internal => 70,
            Self::Others(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A run that ends early: the text for standard error, and the exit code.
pub(crate) struct Stop {
    pub(crate) exit: Exit,
    pub(crate) text: String,
}

impl Stop {
    /// A run that ends with a message, on lines of its own.
    pub(crate) fn new(exit: Exit, text: impl Into<Message>) -> Self {
        Self { exit, text: text.into().into() }
    }

    /// A run that ends with what a report has drawn, where everything is masked already.
    pub(crate) fn with_report(exit: Exit, report: String) -> Self {
        Self { exit, text: report }
    }

    /// `error: TEXT: CAUSE…`.
    pub(crate) fn because(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut text = say!("error: {}", shown_error(error));
        let mut cause = error.source();
        while let Some(error) = cause {
            let more = shown_error(error).to_string();
            if !text.ends_with(&more) {
                text = say!("{}: {}", text, shown_error(error));
            }
            cause = error.source();
        }
        Self::new(exit, say!("{}\n", text))
    }
}
