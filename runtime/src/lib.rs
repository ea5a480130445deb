//! Rings, the log buffer, arenas, agents and counters of Forecastle.
