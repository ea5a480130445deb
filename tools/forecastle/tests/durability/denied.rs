//! What the system denies: io_uring, and writing at all.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::damage::{forecastle, traded};
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::Floor;
use crate::restarts::refused;

/// Runs `start` on a thread of its own to which the system denies these calls, and whose
/// processes it denies them to as well.
fn denying<T: Send + 'static>(calls: &[i64], start: impl FnOnce() -> T + Send + 'static) -> T {
    let filter = SeccompFilter::new(
        calls.iter().map(|call| (*call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into().expect("seccomp knows this processor"),
    );
    let program: BpfProgram = filter.and_then(TryInto::try_into).expect("it is a filter");
    let thread = thread::spawn(move || {
        seccompiler::apply_filter(&program).expect("any thread may give up calls");
        start()
    });
    thread.join().expect("it starts")
}

#[test]
fn without_io_uring_the_journal_is_written_blocking_and_one_line_says_so() {
    for call in [libc::SYS_io_uring_setup, libc::SYS_io_uring_register] {
        let exchange = denying(&[call], || ExchangeProcess::start_with(&Setup::default()));
        let mut floor = Floor::open_in(exchange);
        floor.trade_one_order();
        let exchange = floor.exchange;
        drop((floor.admin, floor.maker, floor.taker));
        let (folder, output) = exchange.end_and_tell("TERM");
        let lines: Vec<_> = output.lines().filter(|line| line.contains("io_uring")).collect();
        let said = "note          io_uring is denied (Operation not permitted (os error 1)): \
                    the journal is written blocking";
        assert_eq!(lines, [said]);
        let journal = output.lines().find(|line| line.starts_with("journal "));
        assert!(journal.is_some_and(|line| line.contains("   blocking, ")), "{output}");
        for arguments in [["journal", "verify"], ["replay", "--json"]] {
            let output = forecastle(&arguments, &data_folder(&folder));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        // What was written so is gone on with through io_uring.
        let (_, output) = ExchangeProcess::spawn(folder).end_and_tell("TERM");
        assert!(output.contains("   io_uring, "), "{output}");
    }
}

#[test]
fn an_exchange_that_asks_for_io_uring_alone_does_not_start_without_it() {
    let folder = traded(1);
    let path = folder.path().join("exchange.toml");
    let text = fs::read_to_string(&path).expect("it was started with one");
    fs::write(&path, format!("{text}backend = \"io_uring\"\n")).expect("it is writable");
    let line = denying(&[libc::SYS_io_uring_setup], move || refused(&folder, 1));
    assert!(line.contains("io_uring") && line.contains("Operation not permitted"), "{line}");
}

/// A command that sees this folder read-only; none where the system lets nobody do that.
fn seeing_read_only(folder: &Path) -> Option<impl Fn() -> Command> {
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let folder = folder.to_path_buf();
    [&["--mount"][..], &["--mount", "--map-root-user"]].into_iter().find_map(move |flags| {
        let folder = folder.clone();
        let make = move || {
            let mut command = Command::new("unshare");
            command.args(flags).args(["sh", "-c", script]).arg(&folder);
            command
        };
        let tried = make().arg("true").output().ok()?;
        tried.status.success().then_some(make)
    })
}

#[test]
fn a_read_only_folder_is_named_and_can_be_read() {
    let folder = traded(3);
    let data = data_folder(&folder);
    let Some(seeing) = seeing_read_only(&data) else {
        println!("skipped: a read-only folder needs a mount namespace (unshare --mount)");
        return;
    };
    let before = names(&data);
    let run = |arguments: &[&str], path: &Path| -> Output {
        let mut command = seeing();
        command.arg(env!("CARGO_BIN_EXE_forecastle")).args(arguments).arg(path);
        command.output().expect("it was tried before")
    };
    for path in [data.clone(), data.join("new")] {
        let output = run(&["serve", "--data"], &path);
        let line = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        for word in ["data folder", path.to_str().expect("it is text"), "Read-only file system"] {
            assert!(line.contains(word), "no {word:?} in {line}");
        }
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    for arguments in [["journal", "verify"], ["journal", "ls"], ["replay", "--json"]] {
        let output = run(&arguments, &data);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let output = run(&["journal", "snapshot"], &data);
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.contains("Read-only file system"), "{line}");
    assert_eq!(names(&data), before, "nothing was changed");
    assert!(ExchangeProcess::spawn(folder).end_by("TERM").status.success());
}

/// Everything in a folder and the folders in it, with lengths.
fn names(folder: &Path) -> Vec<(String, u64)> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let entry = entry.expect("it is readable");
        let metadata = entry.metadata().expect("it is there");
        names.push((entry.path().display().to_string(), metadata.len()));
        if metadata.is_dir() {
            names.extend(self::names(&entry.path()));
        }
    }
    names.sort();
    names
}
