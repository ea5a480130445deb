//! The forecastle command.

fn main() {}
