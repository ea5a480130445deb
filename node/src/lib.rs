//! Puts the agents of Forecastle together and on cores.
