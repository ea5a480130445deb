//! Checks and chores of the Forecastle workspace: `cargo xtask ci` is the whole gate.
//!
//! A program for developers and for the gate. It never ships, and no other package uses it.
#![forbid(unsafe_code)]

mod codegen;
mod gate;
mod interop;
mod metadata;
mod rust_text;
mod tidy;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["ci"] => gate::run(None),
        ["ci", "--only", steps] => gate::run(Some(steps)),
        ["tidy"] => print_faults(),
        ["interop", "--prepare"] => interop::run(true, &[]),
        ["interop", prefixes @ ..] if prefixes.iter().all(|prefix| !prefix.starts_with('-')) => {
            interop::run(false, prefixes)
        }
        ["codegen"] => codegen::run(false).map(|()| true),
        ["codegen", "--check"] => codegen::run(true).map(|()| true),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
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

fn print_faults() -> anyhow::Result<bool> {
    let (rule_count, faults) = tidy::check()?;
    for fault in &faults {
        println!("{fault}");
    }
    println!("{rule_count} rules, {} faults", faults.len());
    Ok(faults.is_empty())
}

const USAGE: &str = "\
Usage: cargo xtask <command>

  ci                      run the whole gate, as the server does
  ci --only STEP[,STEP]   run some of its steps
  tidy                    check the rules of the tree
  interop [PREFIX...]     run the transport against the Aeron C driver: all cases, or those named so
  interop --prepare       install and build what that needs, and stop there
  codegen [--check]       write, or compare, what is generated from the schema";
