//! Checks and chores of the Forecastle workspace.

fn main() {}
