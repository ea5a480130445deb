//! The wire contract of Forecastle: SBE messages as fixed-layout structs.
