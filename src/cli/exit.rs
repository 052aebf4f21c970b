//! How a run ends: its exit code, and the text of a run that ends early.

use std::process::ExitCode;

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
    pub(crate) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// `error: TEXT: CAUSE…`.
    pub(crate) fn because(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut text = format!("error: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.ends_with(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            cause = error.source();
        }
        Self { exit, text: pullcreds::text::printable(&text) + "\n" }
    }
}
