//! The real `forecastle serve` over real sockets: one order from login to digest, and everything
//! that nobody should send.
//!
//! Every test starts exchanges of its own on free ports of the loopback interface and ends them by
//! their process id. Honest clients use the SDK; hostile ones write every Aeron frame by hand.

mod amplification;
mod bad_datagrams;
mod bad_logins;
mod bad_messages;
mod bad_numbers;
mod bad_orders;
mod cancel_on_disconnect;
mod catalogue;
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod desk;
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod exchange_process;
mod floor;
mod foreign_orders;
mod garbage_flood;
mod inbox;
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod journal_command;
mod lossy_network;
mod money_edges;
mod order_over_udp;
mod plain_socket;
mod random;
mod reference_odds;
mod resumption;
mod start_and_stop;
mod trader_limits;
