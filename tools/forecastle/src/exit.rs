//! Exit codes, the same for every command.

use std::fmt;
use std::process::ExitCode;

use forecastle_node::{RecoveryError, ReplayError};

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
    /// A journal and its execution differ: 3.
    Difference,
    /// The input is damaged or cannot be read: 4.
    Damaged,
    /// The peer does not answer: 5.
    Unreachable,
    /// The journal was written under rules that this build does not have: 6.
    OtherRules,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Usage => "not started",
            Self::Difference => "a difference was found",
            Self::Damaged => "input cannot be used",
            Self::Unreachable => "the exchange does not answer",
            Self::OtherRules => "the journal is of other rules",
        })
    }
}

impl std::error::Error for Failure {}

/// A recovery or a replay that failed, with its exit code.
#[must_use]
pub fn of_recovery(error: RecoveryError) -> anyhow::Error {
    let failure = match &error {
        RecoveryError::Replay(ReplayError::Difference(_)) => Failure::Difference,
        RecoveryError::OtherRules { .. } => Failure::OtherRules,
        _ => Failure::Damaged,
    };
    anyhow::Error::new(error).context(failure)
}

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
            eprintln!("forecastle: {}", one_line(&error));
            ExitCode::from(match error.downcast_ref::<Failure>() {
                Some(Failure::Usage) => 2,
                Some(Failure::Difference) => 3,
                Some(Failure::Damaged) => 4,
                Some(Failure::Unreachable) => 5,
                Some(Failure::OtherRules) => 6,
                None => 1,
            })
        }
    }
}

/// The error and its causes, leaving out a cause that the words before it already contain.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow!("no such port").context("socket: no such port").context(Failure::Usage);
        assert_eq!(one_line(&error), "not started: socket: no such port");
    }

    #[test]
    fn the_failure_in_the_chain_decides_the_exit_code() {
        let code = |error: anyhow::Error| format!("{:?}", report(Err(error)));
        let expected = |number: u8| format!("{:?}", ExitCode::from(number));
        assert_eq!(code(anyhow!("x")), expected(1));
        assert_eq!(code(anyhow!("x").context(Failure::Usage)), expected(2));
        assert_eq!(code(anyhow!("x").context(Failure::Damaged).context("y")), expected(4));
        assert_eq!(code(anyhow!("x").context(Failure::Unreachable)), expected(5));
        assert_eq!(code(anyhow!("x").context(Failure::Difference)), expected(3));
        assert_eq!(code(anyhow!("x").context(Failure::OtherRules)), expected(6));
        assert_eq!(format!("{:?}", report(Ok(Outcome::Difference))), expected(3));
    }
}
