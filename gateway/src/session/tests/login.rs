//! Every way to fail a login, and what the source hears of it.

use super::*;

#[test]
fn a_login_that_fails_rejects_the_image_and_sends_nothing() {
    let good = || negotiate(17, 5);
    let other = |change: fn(&mut Negotiate)| {
        let mut login = good();
        change(&mut login);
        login
    };
    let unknown_key = other(|login| login.access_key_id.set(9));
    let other_key_s_session = other(|login| login.session_id.set(33));
    let session_zero = other(|login| login.session_id.set(0));
    let early = other(|login| login.timestamp_ns.set(WALL_NS - 5 * SECOND - 1));
    let late = other(|login| login.timestamp_ns.set(WALL_NS + 5 * SECOND + 1));
    let no_version = other(|login| login.session_version_id.set(0));
    let mut forged = signed(&good(), 1);
    forged[8 + 16] ^= 1;
    let mut forged_header = signed(&good(), 1);
    forged_header[8 + 55] ^= 0x80;
    let cases: [(&str, Vec<u8>, &str, SessionCount); 9] = [
        ("unknown key", signed(&unknown_key, 1), CREDENTIALS, SessionCount::Credentials),
        ("another secret", signed(&good(), 2), CREDENTIALS, SessionCount::Credentials),
        ("changed after signing", forged, CREDENTIALS, SessionCount::Credentials),
        ("last bit of the proof", forged_header, CREDENTIALS, SessionCount::Credentials),
        (
            "session of another key",
            signed(&other_key_s_session, 1),
            "forecastle 102 SessionNotOfKey",
            SessionCount::SessionNotOfKey,
        ),
        (
            "session of the exchange",
            signed(&session_zero, 1),
            "forecastle 102 SessionNotOfKey",
            SessionCount::SessionNotOfKey,
        ),
        (
            "version zero",
            signed(&no_version, 1),
            "forecastle 103 VersionNotAbove",
            SessionCount::VersionNotAbove,
        ),
        ("too early", signed(&early, 1), OUT_OF_WINDOW, SessionCount::TimestampOutOfWindow),
        ("too late", signed(&late, 1), OUT_OF_WINDOW, SessionCount::TimestampOutOfWindow),
    ];
    for (name, bytes, text, count) in cases {
        let mut world = World::new();
        world.connect(A);
        assert_eq!(world.message(A, &bytes), Intake::Handled, "{name}");
        assert_eq!(world.actions(), [rejected(A, text)], "{name}");
        assert_eq!(world.count(count), 1, "{name}");
        assert_eq!(world.count(SessionCount::ImagesRejected), 1, "{name}");
        let again = signed(&negotiate(17, 6), 1);
        assert_eq!(world.message(A, &again), Intake::Handled, "{name}: the binding is over");
        assert_eq!(world.count(SessionCount::AfterEnd), 1, "{name}");
        assert_eq!(world.count(SessionCount::Forwarded), 0, "{name}");
    }
}

const CREDENTIALS: &str = "forecastle 101 Credentials";
const OUT_OF_WINDOW: &str = "forecastle 104 TimestampOutOfWindow";

#[test]
fn the_window_reaches_five_seconds_both_ways() {
    for (index, time_ns) in [WALL_NS - 5 * SECOND, WALL_NS + 5 * SECOND].into_iter().enumerate() {
        let mut world = World::new();
        world.connect(A);
        let mut login = negotiate(17, 5);
        login.timestamp_ns.set(time_ns);
        let intake = world.message(A, &signed(&login, 1));
        assert_eq!(intake, Intake::Forward { session_id: 17 }, "{index}");
    }
}

#[test]
fn a_login_counts_once_whether_the_engine_has_answered_or_not() {
    let mut world = World::new();
    let login = signed(&negotiate(17, 5), 1);
    world.connect(A);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    for _ in 0..2 {
        world.connect(B);
        assert_eq!(world.message(B, &login), Intake::Handled);
        assert_eq!(world.actions(), [rejected(B, "forecastle 103 VersionNotAbove")]);
        world.report_to(17, &response(17, 5));
        world.actions();
    }
    let mut same_time = negotiate(17, 6);
    same_time.timestamp_ns.set(WALL_NS + 5);
    world.connect(B);
    assert_eq!(world.message(B, &signed(&same_time, 1)), Intake::Handled);
    assert_eq!(world.actions(), [rejected(B, "forecastle 105 TimestampNotAbove")]);
    assert_eq!(world.count(SessionCount::VersionNotAbove), 2);
    assert_eq!(world.count(SessionCount::TimestampNotAbove), 1);
}

#[test]
fn a_failed_login_uses_up_no_version() {
    let mut world = World::new();
    world.connect(A);
    assert_eq!(world.message(A, &signed(&negotiate(17, 900), 2)), Intake::Handled);
    world.connect(B);
    let good = signed(&negotiate(17, 5), 1);
    assert_eq!(world.message(B, &good), Intake::Forward { session_id: 17 });
}

#[test]
fn a_login_that_the_engine_refuses_rejects_the_image() {
    let mut world = World::new();
    world.connect(A);
    assert_eq!(world.message(A, &signed(&negotiate(17, 5), 1)), Intake::Forward { session_id: 17 });
    let mut reject = NegotiationReject::new_zeroed();
    reject.session_id.set(17);
    reject.session_version_id.set(5);
    reject.reject_code.set(110);
    world.report_to(17, &reject);
    assert_eq!(world.actions(), [rejected(A, "forecastle 110 SessionTableFull")]);
    assert_eq!(world.delivered, []);
    assert!(!world.core.is_proven(A));
}

#[test]
fn the_reply_stream_opens_with_the_answer_and_not_before() {
    let mut world = World::new();
    world.connect(A);
    let login = signed(&negotiate(17, 5), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    assert_eq!(world.message(A, &login), Intake::Handled, "the log has not answered");
    assert_eq!(world.actions(), []);
    assert_eq!(world.count(SessionCount::AnswerPending), 1);
    assert!(!world.core.is_proven(A));
    world.report_to(17, &response(17, 5));
    assert!(world.core.is_proven(A));
    assert_eq!(world.actions(), [Action::OpenReply { binding: A }]);
    assert_eq!(world.delivered, [], "the answer waits for the stream");
    world.core.on_reply_connected(world.now, A);
    assert_eq!(world.actions().len(), 1);
}

#[test]
fn establish_is_checked_like_a_login_and_refused_by_message() {
    let forged = {
        let mut bytes = signed(&establish(17, 5, 6), 1);
        bytes[8 + 24] ^= 1;
        bytes
    };
    let cases = [
        ("forged", forged, RejectCode::Credentials),
        ("another key's secret", signed(&establish(17, 5, 6), 3), RejectCode::Credentials),
        (
            "too late",
            signed(&establish(17, 5, 5 * SECOND + 1), 1),
            RejectCode::TimestampOutOfWindow,
        ),
        ("time of the negotiate", signed(&establish(17, 5, 5), 1), RejectCode::TimestampNotAbove),
        ("another session of the key", signed(&establish(18, 5, 6), 1), RejectCode::NotNegotiated),
    ];
    for (name, bytes, code) in cases {
        let mut world = World::new();
        world.negotiated(A, 17, 5);
        assert_eq!(world.message(A, &bytes), Intake::Handled, "{name}");
        let actions = world.actions();
        assert_eq!(actions.len(), 1, "{name}");
        assert_eq!(refusal(&actions[0]), (A, 6, code), "{name}");
        let good = signed(&establish(17, 5, 7), 1);
        assert_eq!(world.message(A, &good), Intake::Forward { session_id: 17 }, "{name}");
    }
}

#[test]
fn establish_without_negotiate_rejects_the_image() {
    let mut world = World::new();
    world.connect(A);
    assert_eq!(world.message(A, &signed(&establish(17, 5, 6), 1)), Intake::Handled);
    assert_eq!(world.actions(), [rejected(A, "forecastle 106 NotNegotiated")]);
}

#[test]
fn an_establish_that_the_engine_refuses_may_be_sent_again() {
    let mut world = World::new();
    world.negotiated(A, 17, 5);
    let first = signed(&establish(17, 4, 6), 1);
    assert_eq!(world.message(A, &first), Intake::Forward { session_id: 17 });
    let mut reject = forecastle_proto_spec::EstablishmentReject::new_zeroed();
    reject.session_id.set(17);
    reject.session_version_id.set(4);
    reject.reject_code.set(RejectCode::VersionMismatch as u16);
    world.report_to(17, &reject);
    assert_eq!(world.delivered, [(A, encoded(&reject))]);
    let again = signed(&establish(17, 5, 7), 1);
    assert_eq!(world.message(A, &again), Intake::Forward { session_id: 17 });
}

#[test]
fn a_login_on_a_live_binding_is_refused_by_message() {
    let mut world = World::new();
    world.established(A, 17, 5);
    assert_eq!(world.message(A, &signed(&negotiate(17, 50), 1)), Intake::Handled);
    assert_eq!(world.message(A, &signed(&establish(17, 5, 51), 1)), Intake::Handled);
    let actions = world.actions();
    assert_eq!(refusal(&actions[0]), (A, 3, RejectCode::AlreadyEstablished));
    assert_eq!(refusal(&actions[1]), (A, 6, RejectCode::AlreadyEstablished));
    assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 });
}

#[test]
fn a_binding_keeps_its_session_through_a_second_negotiate() {
    let mut world = World::new();
    world.negotiated(A, 17, 5);
    assert_eq!(world.message(A, &signed(&negotiate(18, 6), 1)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 3, RejectCode::SessionNotOfKey));
    let again = signed(&negotiate(17, 7), 1);
    assert_eq!(world.message(A, &again), Intake::Forward { session_id: 17 });
    let mut reject = NegotiationReject::new_zeroed();
    reject.session_id.set(17);
    reject.session_version_id.set(7);
    reject.reject_code.set(101);
    world.report_to(17, &reject);
    assert_eq!(world.delivered.pop(), Some((A, encoded(&reject))));
    // The version accepted before still stands.
    let login = signed(&establish(17, 5, 8), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    world.report_to(17, &ack(17, 5));
    assert_eq!(world.core.established_count(), 1);
}
