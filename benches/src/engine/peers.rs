//! Other people's order books on the same flows.
//!
//! They are built in a workspace of their own, `benches/peers`, when the benchmark runs, so that
//! neither their packages nor the time to build them are part of Forecastle. Each runs in a process
//! of its own on the processor that the engine is measured on, waits while others are measured,
//! and is told over its standard input when its turn comes. Every run of a peer builds its books
//! anew and is checked: fills that are not those of the naive books end the peer's part.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::QUANTILES;
use super::book_script::BookScript;
use crate::host::package_folder;
use crate::measurement::{Run, rates};
use crate::pair;

/// The peers' program, built.
#[derive(Debug)]
pub struct PeerProgram {
    path: PathBuf,
    names: Vec<String>,
}

/// A peer that has read a flow and fills what it must.
#[derive(Debug)]
pub struct Peer {
    name: String,
    command_count: u32,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A peer that does not fill what the naive books fill, or does not get to the end.
#[derive(Debug)]
pub struct WrongPeer {
    /// The peer.
    pub name: String,
    /// What it did instead.
    pub found: String,
}

impl PeerProgram {
    /// Builds the peers; cargo's own lines go to the standard error.
    ///
    /// # Errors
    /// They do not build, as without their packages and without a registry.
    pub fn build() -> io::Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let target = std::env::current_exe()?.with_file_name("peers");
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg(package_folder().join("peers/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(io::Error::other("the peers do not build here"));
        }
        let path = target.join("release/peers");
        let listed = Command::new(&path).output()?;
        let names = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
        Ok(Self { path, names })
    }

    /// Starts every peer on `cpu` with a script, which is left in `folder` while they read it.
    ///
    /// # Errors
    /// The script cannot be written, or a process cannot be started.
    pub fn start(
        &self,
        script: &BookScript,
        cpu: usize,
        folder: &Path,
    ) -> io::Result<(Vec<Peer>, Vec<WrongPeer>)> {
        let file = folder.join(format!("bench-engine.{}.script", std::process::id()));
        script.write(std::fs::File::create(&file)?)?;
        let (mut right, mut wrong) = (Vec::new(), Vec::new());
        for name in &self.names {
            let mut peer = Peer::start(&self.path, name, script.command_count, cpu, &file)?;
            match peer.ask("rate") {
                Ok(_) => right.push(peer),
                Err(error) => {
                    wrong.push(WrongPeer { name: name.clone(), found: error.to_string() });
                }
            }
        }
        std::fs::remove_file(file)?;
        Ok((right, wrong))
    }
}

impl Peer {
    fn start(
        program: &Path,
        name: &str,
        command_count: u32,
        cpu: usize,
        script: &Path,
    ) -> io::Result<Self> {
        // A child runs where the thread ran that started it.
        let started = pair::run_alone(cpu, || {
            Command::new(program)
                .args([Path::new(name), script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
        });
        let mut child = started.map_err(io::Error::other)?.result?;
        let orders = child.stdin.take().expect("standard input is a pipe");
        let answers = child.stdout.take().expect("standard output is a pipe");
        let answers = BufReader::new(answers);
        Ok(Self { name: name.to_owned(), command_count, child, orders, answers })
    }

    /// Name and version of its package.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One run of the script.
    ///
    /// # Errors
    /// The process has ended, or has filled something else.
    pub fn rate(&mut self) -> io::Result<Run> {
        let [wall_ns, cpu_ns, preemption_count, ..] = self.ask("rate")?;
        let figures = rates(u64::from(self.command_count), (wall_ns, cpu_ns));
        Ok(Run { figures, preemption_count })
    }

    /// One run of the script with the time of each command taken.
    ///
    /// # Errors
    /// As [`Self::rate`].
    pub fn service_time(&mut self) -> io::Result<Run> {
        let [p50, p99, p999, maximum, preemption_count] = self.ask("times")?;
        let figures = QUANTILES.into_iter().zip([p50, p99, p999, maximum]).collect();
        Ok(Run { figures, preemption_count })
    }

    /// The numbers of a run; those that it does not give are 0.
    fn ask(&mut self, what: &str) -> io::Result<[u64; 5]> {
        writeln!(self.orders, "{what}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let Some(numbers) = line.strip_prefix("ok ") else {
            let said = if line.is_empty() { "its process ended" } else { line.trim() };
            return Err(io::Error::other(said.to_owned()));
        };
        let mut answer = [0; 5];
        for (place, number) in answer.iter_mut().zip(numbers.split_whitespace()) {
            *place = number.parse().map_err(io::Error::other)?;
        }
        Ok(answer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
