//! Silence, loss, slowness, take-over and the end of a binding.

use forecastle_proto_spec::{
    ExecutionReportTrade, Sequence, SettlementReport, Terminate, TerminateCode,
};

use super::*;

fn terminate(session_id: u32, code: TerminateCode, last_seq_num: u32) -> Terminate {
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(session_id);
    terminate.code.set(code as u16);
    terminate.last_seq_num.set(last_seq_num);
    terminate
}

fn send<M: Message>(binding: BindingId, message: &M) -> Action {
    Action::Send { binding, message: Outbound::of(message) }
}

fn report() -> ExecutionReportTrade {
    ExecutionReportTrade::new_zeroed()
}

/// Time goes by in steps, as the agent sees it; gives what the core wants done meanwhile.
fn wait(world: &mut World, time_ns: u64) -> Vec<Action> {
    let mut actions = Vec::new();
    for _ in 0..time_ns / (10 * SCAN_INTERVAL_NS) {
        world.pass(10 * SCAN_INTERVAL_NS);
        world.core.on_time(world.now);
        actions.extend(world.actions());
    }
    actions
}

#[test]
fn a_silent_client_is_ended_after_its_interval_and_not_before() {
    let mut world = World::new();
    world.established(A, 17, 5);
    assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 });
    let kept = wait(&mut world, SECOND);
    let mut sequence = Sequence::new_zeroed();
    sequence.session_id.set(17);
    assert_eq!(kept, [send(A, &sequence), send(A, &sequence)], "twice in an interval");
    let ended = wait(&mut world, SECOND / 50);
    let expected = [
        send(A, &terminate(17, TerminateCode::KeepAliveLapsed, 1)),
        Action::CloseReply { binding: A },
        rejected(A, "forecastle 3 KeepAliveLapsed"),
    ];
    assert_eq!(ended, expected);
    assert_eq!(world.disconnects(), [(17, 3)]);
    assert_eq!(world.count(SessionCount::KeepAliveLapsed), 1);
    assert_eq!(wait(&mut world, 20 * SECOND), [], "once");
    world.report_to(17, &report());
    assert_eq!(world.count(SessionCount::Unbound), 1);
}

#[test]
fn anything_that_is_heard_keeps_a_session_alive() {
    let mut world = World::new();
    world.established(A, 17, 5);
    let mut sequence = Sequence::new_zeroed();
    sequence.session_id.set(17);
    for (round, bytes) in [encoded(&sequence), order(1), b"garbage".to_vec()].iter().enumerate() {
        wait(&mut world, SECOND * 9 / 10);
        let _ = world.message(A, bytes);
        world.actions();
        assert_eq!(world.core.established_count(), 1, "round {round}");
    }
}

#[test]
fn a_session_that_is_told_much_needs_no_sequence() {
    let mut world = World::new();
    world.established(A, 17, 5);
    for _ in 0..9 {
        assert_eq!(wait(&mut world, SECOND / 10), []);
        world.report_to(17, &report());
    }
    assert_eq!(world.count(SessionCount::Reported), 1 + 9);
}

#[test]
fn silence_does_not_count_while_the_gateway_does_not_listen() {
    let mut world = World::new();
    world.established(A, 17, 5);
    for _ in 0..50 {
        world.pass(SECOND / 10);
        world.core.on_deaf(world.now);
        world.core.on_time(world.now);
    }
    assert_eq!(world.core.established_count(), 1);
    wait(&mut world, SECOND * 11 / 10);
    assert_eq!(world.core.established_count(), 0);
}

#[test]
fn a_binding_that_does_not_log_in_is_rejected() {
    let mut world = World::new();
    world.connect(A);
    world.negotiated(B, 17, 5);
    let ended = wait(&mut world, LOGIN_TIMEOUT_NS + SECOND / 10);
    let expected = [
        rejected(A, "forecastle 106 NotNegotiated"),
        send(B, &terminate(17, TerminateCode::KeepAliveLapsed, 0)),
        Action::CloseReply { binding: B },
        rejected(B, "forecastle 3 KeepAliveLapsed"),
    ];
    assert_eq!(ended, expected);
    assert_eq!(world.disconnects(), [], "the engine holds neither for established");
    assert_eq!(world.count(SessionCount::LoginTimedOut), 2);
}

#[test]
fn a_lost_image_is_told_to_the_engine_once() {
    for is_image in [true, false] {
        let mut world = World::new();
        world.established(A, 17, 5);
        if is_image {
            world.core.on_image_unavailable(world.now, A);
        } else {
            world.core.on_reply_lost(world.now, A);
        }
        assert_eq!(world.disconnects(), [(17, 6)]);
        assert_eq!(world.disconnects(), []);
        assert!(world.actions().contains(&Action::CloseReply { binding: A }));
        world.core.on_image_unavailable(world.now, A);
        assert_eq!(world.disconnects(), []);
        assert_eq!(world.count(SessionCount::TransportLost), 1);
        world.report_to(17, &terminate(17, TerminateCode::TransportLost, 0));
        assert_eq!(world.delivered, []);
    }
}

#[test]
fn an_image_lost_between_establish_and_its_answer_leaves_no_session_behind() {
    let mut world = World::new();
    world.negotiated(A, 17, 5);
    let login = signed(&establish(17, 5, 6), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    world.core.on_image_unavailable(world.now, A);
    assert_eq!(world.disconnects(), [(17, 6)]);
    world.report_to(17, &ack(17, 5));
    assert_eq!(world.delivered, []);
    assert_eq!(world.core.established_count(), 0);
}

#[test]
fn a_slow_consumer_is_cut_off_and_the_others_are_told() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.established(B, 48, 5);
    world.blocked.push(A);
    world.report_to(17, &report());
    world.report_to(48, &report());
    let expected = [Action::CloseReply { binding: A }, rejected(A, "forecastle 4 SlowConsumer")];
    assert_eq!(world.actions(), expected);
    assert_eq!(world.disconnects(), [(17, 4)]);
    assert_eq!(world.delivered, [(B, encoded(&report()))]);
    assert_eq!(world.count(SessionCount::SlowConsumer), 1);
    world.report_to(17, &report());
    assert_eq!(world.count(SessionCount::Unbound), 1);
}

#[test]
fn payments_reach_every_trader_of_the_firm() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.established(B, 48, 5);
    world.established(BindingId(2), 32, 5);
    world.negotiated(BindingId(3), 18, 5);
    let paid = SettlementReport::new_zeroed();
    world.report(Recipient::Firm(7), &paid);
    let told: Vec<_> = world.delivered.drain(..).map(|(binding, _)| binding).collect();
    assert_eq!(told, [A, B], "not the session that is not established");
    world.report(Recipient::Firm(8), &paid);
    assert_eq!(world.delivered, [], "the administrator is no trader");
}

#[test]
fn a_client_may_end_its_session_and_hears_of_it() {
    let mut world = World::new();
    world.established(A, 17, 5);
    assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 });
    let bye = terminate(17, TerminateCode::Finished, 0);
    assert_eq!(world.message(A, &encoded(&bye)), Intake::Forward { session_id: 17 });
    assert_eq!(world.message(A, &order(2)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
    world.report_to(17, &report());
    let answer = terminate(17, TerminateCode::Finished, 1);
    world.report_to(17, &answer);
    assert_eq!(world.delivered, [(A, encoded(&report())), (A, encoded(&answer))]);
    assert_eq!(world.actions(), [Action::CloseReply { binding: A }]);
    assert_eq!(world.disconnects(), []);
    let late = wait(&mut world, TERMINATED_LINGER_NS + SECOND / 10);
    assert_eq!(late, [rejected(A, "forecastle 1 Finished")], "it did not end its stream");
    world.core.on_image_unavailable(world.now, A);
    assert_eq!(world.actions(), []);
}

#[test]
fn a_client_that_never_established_is_answered_by_the_gateway() {
    let mut world = World::new();
    world.negotiated(A, 17, 5);
    let bye = terminate(17, TerminateCode::Finished, 0);
    assert_eq!(world.message(A, &encoded(&bye)), Intake::Handled);
    assert_eq!(world.actions(), [send(A, &bye), Action::CloseReply { binding: A }]);
}

#[test]
fn a_later_login_takes_the_session_over() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.negotiated_over(B, 17, 50, A);
    assert_eq!(world.disconnects(), [], "the engine knows already");
    assert_eq!(world.count(SessionCount::Displaced), 1);
    let login = signed(&establish(17, 50, 51), 1);
    assert_eq!(world.message(B, &login), Intake::Forward { session_id: 17 });
    world.report_to(17, &ack(17, 50));
    assert_eq!(world.message(A, &order(1)), Intake::Handled);
    assert_eq!(world.message(B, &order(1)), Intake::Forward { session_id: 17 });
    world.core.on_image_unavailable(world.now, A);
    assert_eq!(world.disconnects(), [], "the session is another's now");
    assert_eq!(world.core.established_count(), 1);
}

#[test]
fn a_loss_not_yet_told_is_forgotten_when_the_session_is_taken_over() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.core.on_image_unavailable(world.now, A);
    world.actions();
    // The ring is full, so nobody asks for disconnects before the next login is answered.
    world.negotiated(B, 17, 50);
    assert_eq!(world.disconnects(), []);
}

#[test]
fn a_login_answered_after_its_image_has_gone_is_nobody_s() {
    let mut world = World::new();
    world.connect(A);
    let login = signed(&negotiate(17, 5), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    world.core.on_image_unavailable(world.now, A);
    world.connect(A);
    world.report_to(17, &response(17, 5));
    assert_eq!(world.actions(), []);
    assert!(!world.core.is_proven(A));
}

#[test]
fn closing_tells_every_client() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.connect(B);
    world.core.on_shutdown(world.now);
    let expected =
        [send(A, &terminate(17, TerminateCode::Shutdown, 0)), Action::CloseReply { binding: A }];
    assert_eq!(world.actions(), expected);
}

#[test]
fn images_without_a_way_back_are_ended() {
    let mut world = World::new();
    world.connect(A);
    world.core.on_reply_refused(A);
    assert_eq!(world.actions(), [rejected(A, "forecastle 110 SessionTableFull")]);
    world.connect(B);
    let login = signed(&negotiate(17, 5), 1);
    assert_eq!(world.message(B, &login), Intake::Forward { session_id: 17 });
    world.report_to(17, &response(17, 5));
    world.actions();
    world.core.on_reply_unasked(world.now, B);
    let expected =
        [Action::CloseReply { binding: B }, rejected(B, "forecastle 5 ProtocolViolation")];
    assert_eq!(world.actions(), expected);
}

impl World {
    /// A login of a session that `earlier` holds.
    fn negotiated_over(
        &mut self,
        binding: BindingId,
        session_id: u32,
        at: u64,
        earlier: BindingId,
    ) {
        self.connect(binding);
        let login = signed(&negotiate(session_id, at), session_id / 16);
        assert_eq!(self.message(binding, &login), Intake::Forward { session_id });
        self.report_to(session_id, &response(session_id, at));
        let expected = [
            send(earlier, &terminate(session_id, TerminateCode::Unspecified, 0)),
            Action::CloseReply { binding: earlier },
            rejected(earlier, "forecastle 2 Unspecified"),
            Action::OpenReply { binding },
        ];
        assert_eq!(self.actions(), expected);
        self.core.on_reply_connected(self.now, binding);
        assert_eq!(self.actions().len(), 1);
    }
}
