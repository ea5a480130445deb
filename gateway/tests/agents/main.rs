//! The agents on real sockets of the loopback, between a scripted engine and scripted clients, in
//! one thread and virtual time. The agents' own work runs under an allocator that ends the process
//! when it is asked for memory.

mod exchange;
mod peer;
mod retransmission;

use assert_no_alloc::AllocDisabler;
use exchange::{Exchange, encoded};
use forecastle_gateway::{BACK_PRESSURE_MAX_NS, BACKLOG_PATIENCE_NS, Drain, HEARTBEAT_PERIOD_NS};
use forecastle_proto_spec::{
    BusinessMessageReject, CounterReport, CounterReportRequest, EstablishmentAck,
    ExecutionReportNew, Frame, MarketDataPacket, Message, NegotiationResponse, NewOrderSingle,
    OrderCancelRequest, OrderPut, RejectCode, Sequence, SessionDisconnected, Terminate,
    TerminateCode,
};
use peer::{Peer, Subscriber};
use zerocopy::FromZeros;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const TRADER: u32 = 1;
/// Records that fill a window of reports and one of market data, and cut nobody off.
const PILE_COUNT: u32 = 1_700;
const ADMINISTRATOR: u32 = 2;

fn order(seq_num: u32) -> Vec<u8> {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(u64::from(seq_num));
    order.seq_num.set(seq_num);
    order.order_qty.set(10);
    encoded(&order)
}

fn cancel(seq_num: u32) -> Vec<u8> {
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.seq_num.set(seq_num);
    encoded(&cancel)
}

fn templates(messages: &[Vec<u8>]) -> Vec<u16> {
    messages.iter().map(|message| u16::from_le_bytes([message[2], message[3]])).collect()
}

/// Turns the wheel until `is_done`, or fails after five virtual seconds.
fn run(
    exchange: &mut Exchange,
    peers: &mut [&mut Peer],
    mut is_done: impl FnMut(&mut Exchange, &mut [&mut Peer]) -> bool,
) {
    for _ in 0..50_000 {
        exchange.turn();
        let now = exchange.now;
        peers.iter_mut().for_each(|peer| peer.turn(now));
        if is_done(exchange, peers) {
            return;
        }
    }
    panic!("not done after five virtual seconds");
}

fn run_for(exchange: &mut Exchange, peers: &mut [&mut Peer], time_ns: u64) {
    let end_ns = exchange.now.monotonic_ns + time_ns;
    run(exchange, peers, |exchange, _| exchange.now.monotonic_ns >= end_ns);
}

/// Logs a peer in and takes both answers off its list.
fn log_in(exchange: &mut Exchange, peer: &mut Peer) {
    run(exchange, &mut [&mut *peer], |_, peers| peers[0].is_connected);
    let login = peer.negotiate(exchange.now);
    peer.offer(&login);
    run(exchange, &mut [&mut *peer], |_, peers| !peers[0].received.is_empty());
    assert_eq!(templates(&peer.received), [NegotiationResponse::TEMPLATE_ID]);
    exchange.pass(1);
    let login = peer.establish(exchange.now);
    peer.offer(&login);
    run(exchange, &mut [&mut *peer], |_, peers| peers[0].received.len() == 2);
    assert_eq!(templates(&peer.received)[1], EstablishmentAck::TEMPLATE_ID);
    peer.received.clear();
}

#[test]
fn an_order_is_reported_to_its_session_and_published_to_everybody() {
    let mut exchange = Exchange::unicast();
    let mut subscriber = Subscriber::new(exchange.market_data_group);
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    for _ in 0..2000 {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    subscriber.packets.clear();
    for seq_num in 1..=20_000 {
        peer.offer(&order(seq_num));
        run(&mut exchange, &mut [&mut peer], |exchange, peers| {
            subscriber.turn(exchange.now);
            peers[0].received.len() == 1
        });
        let (frame, _) = Frame::parse(&peer.received[0]).unwrap();
        let report = frame.body::<ExecutionReportNew>().expect("an order is accepted");
        assert_eq!(report.seq_num.get(), seq_num);
        assert_eq!(report.exec_id.get(), exchange.last_record_position + 32 + 64);
        peer.received.clear();
    }
    run(&mut exchange, &mut [&mut peer], |exchange, _| {
        subscriber.turn(exchange.now);
        subscriber.log_position == exchange.log.position()
    });
    let mut rpt_seqs = Vec::new();
    for (index, packet) in subscriber.packets.iter().enumerate() {
        let (lead, mut rest) = Frame::parse(packet).unwrap();
        let header = lead.body::<MarketDataPacket>().unwrap();
        let first = subscriber.packets[0][8 + 16];
        assert_eq!(header.packet_seq_num.get() as u8, first.wrapping_add(index as u8), "no gap");
        while let Ok((frame, behind)) = Frame::parse(rest) {
            let put = frame.body::<OrderPut>().expect("orders rest");
            assert_eq!(put.flags, 1);
            rpt_seqs.push(put.rpt_seq.get());
            rest = behind;
        }
    }
    assert_eq!(rpt_seqs, (1..=20_000).collect::<Vec<_>>());
}

#[test]
fn a_session_goes_on_at_its_version_on_new_sockets() {
    let mut exchange = Exchange::unicast();
    let mut first = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut first);
    for seq_num in 1..=3 {
        first.offer(&order(seq_num));
    }
    run(&mut exchange, &mut [&mut first], |_, peers| peers[0].received.len() == 3);
    let session_id = first.session_id;
    let mut second = first.again(&exchange);
    run(&mut exchange, &mut [&mut first, &mut second], |_, peers| peers[1].is_connected);
    exchange.commands.clear();
    first.received.clear();
    let login = second.establish(exchange.now);
    second.offer(&login);
    run(&mut exchange, &mut [&mut first, &mut second], |exchange, peers| {
        // The exchange goes on telling the session things all the while.
        if exchange.now.monotonic_ns % 1_000_000 < 100_000 {
            exchange.accept(session_id, 3);
        }
        peers[1].received.len() >= 4 && peers[0].rejected.is_some()
    });
    let (frame, _) = Frame::parse(&exchange.commands[0].1).unwrap();
    let ended = frame.body::<SessionDisconnected>().expect("the engine hears of the end first");
    assert_eq!(ended.session_id.get(), session_id);
    assert_eq!(templates(&first.received).last(), Some(&Terminate::TEMPLATE_ID));
    let (frame, _) = Frame::parse(&second.received[0]).unwrap();
    let ack = frame.body::<EstablishmentAck>().expect("it comes before every report");
    assert_eq!(ack.last_seq_num.get(), 3);
    for bytes in &second.received[1..] {
        let (frame, _) = Frame::parse(bytes).unwrap();
        assert!(frame.body::<ExecutionReportNew>().is_some(), "{}", frame.template_id);
    }
    exchange.commands.clear();
    second.offer(&order(4));
    run(&mut exchange, &mut [&mut second], |exchange, _| !exchange.commands.is_empty());
    assert_eq!(exchange.commands, [(session_id, order(4))]);
    run_for(&mut exchange, &mut [&mut second], 200_000_000);
    assert_eq!(exchange.counter("session.resumed"), 1);
    assert_eq!(exchange.counter("session.displaced"), 1);
    let mut replay = first.again(&exchange);
    run(&mut exchange, &mut [&mut replay], |_, peers| peers[0].is_connected);
    replay.offer(&login);
    run(&mut exchange, &mut [&mut replay], |_, peers| peers[0].rejected.is_some());
    assert_eq!(replay.reply_bytes_in(), 0, "a recorded login opens nothing");
}

#[test]
fn a_bad_login_is_rejected_and_nothing_is_sent_to_the_reply_socket() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    run(&mut exchange, &mut [&mut peer], |_, peers| peers[0].is_connected);
    let mut login = peer.negotiate(exchange.now);
    login[40] ^= 1;
    peer.offer(&login);
    run(&mut exchange, &mut [&mut peer], |_, peers| peers[0].rejected.is_some());
    assert_eq!(peer.rejected, Some(13));
    run_for(&mut exchange, &mut [&mut peer], 1_000_000_000);
    assert_eq!(exchange.commands, []);
    assert_eq!(peer.reply_bytes_in(), 0);
    assert_eq!(exchange.counter("session.credentials"), 1);
    assert_eq!(exchange.counter("session.images_rejected"), 1);
}

#[test]
fn order_entry_listens_on_a_multicast_group_as_well() {
    let mut exchange = Exchange::multicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    peer.offer(&order(1));
    run(&mut exchange, &mut [&mut peer], |_, peers| !peers[0].received.is_empty());
    assert_eq!(templates(&peer.received), [ExecutionReportNew::TEMPLATE_ID]);
}

#[test]
fn a_client_that_falls_silent_is_ended_in_the_log() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    exchange.commands.clear();
    run(&mut exchange, &mut [&mut peer], |exchange, _| !exchange.commands.is_empty());
    let (session_id, command) = &exchange.commands[0];
    assert_eq!(*session_id, 0, "a command of the exchange itself");
    let (frame, _) = Frame::parse(command).unwrap();
    let disconnected = frame.body::<SessionDisconnected>().unwrap();
    assert_eq!(disconnected.session_id.get(), peer.session_id);
    assert_eq!(disconnected.code.get(), TerminateCode::KeepAliveLapsed as u16);
    run(&mut exchange, &mut [&mut peer], |_, peers| peers[0].rejected.is_some());
    let told = templates(&peer.received);
    assert!(told.contains(&Sequence::TEMPLATE_ID), "the exchange kept its side alive: {told:?}");
    assert_eq!(told.last(), Some(&Terminate::TEMPLATE_ID));
}

#[test]
fn an_administrator_reads_every_counter_and_a_trader_none() {
    let mut exchange = Exchange::unicast();
    let mut trader = Peer::new(&exchange, TRADER);
    let mut administrator = Peer::new(&exchange, ADMINISTRATOR);
    log_in(&mut exchange, &mut trader);
    log_in(&mut exchange, &mut administrator);
    let mut request = CounterReportRequest::new_zeroed();
    request.request_id.set(77);
    trader.offer(&encoded(&request));
    run(&mut exchange, &mut [&mut trader], |_, peers| !peers[0].received.is_empty());
    let (frame, _) = Frame::parse(&trader.received[0]).unwrap();
    let reject = frame.body::<BusinessMessageReject>().unwrap();
    assert_eq!(reject.reject_code.get(), RejectCode::NotEntitled as u16);
    administrator.offer(&encoded(&request));
    let count = exchange.counter_count();
    run(&mut exchange, &mut [&mut administrator], |_, peers| peers[0].received.len() == count);
    let mut labels = Vec::new();
    for (index, message) in administrator.received.iter().enumerate() {
        let (frame, _) = Frame::parse(message).unwrap();
        let report = frame.body::<CounterReport>().unwrap();
        assert_eq!(report.request_id.get(), 77);
        assert_eq!(usize::from(report.counter_index.get()), index);
        assert_eq!(usize::from(report.counter_count.get()), count);
        let label = report.label.split(|byte| *byte == 0).next().unwrap_or_default();
        labels.push((String::from_utf8(label.to_vec()).unwrap(), report.value.get()));
    }
    let value =
        |wanted: &str| labels.iter().find(|(label, _)| label == wanted).map(|found| found.1);
    assert_eq!(value("session.not_entitled"), Some(1));
    assert_eq!(value("session.established"), Some(2));
    assert_eq!(value("session.established_now"), Some(2));
    assert!(value("order_entry.datagrams_in") > Some(0));
    assert_eq!(value("reports.unknown_session"), Some(0));
    assert!(value("market_data.packets").is_some());
    let distinct: std::collections::BTreeSet<_> = labels.iter().map(|(label, _)| label).collect();
    assert_eq!(distinct.len(), count, "labels are distinct");
}

#[test]
fn a_client_that_takes_no_reports_is_cut_off_and_others_go_on() {
    let mut exchange = Exchange::unicast();
    let mut slow = Peer::new(&exchange, TRADER);
    let mut quick = Peer::new(&exchange, ADMINISTRATOR);
    log_in(&mut exchange, &mut slow);
    log_in(&mut exchange, &mut quick);
    exchange.commands.clear();
    let mut reports = 0_u32;
    while exchange.commands.is_empty() {
        reports += 1;
        assert!(reports < 100_000, "half a term and a window are long exceeded");
        exchange.accept(slow.session_id, reports);
        exchange.accept(quick.session_id, reports);
        // The slow one sends its keep-alives, but takes nothing.
        let now = exchange.now;
        slow.turn_requests(now);
        if reports.is_multiple_of(100) {
            for peer in [&mut slow, &mut quick] {
                let mut sequence = Sequence::new_zeroed();
                sequence.session_id.set(peer.session_id);
                peer.offer(&encoded(&sequence));
            }
        }
        run(&mut exchange, &mut [&mut quick], |_, peers| peers[0].received.len() as u32 >= reports);
    }
    let (frame, _) = Frame::parse(&exchange.commands[0].1).unwrap();
    let disconnected = frame.body::<SessionDisconnected>().unwrap();
    assert_eq!(disconnected.session_id.get(), slow.session_id);
    assert_eq!(disconnected.code.get(), TerminateCode::SlowConsumer as u16);
    assert!(reports > 1000, "cut off after {reports} reports");
    run_for(&mut exchange, &mut [&mut quick], 200_000_000);
    assert_eq!(exchange.counter("session.slow_consumer"), 1);
    assert_eq!(exchange.counter("session.established_now"), 1);
}

/// Releases 4,000 reports at once to a client that takes what it is sent every `pause` turns; gives
/// how many came, and how long the agent took to read the log to its end.
fn release_at_once(pause: u64) -> (Exchange, usize, u64) {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    for seq_num in 1..=4_000 {
        exchange.accept(peer.session_id, seq_num);
    }
    let start_ns = exchange.now.monotonic_ns;
    let mut read_ns = None;
    for turn in 1..=20_000 {
        exchange.turn();
        if turn % pause == 0 {
            let now = exchange.now;
            peer.turn(now);
        }
        if read_ns.is_none() && exchange.unread_reports() == 0 {
            read_ns = Some(exchange.now.monotonic_ns - start_ns);
        }
    }
    peer.received.retain(|message| templates(std::slice::from_ref(message))[0] == 50);
    let count = peer.received.len();
    (exchange, count, read_ns.expect("the log is read to its end"))
}

#[test]
fn what_was_held_back_is_released_at_the_pace_of_a_client_that_reads() {
    let (exchange, count, read_ns) = release_at_once(200);
    assert_eq!(count, 4_000);
    assert_eq!(exchange.counter("session.slow_consumer"), 0);
    assert!(read_ns < BACKLOG_PATIENCE_NS + 20_000_000, "{read_ns}");
}

#[test]
fn a_backlog_waits_once_for_a_client_that_takes_nothing() {
    let (exchange, count, read_ns) = release_at_once(9_000);
    assert_eq!(exchange.counter("session.slow_consumer"), 1);
    assert!(count < 4_000);
    let expected = BACKLOG_PATIENCE_NS..BACKLOG_PATIENCE_NS + 20_000_000;
    assert!(expected.contains(&read_ns), "{read_ns}");
}

#[test]
fn a_full_ring_holds_cancels_back_and_refuses_orders() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    exchange.commands.clear();
    exchange.is_engine_stopped = true;
    // 128-byte slots fill a ring of 128 KiB with about a thousand cancels.
    let mut sent = 0;
    run(&mut exchange, &mut [&mut peer], |_, peers| {
        while sent < 3000 && peers[0].try_offer(&cancel(sent + 1)) {
            sent += 1;
        }
        sent == 3000
    });
    run_for(&mut exchange, &mut [&mut peer], 3_000_000_000);
    assert_eq!(exchange.commands, [], "the engine is stopped");
    assert_eq!(exchange.counter("session.established_now"), 1, "silence is not the client's");
    exchange.is_engine_stopped = false;
    run(&mut exchange, &mut [&mut peer], |exchange, _| exchange.commands.len() == 3000);
    let expected: Vec<_> = (1..=3000).map(|seq_num| (peer.session_id, cancel(seq_num))).collect();
    assert_eq!(exchange.commands, expected, "each once, in order");
    exchange.commands.clear();

    exchange.is_engine_stopped = true;
    for seq_num in 3001..=3900 {
        peer.offer(&cancel(seq_num));
        run_for(&mut exchange, &mut [&mut peer], 200_000);
    }
    peer.received.clear();
    peer.offer(&order(3901));
    run(&mut exchange, &mut [&mut peer], |_, peers| {
        peers[0].received.retain(|message| message[2] != Sequence::TEMPLATE_ID as u8);
        !peers[0].received.is_empty()
    });
    let (frame, _) = Frame::parse(&peer.received[0]).unwrap();
    let busy = frame.body::<BusinessMessageReject>().unwrap();
    assert_eq!(busy.reject_code.get(), RejectCode::Busy as u16);
    assert_eq!(busy.ref_seq_num.get(), 3901);
    exchange.is_engine_stopped = false;
    run(&mut exchange, &mut [&mut peer], |exchange, _| exchange.commands.len() == 900);
    peer.offer(&order(3901));
    run(&mut exchange, &mut [&mut peer], |exchange, _| exchange.commands.len() == 901);
}

#[test]
fn without_space_new_orders_are_refused_and_all_else_goes_on() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    exchange.commands.clear();
    exchange.refuses_orders.set(true);
    peer.received.clear();
    peer.offer(&order(1));
    run(&mut exchange, &mut [&mut peer], |_, peers| {
        peers[0].received.retain(|message| message[2] != Sequence::TEMPLATE_ID as u8);
        !peers[0].received.is_empty()
    });
    let (frame, _) = Frame::parse(&peer.received[0]).unwrap();
    let busy = frame.body::<BusinessMessageReject>().unwrap();
    assert_eq!((busy.reject_code.get(), busy.exec_id.get()), (RejectCode::Busy as u16, 0));
    peer.offer(&cancel(1));
    run(&mut exchange, &mut [&mut peer], |exchange, _| !exchange.commands.is_empty());
    assert_eq!(exchange.commands, [(peer.session_id, cancel(1))], "the order was not forwarded");
    exchange.refuses_orders.set(false);
    peer.offer(&order(2));
    run(&mut exchange, &mut [&mut peer], |exchange, _| exchange.commands.len() == 2);
}

#[test]
fn a_reader_of_market_data_that_stops_holds_nobody_back_for_long() {
    let mut exchange = Exchange::unicast();
    let mut subscriber = Subscriber::new(exchange.market_data_group);
    for _ in 0..2000 {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    assert!(!subscriber.packets.is_empty(), "the subscriber hears heartbeats");
    // It stops reading, for less than it takes to be forgotten: the window fills, then half a
    // term, then the bound passes.
    let mut waited_ns = 0;
    for seq_num in 1..30_000 {
        exchange.accept(16, seq_num);
        let before_ns = exchange.now.monotonic_ns;
        while exchange.unread_market_data() > 0 {
            exchange.turn();
            assert!(exchange.now.monotonic_ns - before_ns <= BACK_PRESSURE_MAX_NS + 1_000_000);
        }
        waited_ns += exchange.now.monotonic_ns - before_ns;
    }
    run_for(&mut exchange, &mut [], 200_000_000);
    assert!(exchange.counter("market_data.dropped") > 0);
    assert!(waited_ns < 30_000 * 100_000 + 2 * BACK_PRESSURE_MAX_NS, "one bound in all");
    // From then on not even a packet is waited for: records are read as fast as ever.
    for seq_num in 0..3200 {
        exchange.accept(16, seq_num);
    }
    let mut turns = 0;
    while exchange.unread_market_data() > 0 {
        exchange.turn();
        turns += 1;
    }
    assert!(turns <= 3200 / 64 + 1, "{turns} turns");
    // It comes back and sees the gap by its packet numbers.
    subscriber.packets.clear();
    for _ in 0..20_000 {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    let end = exchange.log.position();
    assert_eq!(subscriber.log_position, end);
}

#[test]
fn an_idle_feed_beats_and_tells_silent_records_at_once() {
    let mut exchange = Exchange::unicast();
    let mut subscriber = Subscriber::new(exchange.market_data_group);
    for _ in 0..2000 {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    subscriber.packets.clear();
    let start_ns = exchange.now.monotonic_ns;
    while exchange.now.monotonic_ns < start_ns + 10 * HEARTBEAT_PERIOD_NS {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    assert!((9..=11).contains(&subscriber.packets.len()), "{}", subscriber.packets.len());
    exchange.refuse(16);
    for _ in 0..3 {
        exchange.turn();
        subscriber.turn(exchange.now);
    }
    assert_eq!(subscriber.log_position, exchange.log.position());
}

/// More than a window of reports and of market data: neither agent says that it has sent all
/// before its client has made room for the rest.
#[test]
fn a_drain_is_done_when_all_that_was_released_is_sent() {
    let mut exchange = Exchange::unicast();
    let mut subscriber = Subscriber::new(exchange.market_data_group);
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    for _ in 0..2000 {
        exchange.turn();
        peer.turn(exchange.now);
        subscriber.turn(exchange.now);
    }
    for seq_num in 1..=PILE_COUNT {
        exchange.accept(peer.session_id, seq_num);
        if seq_num % 50 == 0 {
            exchange.turn();
        }
    }
    assert!(exchange.drains().iter().all(|drain| !drain.is_done()), "nobody asked");
    exchange.drains().iter().for_each(Drain::request);
    // Their clients' windows close, well within the bound on market data.
    for _ in 0..100 {
        exchange.turn();
        assert!(exchange.drains().iter().all(|drain| !drain.is_done()), "nobody reads");
    }
    run(&mut exchange, &mut [&mut peer], |exchange, _| {
        subscriber.turn(exchange.now);
        exchange.drains().iter().all(Drain::is_done)
    });
    // What was sent lies in their sockets: nothing more is sent from here on.
    let now = exchange.now;
    for _ in 0..100 {
        peer.turn(now);
        subscriber.turn(now);
    }
    assert_eq!(peer.received.len(), PILE_COUNT as usize);
    assert_eq!(subscriber.log_position, exchange.log.position());
}
