//! Records typed by hand and the packets they must give.

use forecastle_proto_spec::{
    BusinessMessageReject, Continue, EventDefinition, EventDefinitionReport, Frame,
    MarketDataPacket, MarketSettled, MarketSettlement, Message, NewOrderSingle, OrderAccepted,
    OrderCancelled, OrderDelete, OrderExecuted, OrderPut, OrderReduce, OrderReplaced, OrderRested,
    SecurityDefinition, SecurityStatus, SecurityStatusReport, Trade,
};
use zerocopy::FromZeros;

use super::*;
use crate::record::Record;
use crate::record_builder::{RecordBuilder, SEQUENCING_TIME_NS, encoded};

/// A packet read back.
struct Packet {
    header: MarketDataPacket,
    messages: Vec<Vec<u8>>,
}

impl Packet {
    fn read(bytes: &[u8]) -> Self {
        let (lead, mut rest) = Frame::parse(bytes).expect("a packet is led by its header");
        let header = *lead.body::<MarketDataPacket>().expect("the header comes first");
        let mut messages = Vec::new();
        while !rest.is_empty() {
            let (frame, behind) = Frame::parse(rest).expect("messages follow");
            messages.push(frame.bytes.to_vec());
            rest = behind;
        }
        assert_eq!(header.message_count.get() as usize, messages.len());
        Self { header, messages }
    }

    /// Whether each message ends its event. The flags' place is found by the schema's layout.
    fn ends(&self) -> Vec<bool> {
        let layouts = forecastle_proto_spec::LAYOUTS.iter().flat_map(|section| section.iter());
        let layouts: Vec<_> = layouts.collect();
        let ends = self.messages.iter().map(|message| {
            let template_id = u16::from_le_bytes([message[2], message[3]]);
            let layout = layouts.iter().find(|layout| layout.template_id == template_id).unwrap();
            let flags = layout.fields.iter().find(|field| field.0 == "flags").unwrap().1;
            message[8 + flags] == 1
        });
        ends.collect()
    }
}

/// The packets of some records, each at its place in a log that starts at `position`.
fn pack(packer: &mut MarketDataPacker, position: u64, records: &[Vec<u8>]) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut emit = |bytes: &[u8]| packets.push(Packet::read(bytes));
    let mut position = position;
    for record in records {
        packer.push(&Record::new(position, record), &mut emit);
        position += record.len() as u64;
    }
    packer.flush(&mut emit);
    packets
}

fn rested(rpt_seq: u32) -> OrderRested {
    let mut order = OrderRested::new_zeroed();
    order.rpt_seq.set(rpt_seq);
    order
}

fn resting(rpt_seqs: std::ops::Range<u32>) -> Vec<u8> {
    let order = RecordBuilder::of(16, &NewOrderSingle::new_zeroed());
    rpt_seqs.fold(order, |record, rpt_seq| record.effect(&rested(rpt_seq))).build()
}

#[test]
fn a_sweep_that_rests_is_one_packet_byte_by_byte() {
    let mut trade = Trade::new_zeroed();
    trade.resting_order_id.set(0xA1);
    trade.security_id.set(3);
    trade.rpt_seq.set(8);
    trade.quantity.set(20);
    trade.price.set(3990);
    trade.aggressor_side = 1;
    let mut rested = rested(9);
    rested.order_id.set(0x11);
    rested.priority.set(5);
    rested.security_id.set(3);
    rested.leaves_qty.set(30);
    rested.price.set(4000);
    rested.side = 1;
    let record = RecordBuilder::of(16, &NewOrderSingle::new_zeroed())
        .effect(&OrderAccepted::new_zeroed())
        .effect(&trade)
        .effect(&rested)
        .build();
    let mut packer = MarketDataPacker::new(0, 1376, 4096);
    let mut packets = Vec::new();
    let mut emit = |bytes: &[u8]| packets.push(bytes.to_vec());
    packer.push(&Record::new(4096, &record), &mut emit);
    packer.flush(&mut emit);
    // The record is 32 + 64 + 56 + 96 + 40 = 288 bytes long and ends at 4384; the trade is at 4248.
    let expected: [&[u8]; 15] = [
        &[24, 0, 80, 0, 0x43, 0x46, 0, 0],
        &[0x00, 0x00, 0xB4, 0x93, 0x76, 0xE2, 0xFA, 0x18],
        &[0x20, 0x11, 0, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 2, 0, 0, 0],
        &[32, 0, 84, 0, 0x43, 0x46, 0, 0],
        &[0xA1, 0, 0, 0, 0, 0, 0, 0],
        &[0x98, 0x10, 0, 0, 0, 0, 0, 0],
        &[3, 0, 0, 0, 8, 0, 0, 0],
        &[20, 0, 0, 0, 0x96, 0x0F, 1, 0],
        &[32, 0, 81, 0, 0x43, 0x46, 0, 0],
        &[0x11, 0, 0, 0, 0, 0, 0, 0],
        &[5, 0, 0, 0, 0, 0, 0, 0],
        &[3, 0, 0, 0, 9, 0, 0, 0],
        &[30, 0, 0, 0, 0xA0, 0x0F],
        &[1, 1],
    ];
    assert_eq!(packets, [expected.concat()]);
    packets.clear();
    packer.flush(|bytes| packets.push(bytes.to_vec()));
    assert!(packets.is_empty(), "nothing new is to be told");
}

#[test]
fn every_effect_becomes_its_message() {
    let mut kept = OrderReplaced::new_zeroed();
    kept.order_id.set(1);
    kept.leaves_qty.set(7);
    kept.rpt_seq.set(2);
    kept.priority_kept = 1;
    let mut lost = kept;
    lost.priority_kept = 0;
    let mut waiting = kept;
    waiting.is_pending = 1;
    let mut out = OrderCancelled::new_zeroed();
    out.order_id.set(4);
    out.rpt_seq.set(3);
    out.was_resting = 1;
    let mut never_in = out;
    never_in.was_resting = 0;
    let mut status = SecurityStatusReport::new_zeroed();
    status.event_id.set(6);
    status.security_id.set(5);
    status.rpt_seq.set(4);
    status.reason.set(99);
    (status.status, status.in_play) = (3, 1);
    status.in_play_delay_ms.set(5_000);
    let mut settled = MarketSettled::new_zeroed();
    settled.event_id.set(6);
    settled.security_id.set(5);
    settled.rpt_seq.set(5);
    settled.settlement_price.set(10_000);
    let record = RecordBuilder::of(0, &Continue::new_zeroed())
        .effect(&kept)
        .effect(&lost)
        .effect(&waiting)
        .effect(&out)
        .effect(&never_in)
        .effect(&BusinessMessageReject::new_zeroed())
        .effect(&status)
        .effect(&settled)
        .build();
    let packets = pack(&mut MarketDataPacker::new(0, 1376, 0), 0, &[record]);

    let mut reduce = OrderReduce::new_zeroed();
    reduce.order_id.set(1);
    reduce.quantity.set(7);
    reduce.rpt_seq.set(2);
    let mut replaced = OrderDelete::new_zeroed();
    replaced.order_id.set(1);
    replaced.rpt_seq.set(2);
    let mut deleted = OrderDelete::new_zeroed();
    deleted.order_id.set(4);
    deleted.rpt_seq.set(3);
    let mut paused = SecurityStatus::new_zeroed();
    paused.event_id.set(6);
    paused.security_id.set(5);
    paused.rpt_seq.set(4);
    paused.reason.set(99);
    (paused.status, paused.in_play) = (3, 1);
    paused.in_play_delay_ms.set(5_000);
    let mut settlement = MarketSettlement::new_zeroed();
    settlement.event_id.set(6);
    settlement.security_id.set(5);
    settlement.rpt_seq.set(5);
    settlement.settlement_price.set(10_000);
    settlement.flags = 1;
    let expected = [
        encoded(&reduce),
        encoded(&replaced),
        encoded(&deleted),
        encoded(&paused),
        encoded(&settlement),
    ];
    assert_eq!(packets.len(), 1);
    assert_eq!(packets[0].messages, expected);
}

#[test]
fn a_set_executes_what_rested_and_tells_the_incoming_order_s_market() {
    let mut resting = CrossOutcomeFill::new_zeroed();
    resting.order_id.set(7);
    resting.security_id.set(5);
    resting.rpt_seq.set(6);
    resting.quantity.set(3);
    resting.price.set(4_000);
    resting.side = 1;
    let mut incoming = resting;
    incoming.security_id.set(8);
    incoming.is_aggressor = 1;
    let command = Continue::new_zeroed();
    let record = RecordBuilder::of(0, &command).effect(&resting).effect(&incoming).build();
    let packets = pack(&mut MarketDataPacker::new(0, 1376, 0), 0, &[record]);

    let mut executed = OrderExecuted::new_zeroed();
    executed.order_id.set(7);
    executed.trd_match_id.set(32 + 24);
    executed.security_id.set(5);
    executed.rpt_seq.set(6);
    executed.quantity.set(3);
    executed.price.set(4_000);
    executed.aggressor_side = 2;
    let mut outcome = OutcomeTrade::new_zeroed();
    outcome.trd_match_id.set(32 + 24 + 72);
    outcome.security_id.set(8);
    outcome.rpt_seq.set(6);
    outcome.quantity.set(3);
    outcome.price.set(4_000);
    outcome.aggressor_side = 1;
    outcome.flags = 1;
    assert_eq!(packets[0].messages, [encoded(&executed), encoded(&outcome)]);
}

#[test]
fn a_definition_lists_every_market_over_as_many_packets_as_it_takes() {
    let mut report = EventDefinitionReport::new_zeroed();
    report.event_id.set(2);
    report.first_security_id.set(10);
    report.external_id.set(1234);
    (report.market_count, report.exhaustive) = (64, 1);
    let record = RecordBuilder::of(16, &NewOrderSingle::new_zeroed()).effect(&report).build();
    let end = record.len() as u64;
    let packets = pack(&mut MarketDataPacker::new(3, 256, 0), 0, &[record]);
    let messages: Vec<_> = packets.iter().flat_map(|packet| packet.messages.clone()).collect();
    assert_eq!(messages.len(), 65);
    let (frame, _) = Frame::parse(&messages[0]).unwrap();
    let event = frame.body::<EventDefinition>().unwrap();
    assert_eq!((event.event_id.get(), event.first_security_id.get()), (2, 10));
    assert_eq!((event.external_id.get(), event.market_count, event.exhaustive), (1234, 64, 1));
    for (state, message) in messages[1..].iter().enumerate() {
        let (frame, _) = Frame::parse(message).unwrap();
        let market = frame.body::<SecurityDefinition>().unwrap();
        assert_eq!(market.security_id.get() as usize, 10 + state);
        assert_eq!((market.event_id.get(), market.tick_size.get()), (2, 1));
        assert_eq!(market.state_index as usize, state);
    }
    // 256 bytes hold the header, the definition (32) and eight markets (24 each), then nine.
    let counts: Vec<_> = packets.iter().map(|packet| packet.messages.len()).collect();
    assert_eq!(counts, [9, 9, 9, 9, 9, 9, 9, 2]);
    let ends: Vec<_> = packets.iter().flat_map(Packet::ends).collect();
    assert!(!ends[..64].contains(&true) && ends[64], "only the last message ends the event");
    let positions: Vec<_> = packets.iter().map(|packet| packet.header.log_position.get()).collect();
    assert_eq!(positions, [0, 0, 0, 0, 0, 0, 0, end], "the record is whole in the last one only");
    for (index, packet) in packets.iter().enumerate() {
        assert_eq!(packet.header.packet_seq_num.get() as usize, index + 1);
        assert_eq!(packet.header.channel, 3);
        assert_eq!(packet.header.sending_time_ns.get(), SEQUENCING_TIME_NS);
    }
}

#[test]
fn records_share_packets_and_positions_are_of_whole_records_only() {
    // 192 bytes hold the header and four of 40: 2 + 1 + 3 + 3 messages fill packets of 4, 4 and 1.
    let records = [resting(1..3), resting(3..4), resting(4..7), resting(7..10)];
    let ends: Vec<u64> = records
        .iter()
        .scan(800, |end, record| {
            *end += record.len() as u64;
            Some(*end)
        })
        .collect();
    let packets = pack(&mut MarketDataPacker::new(0, 192, 800), 800, &records);
    let positions: Vec<_> = packets.iter().map(|packet| packet.header.log_position.get()).collect();
    assert_eq!(positions, [ends[1], ends[2], ends[3]]);
    let marks: Vec<_> = packets.iter().map(Packet::ends).collect();
    assert_eq!(marks[0], [false, true, true, false]);
    assert_eq!(marks[1], [false, true, false, false]);
    assert_eq!(marks[2], [true]);
    let rpt_seqs: Vec<_> = packets
        .iter()
        .flat_map(|packet| &packet.messages)
        .map(|message| Frame::parse(message).unwrap().0.body::<OrderPut>().unwrap().rpt_seq.get())
        .collect();
    assert_eq!(rpt_seqs, (1..10).collect::<Vec<_>>());
}

#[test]
fn a_record_that_exactly_fills_a_packet_is_whole_in_it() {
    let records = [resting(1..5), resting(5..6)];
    let end = records[0].len() as u64;
    let packets = pack(&mut MarketDataPacker::new(0, 192, 0), 0, &records);
    assert_eq!(packets.len(), 2);
    assert_eq!(packets[0].header.log_position.get(), end);
    assert_eq!(packets[0].ends(), [false, false, false, true]);
}

#[test]
fn records_without_market_data_still_move_the_position() {
    let mut packer = MarketDataPacker::new(0, 192, 0);
    let silent = RecordBuilder::of(16, &NewOrderSingle::new_zeroed())
        .effect(&BusinessMessageReject::new_zeroed())
        .build();
    let end = silent.len() as u64;
    let packets = pack(&mut packer, 0, std::slice::from_ref(&silent));
    assert_eq!(packets.len(), 1);
    assert!(packets[0].messages.is_empty());
    assert_eq!(packets[0].header.log_position.get(), end);
    assert_eq!(pack(&mut packer, end, &[]).len(), 0);
    let mut beats = Vec::new();
    packer.heartbeat(|bytes| beats.push(Packet::read(bytes)));
    assert_eq!(beats[0].header.packet_seq_num.get(), 2);
    assert_eq!(beats[0].header.log_position.get(), end);
    assert_eq!(packer.log_position(), end);
}

#[test]
fn executions_name_the_trade_by_its_position() {
    let trade = Trade::new_zeroed();
    let record =
        RecordBuilder::of(16, &NewOrderSingle::new_zeroed()).effect(&trade).effect(&trade).build();
    let packets = pack(&mut MarketDataPacker::new(0, 1376, 1 << 56), 1 << 56, &[record]);
    let ids: Vec<_> = packets[0]
        .messages
        .iter()
        .map(|message| {
            let (frame, _) = Frame::parse(message).unwrap();
            frame.body::<OrderExecuted>().unwrap().trd_match_id.get() - (1 << 56)
        })
        .collect();
    assert_eq!(ids, [96, 96 + Trade::ENCODED_LENGTH as u64]);
}

#[test]
fn a_new_grid_is_told_by_the_definition_of_its_market() {
    let mut table = TickTableReport::new_zeroed();
    table.event_id.set(2);
    table.security_id.set(12);
    table.tick_size.set(50);
    table.state_index = 2;
    let record = RecordBuilder::of(16, &NewOrderSingle::new_zeroed()).effect(&table).build();
    let packets = pack(&mut MarketDataPacker::new(3, 256, 0), 0, &[record]);
    let messages: Vec<_> = packets.iter().flat_map(|packet| packet.messages.clone()).collect();
    assert_eq!(messages.len(), 1);
    let (frame, _) = Frame::parse(&messages[0]).unwrap();
    let market = frame.body::<SecurityDefinition>().unwrap();
    assert_eq!((market.security_id.get(), market.event_id.get()), (12, 2));
    assert_eq!((market.tick_size.get(), market.state_index), (50, 2));
}

#[test]
fn new_price_limits_are_published() {
    let mut changed = PriceLimitsChanged::new_zeroed();
    changed.security_id.set(5);
    changed.event_id.set(6);
    changed.low_limit_price.set(100);
    changed.high_limit_price.set(900);
    changed.reference_price.set(500);
    let mut told = Vec::new();
    let bytes = encoded(&changed);
    let (frame, _) = Frame::parse(&bytes).expect("an effect is a message");
    project_effect(64, &frame, |message| told.push(*message));
    let mut expected = LimitsBanding::new_zeroed();
    expected.security_id.set(5);
    expected.event_id.set(6);
    expected.low_limit_price.set(100);
    expected.high_limit_price.set(900);
    expected.reference_price.set(500);
    assert_eq!(told, [MarketDataMessage::LimitsBanding(expected)]);
}
