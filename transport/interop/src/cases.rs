//! The matrix: every case by name, who sends in it, and what it shows.

mod endings;
mod exchange;
mod groups;
mod inbound;
mod ipv6;
mod life;
mod multi_destination;
mod multicast;
mod outbound;
mod response;
mod stream;

use std::path::Path;

/// One row.
pub struct Case {
    /// Short, unique, sorted by what it is about.
    pub name: &'static str,
    /// Which end publishes.
    pub sender: &'static str,
    /// What holds when it passes.
    pub shows: &'static str,
    /// Runs it in an empty folder and says what was seen.
    pub run: fn(&Path) -> anyhow::Result<String>,
    /// What it needs that is not here.
    pub missing: fn() -> Option<&'static str>,
}

/// Every case.
pub const CASES: &[Case] = &[
    stock("unicast_small_in", "20,000 small messages come in order", inbound::small),
    native("unicast_small_out", "20,000 small messages come in order", outbound::small),
    stock("unicast_fragmented_in", "fragments are put together", inbound::fragmented),
    native("unicast_fragmented_out", "fragments are put together", outbound::fragmented),
    stock("unicast_longest_in", "messages of 16 MiB", inbound::longest),
    native("unicast_longest_out", "messages of 16 MiB", outbound::longest),
    stock("unicast_longest_term_in", "terms of 1 GiB", inbound::longest_term),
    stock("unicast_roll_over_in", "terms and their ids roll over", inbound::roll_over),
    native("unicast_roll_over_out", "terms and their ids roll over", outbound::roll_over),
    native("unicast_start_out", "a stream starts in a later term", outbound::start_position),
    stock("unicast_mtu_min_in", "datagrams of 64 bytes", inbound::mtu_min),
    native("unicast_mtu_min_out", "datagrams of 64 bytes", outbound::mtu_min),
    stock("unicast_mtu_8k_in", "datagrams of 8 KiB", inbound::mtu_8k),
    native("unicast_mtu_8k_out", "datagrams of 8 KiB", outbound::mtu_8k),
    stock("unicast_mtu_max_in", "datagrams of 65,504 bytes", inbound::mtu_max),
    native("unicast_mtu_max_out", "datagrams of 65,504 bytes", outbound::mtu_max),
    stock("unicast_loss_in", "what is lost is repaired", inbound::loss),
    native("unicast_loss_out", "what is lost is repaired", outbound::loss),
    stock("unicast_heavy_loss_in", "what is lost again is repaired", inbound::heavy_loss),
    native("unicast_heavy_loss_out", "what is lost again is repaired", outbound::heavy_loss),
    stock("unicast_gap_hold_in", "a gap waits for repair so long only", inbound::gap_hold),
    stock("unicast_unreliable_in", "no repair is asked for", inbound::unreliable),
    native("unicast_unreliable_out", "reliable=false fills gaps", outbound::unreliable),
    Case {
        missing: ipv6::missing,
        ..stock("unicast_ipv6_in", "IPv6 is the same", ipv6::unicast_in)
    },
    Case {
        missing: ipv6::missing,
        ..native("unicast_ipv6_out", "IPv6 is the same", ipv6::unicast_out)
    },
    stock("unicast_window_in", "a slow reader holds the sender back", inbound::window),
    native("unicast_window_out", "a slow reader holds the sender back", outbound::window),
    stock("unicast_wide_window_in", "windows up to 2 MiB", inbound::wide_window),
    native("unicast_wide_window_out", "windows up to 2 MiB", outbound::wide_window),
    native("unicast_cubic_out", "round trips are answered", outbound::congestion_control),
    stock("unicast_sessions_in", "500 sessions share a socket", inbound::sessions),
    native("unicast_sessions_out", "500 sessions share a socket", outbound::sessions),
    stock("end_of_stream_in", "everything comes, then the end", life::end_of_stream_in),
    native("end_of_stream_out", "everything comes, then the end", life::end_of_stream_out),
    stock("revoked_in", "a revoked stream ends at once", endings::revoked_in),
    native("revoked_out", "a revoked stream ends at once", endings::revoked_out),
    stock("silent_sender_in", "a silent image goes after 10 s", endings::silent_sender_in),
    native("silent_sender_out", "a silent image goes after 10 s", endings::silent_sender_out),
    native("silent_receiver_out", "not connected after 5 s", endings::silent_receiver_out),
    stock("late_join_in", "a stream is joined where it is", life::late_join_in),
    native("late_join_out", "a stream is joined where it is", life::late_join_out),
    stock("reject_in", "a refused sender knows at once", life::reject_in),
    native("reject_out", "a refused sender knows at once", life::reject_out),
    stock("restart_in", "a new session is a new image", life::restart_in),
    native("restart_out", "a new session is a new image", life::restart_out),
    stock("idle_in", "12 s of silence end nothing", life::idle_in),
    native("idle_out", "12 s of silence end nothing", life::idle_out),
    both("response_stock_client", "replies come once the client is proven", response::stock_client),
    both("response_stock_server", "our client gets its replies", response::stock_server),
    stock("multicast_max_in", "a group of two gets everything", multicast::max_in),
    native("multicast_max_out", "a group of two gets everything", multicast::max_out),
    stock("multicast_min_in", "fc=min: the slowest decides", multicast::min_in),
    native("multicast_min_out", "fc=min: the slowest decides", multicast::min_out),
    stock("multicast_tagged_in", "fc=tagged: those with the tag decide", multicast::tagged_in),
    native("multicast_tagged_out", "fc=tagged: those with the tag decide", multicast::tagged_out),
    stock("multicast_other_tag_in", "another tag does not count", multicast::other_tag_in),
    stock("multicast_loss_in", "what is lost is repaired for all", multicast::loss_in),
    native("multicast_loss_out", "what is lost is repaired for all", multicast::loss_out),
    stock("multicast_late_in", "a stream is joined where it is", multicast::late_join_in),
    native("multicast_end_out", "everything comes, then the end", multicast::end_of_stream_out),
    stock("destinations_dynamic_in", "receivers register", multi_destination::dynamic_in),
    native(
        "destinations_dynamic_out",
        "permitted receivers register",
        multi_destination::dynamic_out,
    ),
    stock("destinations_manual_in", "receivers are named", multi_destination::manual_in),
    native("destinations_manual_out", "receivers are named", multi_destination::manual_out),
    native(
        "destinations_loss_out",
        "what is lost is repaired for all",
        multi_destination::loss_out,
    ),
    native(
        "destinations_late_out",
        "a stream is joined where it is",
        multi_destination::late_join_out,
    ),
    native(
        "destinations_silent_out",
        "a silent receiver is forgotten",
        multi_destination::silent_out,
    ),
    Case {
        missing: exchange::missing,
        ..both("own_aeron_exchange", "stock Aeron trades at the exchange", exchange::own_aeron)
    },
];

/// Cases of the protocol that nothing here runs, with the reason.
pub const ABSENT: &[(&str, &str)] = &[
    ("cubic_in", "a receiver of ours has a static window and measures no round trips"),
    ("older_aeron", "the driver is the one that the crate brings, 1.54.0"),
];

const fn stock(
    name: &'static str,
    shows: &'static str,
    run: fn(&Path) -> anyhow::Result<String>,
) -> Case {
    Case { name, sender: "Aeron", shows, run, missing: nothing }
}

const fn native(
    name: &'static str,
    shows: &'static str,
    run: fn(&Path) -> anyhow::Result<String>,
) -> Case {
    Case { name, sender: "ours", shows, run, missing: nothing }
}

const fn both(
    name: &'static str,
    shows: &'static str,
    run: fn(&Path) -> anyhow::Result<String>,
) -> Case {
    Case { name, sender: "both", shows, run, missing: nothing }
}

const fn nothing() -> Option<&'static str> {
    None
}
