//! Benchmarks of Forecastle.
