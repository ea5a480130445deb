//! The journal on real disks.
