//! Runs engine and model side by side: generators of worlds and commands, the comparison after
//! each command, and what is printed when the two differ.

pub mod accounts_and_sessions;
pub mod catalogue;
pub mod coverage;
pub mod decode;
pub mod desk;
pub mod generator;
pub mod guards;
pub mod in_play;
pub mod life_cycle;
pub mod messages;
pub mod odds;
pub mod order_flow;
pub mod order_lives;
pub mod quoting;
pub mod random;
pub mod side_by_side;
pub mod world;
