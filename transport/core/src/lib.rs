//! The Aeron UDP protocol as pure state machines.
