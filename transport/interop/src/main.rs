//! The transport against the real thing: every case runs our endpoints and a stock Aeron C driver
//! with its client over 127.0.0.1, checks each message by number, bytes and hash, and then Aeron's
//! own counters. Prints a table; the last line counts what passed and what failed.
//!
//! Each case is a process of its own with a time limit, so that a crash or a hang of the C side is
//! a failed row and not the end of the run.
#![forbid(unsafe_code)]

mod cases;
mod loss;
mod native;
mod runner;
mod stock;
mod traffic;
mod waiting;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["--list"] => {
            runner::list();
            Ok(true)
        }
        ["--case", name, folder] => runner::run_case(name, Path::new(folder)).map(|()| true),
        names if names.iter().any(|name| name.starts_with('-')) => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
        names => runner::run(names),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
Usage: forecastle-interop [PREFIX...]   run the cases whose names begin so, or all
       forecastle-interop --list        name them";
