//! Which process it is that holds one end of something shared, for the other end to see whether it
//! still lives: a number alone may have been given to another process since.

use std::io;

/// A process of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessIdentity {
    pub(crate) pid: u64,
    /// When it started, in the kernel's ticks since boot (proc(5), stat field 22).
    pub(crate) start_ticks: u64,
}

impl ProcessIdentity {
    /// This process.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub(crate) fn current() -> io::Result<Self> {
        let pid = u64::from(std::process::id());
        let start_ticks = start_ticks(pid).ok_or_else(|| {
            io::Error::new(io::ErrorKind::Unsupported, "the start of this process cannot be read")
        })?;
        Ok(Self { pid, start_ticks })
    }

    /// Whether it has not ended.
    pub(crate) fn is_alive(&self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }
}

/// None for a process that has ended, also while its parent has not asked for its status.
fn start_ticks(pid: u64) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may itself hold any character.
    let (_, behind_name) = stat.rsplit_once(") ")?;
    let mut fields = behind_name.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(START_TICKS_BEHIND_STATE)?.parse().ok()
}

/// Fields between the state, which is the third, and the start, which is the 22nd.
const START_TICKS_BEHIND_STATE: usize = 18;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_lives_until_it_ends_and_no_other_is_taken_for_it() {
        let this = ProcessIdentity::current().unwrap();
        assert!(this.is_alive());
        assert!(!ProcessIdentity { start_ticks: this.start_ticks + 1, ..this }.is_alive());
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        let pid = u64::from(child.id());
        let other = ProcessIdentity { pid, start_ticks: start_ticks(pid).unwrap() };
        assert!(other.is_alive());
        child.kill().unwrap();
        // It is a zombie until it is waited for.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while other.is_alive() {
            assert!(std::time::Instant::now() < deadline, "it was killed");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!other.is_alive());
    }
}
