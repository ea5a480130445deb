//! Child processes with a deadline: run to the end, or started and stopped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Runs `command` to its end, giving each line of its standard output to `each_line` as it comes.
/// Standard error goes where this program's goes.
///
/// At a terminal the child stays in the foreground, so that Ctrl-C reaches it; elsewhere it and its
/// children are killed at the deadline.
///
/// # Errors
/// When it cannot start or has not ended after `limit`.
pub fn run(
    command: &mut Command,
    limit: Duration,
    mut each_line: impl FnMut(&str),
) -> anyhow::Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    let is_at_terminal = std::io::stdin().is_terminal();
    if !is_at_terminal {
        command.process_group(0);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
    let deadline = Instant::now() + limit;
    let lines = lines_of(child.stdout.take().expect("standard output is piped"));
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => each_line(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let group = if is_at_terminal { "" } else { "-" };
                let is_group_killed = signal("KILL", &format!("{group}{}", child.id()));
                child.kill()?;
                child.wait()?;
                is_group_killed?;
                bail!("{name} was killed after {} s", limit.as_secs());
            }
        }
    }
    wait(&mut child, deadline.saturating_duration_since(Instant::now()))?
        .with_context(|| format!("{name} closed its output and went on"))
}

/// A process that runs until it is told to stop; killed when dropped before that.
pub struct Background {
    child: Child,
    name: String,
}

impl Background {
    /// Starts `command` with standard output and standard error in files.
    ///
    /// # Errors
    /// When it cannot start or a file cannot be made.
    pub fn start(command: &mut Command, output: &Path, errors: &Path) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null());
        command.stdout(File::create(output)?).stderr(File::create(errors)?);
        let child = command.spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { child, name })
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When its state cannot be read.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Ends it as an operator would, by a signal to its process id.
    ///
    /// # Errors
    /// When it has not ended after `limit`.
    pub fn stop(mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        if self.is_running()? {
            signal("TERM", &self.child.id().to_string())?;
        }
        let status = wait(&mut self.child, limit)?;
        status
            .with_context(|| format!("{} still ran {} s after SIGTERM", self.name, limit.as_secs()))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // It is this program's own child and still unreaped, so the id cannot be another's.
            let _killed = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// Asks `condition` until it gives a value or `limit` has passed; none then.
///
/// # Errors
/// Those of `condition`.
pub fn poll<T>(
    limit: Duration,
    mut condition: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<T>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition()? {
            return Ok(Some(value));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// How often [`poll`] asks.
pub const POLL_INTERVAL: Duration = Duration::from_millis(20);

fn wait(child: &mut Child, limit: Duration) -> anyhow::Result<Option<ExitStatus>> {
    poll(limit, || Ok(child.try_wait()?))
}

/// Sends a signal through the shell, whose `kill` every system has; this crate has no unsafe code.
fn signal(name: &str, target: &str) -> anyhow::Result<()> {
    let script = format!("kill -s {name} -- {target}");
    let status = Command::new("sh").args(["-c", &script]).status().context("running sh")?;
    anyhow::ensure!(status.success(), "cannot send {name} to {target}");
    Ok(())
}

fn lines_of(output: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn gives_every_line_and_the_status() {
        let mut lines = Vec::new();
        let mut command = shell("printf 'one\\t\\t\\n'; echo two; exit 3");
        let status = run(&mut command, Duration::from_secs(20), |line| lines.push(line.to_owned()));
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(lines, ["one\t\t", "two"]);
    }

    #[test]
    fn ends_what_does_not_end() {
        let error = run(&mut shell("exec sleep 1000"), Duration::from_millis(50), |_| {});
        assert!(error.unwrap_err().to_string().contains("was killed"));
        assert!(run(&mut Command::new("no-such-program"), Duration::ZERO, |_| {}).is_err());
    }

    #[test]
    fn stops_a_background_process_by_signal() {
        let null = Path::new("/dev/null");
        let mut sleeper = Background::start(&mut shell("exec sleep 1000"), null, null).unwrap();
        assert!(sleeper.is_running().unwrap());
        let status = sleeper.stop(Duration::from_secs(20)).unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    }
}
