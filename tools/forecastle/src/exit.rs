//! Exit codes, the same for every command.

use std::fmt;
use std::process::ExitCode;

/// How a command ended when it was not simply done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done: 0.
    Done,
    /// A comparison found a difference: 3. What differs has been printed.
    Difference,
}

/// A failure with an exit code of its own; any other failure is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Wrong arguments or configuration: 2.
    Usage,
    /// The input is damaged or cannot be read: 4.
    Damaged,
    /// The peer does not answer: 5.
    Unreachable,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Usage => "not started",
            Self::Damaged => "input cannot be used",
            Self::Unreachable => "the exchange does not answer",
        })
    }
}

impl std::error::Error for Failure {}

/// Prints the failure, if any, on standard error as one line, and gives the exit code.
///
/// A [`Failure`] anywhere in the chain of causes (attached with `anyhow::Error::context`) decides
/// the code.
#[must_use]
pub fn report(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Difference) => ExitCode::from(3),
        Err(error) => {
            eprintln!("forecastle: {error:#}");
            ExitCode::from(match error.downcast_ref::<Failure>() {
                Some(Failure::Usage) => 2,
                Some(Failure::Damaged) => 4,
                Some(Failure::Unreachable) => 5,
                None => 1,
            })
        }
    }
}
