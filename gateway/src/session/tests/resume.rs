//! A session that goes on by an Establish alone: every check, every race with other logins.

use forecastle_proto_spec::{EstablishmentReject, ExecutionReportTrade, TerminateCode};

use super::*;

/// Session 17 was established and lost; its version is 5, the last login time 6.
fn lost() -> World {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.core.on_image_unavailable(world.now, A);
    world.actions();
    assert_eq!(world.disconnects(), [(17, TerminateCode::TransportLost as u16)]);
    world
}

fn resumption(at: u64) -> Vec<u8> {
    signed(&establish(17, 5, at), 1)
}

fn refused(code: RejectCode) -> EstablishmentReject {
    let mut reject = EstablishmentReject::new_zeroed();
    reject.session_id.set(17);
    reject.session_version_id.set(5);
    reject.last_seq_num.set(3);
    reject.reject_code.set(code as u16);
    reject
}

impl World {
    /// A resumption of session 17 up to its connected reply stream.
    fn resumed(&mut self, binding: BindingId, at: u64) {
        self.connect(binding);
        assert_eq!(self.message(binding, &resumption(at)), Intake::Handled);
        assert_eq!(self.actions(), [Action::OpenReply { binding }]);
        assert_eq!(self.core.next_resumption(), None, "the reply stream is not connected");
        self.core.on_reply_connected(self.now, binding);
    }

    fn next_resumption(&mut self) -> Option<Vec<u8>> {
        self.core.next_resumption().map(|login| encoded(&login))
    }
}

#[test]
fn a_lost_session_goes_on_with_its_numbers() {
    let mut world = lost();
    world.resumed(B, 20);
    assert!(world.core.is_proven(B));
    assert_eq!(world.message(B, &order(4)), Intake::Handled, "the log has not answered");
    assert_eq!(world.count(SessionCount::AnswerPending), 1);
    assert_eq!(world.next_resumption(), Some(resumption(20)), "bytes unchanged");
    assert_eq!(world.next_resumption(), None, "once");
    world.report_to(17, &ExecutionReportTrade::new_zeroed());
    assert_eq!(world.delivered, [], "nothing goes before the acknowledgement");
    let mut later = ack(17, 5);
    later.last_seq_num.set(3);
    world.report_to(17, &later);
    world.report_to(17, &ExecutionReportTrade::new_zeroed());
    let report = encoded(&ExecutionReportTrade::new_zeroed());
    assert_eq!(world.delivered, [(B, encoded(&later)), (B, report)]);
    assert_eq!(world.message(B, &order(3)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (B, 56, RejectCode::DuplicateSeqNum));
    assert_eq!(world.message(B, &order(4)), Intake::Forward { session_id: 17 });
    assert_eq!(world.count(SessionCount::Resumed), 1);
}

#[test]
fn a_restored_session_goes_on_and_an_older_login_is_worth_nothing() {
    let restored =
        RestoredSession { session_id: 17, session_version_id: 5, timestamp_ns: WALL_NS + 6 };
    let mut world = World::new();
    world.core.restore(&restored);
    world.core.restore(&RestoredSession { session_id: 999, ..restored });
    world.connect(A);
    assert_eq!(world.message(A, &resumption(6)), Intake::Handled);
    assert_eq!(world.actions(), [rejected(A, "forecastle 105 TimestampNotAbove")]);
    world.connect(A);
    assert_eq!(world.message(A, &signed(&negotiate(17, 5), 1)), Intake::Handled);
    assert_eq!(world.actions(), [rejected(A, "forecastle 103 VersionNotAbove")]);
    world.resumed(B, 7);
    assert_eq!(world.next_resumption(), Some(resumption(7)));
}

#[test]
fn a_resumption_that_fails_rejects_the_image_and_uses_nothing_up() {
    let mut forged = resumption(20);
    forged[8 + 24] ^= 1;
    let early = establish(17, 5, 0);
    let mut late = early;
    late.timestamp_ns.set(WALL_NS + 5 * SECOND + 1);
    let mut past = early;
    past.timestamp_ns.set(WALL_NS - 5 * SECOND - 1);
    let cases = [
        ("forged", forged, RejectCode::Credentials),
        ("another key's secret", signed(&establish(17, 5, 20), 3), RejectCode::Credentials),
        ("unknown key", signed(&establish(9 * 16, 5, 20), 1), RejectCode::Credentials),
        ("never negotiated", signed(&establish(18, 5, 20), 1), RejectCode::NotNegotiated),
        ("version below", signed(&establish(17, 4, 20), 1), RejectCode::VersionMismatch),
        ("version above", signed(&establish(17, 6, 20), 1), RejectCode::VersionMismatch),
        ("too late", signed(&late, 1), RejectCode::TimestampOutOfWindow),
        ("too early", signed(&past, 1), RejectCode::TimestampOutOfWindow),
        ("a recorded one", resumption(6), RejectCode::TimestampNotAbove),
    ];
    for (name, bytes, code) in cases {
        let mut world = lost();
        world.connect(B);
        assert_eq!(world.message(B, &bytes), Intake::Handled, "{name}");
        assert_eq!(world.actions(), [rejected(B, texts::reject_text(code))], "{name}");
        assert_eq!(world.count(SessionCount::of(code)), 1, "{name}");
        assert!(!world.core.is_proven(B), "{name}");
        world.core.on_image_unavailable(world.now, B);
        world.resumed(B, 7);
        assert_eq!(world.next_resumption(), Some(resumption(7)), "{name}");
    }
}

#[test]
fn a_key_without_roles_resumes_nothing() {
    let mut world = lost();
    let mut revoked = forecastle_proto_spec::EntitlementReport::new_zeroed();
    revoked.access_key_id.set(1);
    let request = forecastle_proto_spec::EntitlementRequest::new_zeroed();
    let record = crate::record_builder::RecordBuilder::of(0, &request).effect(&revoked).build();
    world.core.observe(&crate::Record::new(0, &record));
    world.connect(B);
    assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
    assert_eq!(world.actions(), [rejected(B, "forecastle 101 Credentials")]);
}

#[test]
fn a_live_binding_is_displaced_once_the_new_reply_stream_is_connected() {
    let mut world = World::new();
    world.established(A, 17, 5);
    world.connect(B);
    assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
    assert_eq!(world.actions(), [Action::OpenReply { binding: B }]);
    assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 });
    world.core.on_reply_connected(world.now, B);
    let mut terminate = forecastle_proto_spec::Terminate::new_zeroed();
    terminate.session_id.set(17);
    terminate.last_seq_num.set(1);
    terminate.code.set(TerminateCode::Unspecified as u16);
    let expected = [
        Action::Send { binding: A, message: Outbound::of(&terminate) },
        Action::CloseReply { binding: A },
        rejected(A, "forecastle 2 Unspecified"),
    ];
    assert_eq!(world.actions(), expected);
    assert_eq!(world.message(A, &order(2)), Intake::Handled, "the binding is over");
    assert_eq!(world.next_resumption(), None, "the engine first hears of the end");
    assert_eq!(world.disconnects(), [(17, TerminateCode::Unspecified as u16)]);
    assert_eq!(world.next_resumption(), Some(resumption(20)));
    world.report_to(17, &terminate);
    assert_eq!(world.delivered, [], "the end of the earlier binding is not the new one's");
    world.report_to(17, &ack(17, 5));
    assert_eq!(world.delivered, [(B, encoded(&ack(17, 5)))]);
    assert_eq!(world.core.established_count(), 1);
    assert_eq!(world.count(SessionCount::Displaced), 1);
    world.core.on_image_unavailable(world.now, A);
    assert_eq!(world.disconnects(), []);
}

#[test]
fn a_version_raised_meanwhile_ends_the_resumption() {
    let c = BindingId(2);
    // Before its reply stream is connected …
    let mut world = lost();
    world.connect(B);
    assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
    world.actions();
    world.negotiated(c, 17, 50);
    world.core.on_reply_connected(world.now, B);
    let expected =
        [Action::CloseReply { binding: B }, rejected(B, "forecastle 107 VersionMismatch")];
    assert_eq!(world.actions(), expected);
    assert_eq!(world.next_resumption(), None);
    // … and while it waits for the ring.
    let mut world = lost();
    world.resumed(B, 20);
    world.connect(c);
    let login = signed(&negotiate(17, 50), 1);
    assert_eq!(world.message(c, &login), Intake::Forward { session_id: 17 });
    world.report_to(17, &response(17, 50));
    let actions = world.actions();
    assert!(actions.contains(&Action::CloseReply { binding: B }), "{actions:?}");
    assert_eq!(actions.last(), Some(&Action::OpenReply { binding: c }));
    assert_eq!(world.next_resumption(), None);
    assert_eq!(world.disconnects(), [], "the engine never held it for established");
}

#[test]
fn what_the_engine_refuses_is_told_by_message_and_may_be_mended() {
    let mut world = lost();
    world.resumed(B, 20);
    assert_eq!(world.next_resumption(), Some(resumption(20)));
    let reject = refused(RejectCode::NextSeqNumTooLow);
    world.report_to(17, &reject);
    assert_eq!(world.delivered, [(B, encoded(&reject))]);
    // The gateway's own refusals name the engine's last number too.
    assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
    let actions = world.actions();
    let Action::Send { message, .. } = &actions[0] else { panic!("{actions:?}") };
    let (frame, _) = Frame::parse(message.bytes()).unwrap();
    assert_eq!(frame.body::<EstablishmentReject>().unwrap().last_seq_num.get(), 3);
    assert_eq!(world.message(B, &resumption(21)), Intake::Forward { session_id: 17 });
    world.report_to(17, &ack(17, 5));
    assert_eq!(world.core.established_count(), 1);
}

#[test]
fn an_answer_to_an_earlier_establish_is_not_taken_for_the_last_one_s() {
    for is_accepted in [true, false] {
        let mut world = World::new();
        world.negotiated(A, 17, 5);
        assert_eq!(world.message(A, &resumption(6)), Intake::Forward { session_id: 17 });
        world.core.on_image_unavailable(world.now, A);
        world.actions();
        world.resumed(B, 20);
        assert_eq!(world.disconnects(), [(17, TerminateCode::TransportLost as u16)]);
        assert_eq!(world.next_resumption(), Some(resumption(20)));
        if is_accepted {
            world.report_to(17, &ack(17, 5));
        } else {
            world.report_to(17, &refused(RejectCode::NextSeqNumTooLow));
        }
        assert_eq!(world.delivered, [], "nobody waits for it any more");
        world.report_to(17, &ack(17, 5));
        assert_eq!(world.delivered, [(B, encoded(&ack(17, 5)))]);
        assert_eq!(world.core.established_count(), 1);
    }
}

#[test]
fn a_resumption_whose_streams_do_not_come_or_go_away_leaves_nothing_due() {
    let mut world = lost();
    world.connect(B);
    assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
    world.actions();
    world.pass(LOGIN_TIMEOUT_NS + SECOND);
    world.core.on_time(world.now);
    let ended = [Action::CloseReply { binding: B }, rejected(B, "forecastle 3 KeepAliveLapsed")];
    assert_eq!(world.actions(), ended);
    assert_eq!(world.count(SessionCount::LoginTimedOut), 1);
    for is_connected in [false, true] {
        for is_image in [false, true] {
            let mut world = lost();
            world.connect(B);
            assert_eq!(world.message(B, &resumption(20)), Intake::Handled);
            if is_connected {
                world.core.on_reply_connected(world.now, B);
            }
            if is_image {
                world.core.on_image_unavailable(world.now, B);
            } else {
                world.core.on_reply_lost(world.now, B);
            }
            world.core.on_reply_unasked(world.now, B);
            assert!(world.actions().contains(&Action::CloseReply { binding: B }));
            assert_eq!(world.next_resumption(), None);
            assert_eq!(world.disconnects(), []);
            world.resumed(BindingId(2), 30);
            assert_eq!(world.next_resumption(), Some(resumption(30)));
        }
    }
}
