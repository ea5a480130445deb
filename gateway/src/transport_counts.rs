//! The transport's counts under labels, one list for each endpoint and socket.

use forecastle_transport::Counters;
use forecastle_transport_udp::UdpCounters;

/// Visits the counts of an endpoint and its channel, in an order that never changes.
pub(crate) fn for_each_transport_count(
    prefix: &str,
    endpoint: &Counters,
    channel: &UdpCounters,
    visit: &mut dyn FnMut(&str, &str, u64),
) {
    let counts = [
        ("datagrams_in", channel.datagrams_in),
        ("bytes_in", channel.bytes_in),
        ("datagrams_out", channel.datagrams_out),
        ("bytes_out", channel.bytes_out),
        ("sends_unheard", channel.sends_unheard),
        ("sends_refused", channel.sends_refused),
        ("receive_errors", channel.receive_errors),
        ("frames", endpoint.frames),
        ("heartbeats", endpoint.heartbeats),
        ("messages", endpoint.messages),
        ("setups", endpoint.setups),
        ("status_messages", endpoint.status_messages),
        ("naks", endpoint.naks),
        ("retransmits", endpoint.retransmits),
        ("gaps_skipped", endpoint.gaps_skipped),
        ("loss_episodes", endpoint.loss_episodes),
    ];
    for (label, value) in counts {
        visit(prefix, label, value);
    }
    for (cause, value) in endpoint.drops() {
        visit(prefix, cause.label(), value);
    }
}
