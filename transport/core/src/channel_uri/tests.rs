//! Every parameter, and one test for each way in which a URI can be wrong.

use super::*;
use crate::{ReceiveConfig, SendConfig};

fn parse(parameters: &str) -> Result<ChannelUri, ChannelUriError> {
    format!("aeron:udp?{parameters}").parse()
}

/// The error's line, which names `names`.
#[track_caller]
fn refuses(error: &ChannelUriError, names: &[&str]) {
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    for name in names {
        assert!(line.contains(&format!("`{name}")), "{line} names {name}");
    }
}

#[track_caller]
fn parse_error(parameters: &str, names: &[&str]) -> ChannelUriError {
    let error = parse(parameters).expect_err(parameters);
    refuses(&error, names);
    error
}

const GROUP: &str = "endpoint=239.1.2.3:4000|interface=127.0.0.1";

#[test]
fn what_a_uri_says_is_what_it_gives() {
    let uri = parse(
        "endpoint=10.0.0.1:40123|mtu=8k|term-length=64m|session-id=-7|stream-id=1001|linger=2s\
         |init-term-id=-2147483648|term-id=-2147483640|term-offset=96|so-sndbuf=2m|alias=orders\
         |cc=static|eos=true|interface=10.0.0.9|so-rcvbuf=65536",
    );
    let start = StreamPlace { initial_term_id: i32::MIN, term_id: i32::MIN + 8, term_offset: 96 };
    let expected = ChannelUri {
        endpoint: Some("10.0.0.1:40123".parse().unwrap()),
        interface: Some("10.0.0.9".parse().unwrap()),
        mtu: Some(8192),
        term_length: Some(64 << 20),
        session_id: Some(-7),
        stream_id: Some(1001),
        linger_ns: Some(2_000_000_000),
        start: Some(start),
        send_buffer_length: Some(2 << 20),
        receive_buffer_length: Some(65536),
        ..ChannelUri::default()
    };
    assert_eq!(uri, Ok(expected));
    assert_eq!(parse(""), Ok(ChannelUri::default()));
    assert_eq!(parse("endpoint=localhost:9").unwrap().endpoint, "127.0.0.1:9".parse().ok());
    assert_eq!(parse("endpoint=[::1]:9").unwrap().endpoint, "[::1]:9".parse().ok());
}

#[test]
fn flow_control_is_aerons() {
    let fc = |text: &str| {
        let uri = parse(&format!("{GROUP}|fc={text}")).unwrap();
        (uri.flow_control.unwrap(), uri.receiver_timeout_ns)
    };
    let (min, tagged) = (
        |group_size_min| FlowControl::Min { group_size_min },
        |group_tag, group_size_min| FlowControl::Tagged { group_tag, group_size_min },
    );
    assert_eq!(fc("max"), (FlowControl::Max, None));
    assert_eq!(fc("min"), (min(0), None));
    assert_eq!(fc("min,g:/3"), (min(3), None));
    assert_eq!(fc("min,t:5s,g:/3"), (min(3), Some(5_000_000_000)));
    assert_eq!(fc("tagged,g:123"), (tagged(123, 0), None));
    assert_eq!(fc("tagged,g:-1/2,t:250ms"), (tagged(-1, 2), Some(250_000_000)));
    let wrong = ["", "fast", "max,g:/1", "max,t:1s", "min,g:1", "tagged", "tagged,g:/3", "min,x:1"];
    for wrong in wrong {
        parse_error(&format!("{GROUP}|fc={wrong}"), &["fc="]);
    }
}

#[test]
fn only_udp_channels_of_aeron_are_taken() {
    assert_eq!("udp://1.2.3.4:5".parse::<ChannelUri>(), Err(ChannelUriError::Scheme));
    for (text, name) in [("aeron:ipc", "aeron:ipc"), ("aeron:ipc?mtu=64", "aeron:ipc")] {
        refuses(&text.parse::<ChannelUri>().unwrap_err(), &[name]);
    }
}

#[test]
fn an_unknown_parameter_is_named_with_its_neighbour() {
    parse_error("endpont=1.2.3.4:5", &["endpont", "endpoint"]);
    parse_error("endpoint=1.2.3.4:5|rcv-win=1", &["rcv-win", "rcv-wnd"]);
    parse_error("MTU=64", &["MTU"]);
}

#[test]
fn what_only_stock_aeron_has_is_named() {
    for key in UNSUPPORTED {
        let error = parse_error(&format!("{key}=1"), &[key]);
        assert_eq!(error, ChannelUriError::Unsupported { parameter: key });
    }
    parse_error("cc=cubic", &["cc=cubic"]);
    parse_error("eos=false", &["eos=false"]);
}

#[test]
fn what_is_always_so_may_be_said_and_nothing_else() {
    let always = [
        ("cc=static", "cc=cubic"),
        ("eos=true", "eos=false"),
        ("group=infer", "group=true"),
        ("rejoin=true", "rejoin=false"),
        ("tether=true", "tether=false"),
        ("ssc=false", "ssc=true"),
    ];
    for (so, otherwise) in always {
        let uri: ChannelUri = format!("aeron:udp?endpoint=1.2.3.4:5|{so}").parse().unwrap();
        assert_eq!(uri, ChannelUri::of_endpoint("1.2.3.4:5".parse().unwrap()));
        parse_error(otherwise, &[otherwise]);
    }
}

#[test]
fn a_parameter_given_twice_is_named() {
    let error = parse_error("mtu=64|mtu=64", &["mtu"]);
    assert_eq!(error, ChannelUriError::Repeated { parameter: "mtu" });
}

#[test]
fn a_parameter_without_a_value_is_named() {
    parse_error("endpoint=1.2.3.4:5|reliable", &["reliable"]);
    parse_error("endpoint=1.2.3.4:5|", &["` has no value"]);
    parse_error("endpoint=", &["endpoint="]);
}

#[test]
fn a_value_outside_its_range_is_named_with_the_range() {
    for wrong in [
        "endpoint=1.2.3.4",
        "endpoint=example.org:1",
        "endpoint=localhost:65536",
        "endpoint=0.0.0.0:1",
        "endpoint=[::]:1",
        "endpoint=255.255.255.255:1",
        "control=1.2.3.4",
        "control-mode=auto",
        "interface=127.0.0.1:0",
        "interface=10.0.0.0/8",
        "interface=0.0.0.0",
        "interface=239.1.1.1",
        "ttl=256",
        "ttl=-1",
        "reliable=yes",
        "mtu=32",
        "mtu=100",
        "mtu=64k",
        "mtu=65536",
        "mtu=k",
        "mtu=18446744073709551615g",
        "term-length=32k",
        "term-length=96k",
        "term-length=2g",
        "session-id=2147483648",
        "stream-id=one",
        "gtag=x",
        "rcv-wnd=1k",
        "rcv-wnd=2049",
        "rcv-wnd=2g",
        "so-rcvbuf=2g",
        "so-sndbuf=-1",
        "nak-delay=2h",
        "linger=3601s",
        "linger=18446744073709551615s",
        "init-term-id=1.5",
        "term-offset=33",
        "term-offset=1073741824",
    ] {
        let error = parse_error(wrong, &[wrong]);
        assert!(matches!(error, ChannelUriError::Value { .. }), "{error}");
    }
}

#[test]
fn parameters_that_contradict_each_other_are_both_named() {
    for (wrong, first, second) in [
        (&format!("{GROUP}|control=1.2.3.4:5|control-mode=dynamic")[..], "endpoint", "control"),
        (&format!("{GROUP}|control-mode=dynamic"), "endpoint", "control-mode"),
        ("endpoint=1.2.3.4:5|ttl=4", "ttl", "endpoint"),
        ("endpoint=1.2.3.4:5|fc=min", "fc", "endpoint"),
        ("endpoint=1.2.3.4:5|interface=::1", "endpoint", "interface"),
        ("endpoint=[::1]:5|control=1.2.3.4:5|control-mode=dynamic", "endpoint", "control"),
        ("control=1.2.3.4:5|control-mode=dynamic|interface=::1", "control", "interface"),
        ("mtu=8k|rcv-wnd=4k", "mtu", "rcv-wnd"),
        ("rcv-wnd=128k|so-rcvbuf=64k", "rcv-wnd", "so-rcvbuf"),
        ("mtu=8k|so-sndbuf=4k", "mtu", "so-sndbuf"),
        ("init-term-id=5|term-id=4|term-offset=0", "term-id", "init-term-id"),
        (
            "term-length=64k|init-term-id=5|term-id=5|term-offset=65536",
            "term-offset",
            "term-length",
        ),
    ] {
        let error = parse_error(wrong, &[first, second]);
        assert!(matches!(error, ChannelUriError::Contradiction { .. }), "{wrong}: {error}");
    }
}

#[test]
fn a_parameter_that_others_ask_for_is_named() {
    for (wrong, name) in [
        ("endpoint=239.1.2.3:4000", "interface"),
        ("control=1.2.3.4:5", "control-mode"),
        ("control-mode=dynamic", "control"),
        ("term-id=4|term-offset=0", "init-term-id"),
        ("init-term-id=4|term-offset=0", "term-id"),
        ("init-term-id=4|term-id=4", "term-offset"),
    ] {
        let error = parse_error(wrong, &[name]);
        assert!(matches!(error, ChannelUriError::Missing { .. }), "{error}");
    }
}

#[test]
fn an_even_data_group_is_refused() {
    for group in ["239.1.2.4:4000|interface=127.0.0.1", "[ff15::2]:4000|interface=::1"] {
        let error = parse_error(&format!("endpoint={group}"), &["endpoint"]);
        assert!(matches!(error, ChannelUriError::EvenDataGroup { .. }), "{error}");
    }
}

#[test]
fn a_parameter_of_the_other_end_is_named() {
    for key in ["reliable=true", "rcv-wnd=64k", "gtag=1", "nak-delay=1us"] {
        let uri = parse(&format!("{GROUP}|{key}")).unwrap();
        uri.subscription().unwrap();
        refuses(&uri.publication().unwrap_err(), &[key.split('=').next().unwrap()]);
    }
    let start = "init-term-id=1|term-id=1|term-offset=0";
    for key in ["mtu=64", "term-length=64k", "session-id=5", "fc=min", "linger=1s", "ttl=1", start]
    {
        let uri = parse(&format!("{GROUP}|{key}")).unwrap();
        uri.publication().unwrap();
        refuses(&uri.subscription().unwrap_err(), &[key.split('=').next().unwrap()]);
    }
    let manual = parse("control=1.2.3.4:5|control-mode=manual").unwrap();
    refuses(&manual.subscription().unwrap_err(), &["control-mode=manual"]);
}

#[test]
fn an_end_that_cannot_be_made_is_refused() {
    for (wrong, names) in [
        ("mtu=64", &["endpoint"][..]),
        ("endpoint=1.2.3.4:5|control=1.2.3.4:6|control-mode=dynamic", &["endpoint", "control"]),
        ("control=1.2.3.4:6|control-mode=dynamic|interface=1.2.3.5", &["control", "interface"]),
    ] {
        refuses(&parse(wrong).unwrap().publication().unwrap_err(), names);
    }
    for (wrong, names) in [
        ("reliable=true", &["endpoint"][..]),
        ("endpoint=1.2.3.4:5|interface=1.2.3.5", &["endpoint", "interface"]),
        ("control=1.2.3.4:6|control-mode=dynamic", &["interface"]),
    ] {
        refuses(&parse(wrong).unwrap().subscription().unwrap_err(), names);
    }
}

#[test]
fn a_publication_knows_its_socket_and_its_settings() {
    let publication = |text: &str| parse(text).unwrap().publication().unwrap();
    let bound = |text: &str| publication(text).socket.bind;
    let unicast = |text: &str| ChannelBind::Unicast(text.parse().unwrap());
    assert_eq!(bound("endpoint=127.0.0.1:5"), unicast("127.0.0.1:0"));
    assert_eq!(bound("endpoint=[::1]:5"), unicast("[::1]:0"));
    assert_eq!(bound("endpoint=10.0.0.1:5|interface=10.0.0.2"), unicast("10.0.0.2:0"));
    assert_eq!(bound("control=10.0.0.2:7|control-mode=dynamic"), unicast("10.0.0.2:7"));
    let group = "239.1.2.3:4000".parse().unwrap();
    let interface = "127.0.0.1".parse().unwrap();
    let time_to_live = Some(4);
    let expected = ChannelBind::GroupSender { group, interface, time_to_live };
    assert_eq!(bound(&format!("{GROUP}|ttl=4")), expected);
    let target = |text: &str| publication(text).target;
    assert_eq!(target(GROUP), PublicationTarget::Address(group));
    let control = |mode: &str| target(&format!("control=10.0.0.2:7|control-mode={mode}"));
    assert_eq!(control("dynamic"), PublicationTarget::Multi { is_dynamic: true });
    assert_eq!(control("manual"), PublicationTarget::Multi { is_dynamic: false });
    assert_eq!(control("response"), PublicationTarget::Response);

    let text = "fc=min,t:1s|mtu=4k|term-length=1m|linger=3s|ttl=4";
    let mut config = SendConfig::multicast(1, 65536, 3);
    publication(&format!("{GROUP}|{text}")).configure(&mut config);
    assert_eq!(config.flow_control, FlowControl::Min { group_size_min: 0 });
    assert_eq!((config.mtu, config.term_length, config.time_to_live), (4096, 1 << 20, 4));
    assert_eq!((config.linger_ns, config.receiver_timeout_ns), (3_000_000_000, 1_000_000_000));
    let start = publication("endpoint=1.2.3.4:5|init-term-id=7|term-id=9|term-offset=65536");
    assert_eq!(start.start_position(&config), Ok((2 << 20) + 65536));
    assert!(start.start_position(&SendConfig::unicast(1, 65536)).is_err());
}

#[test]
fn a_subscription_knows_its_socket_and_its_settings() {
    let subscription = |text: &str| parse(text).unwrap().subscription().unwrap();
    let group = subscription(&format!("{GROUP}|rcv-wnd=64k|gtag=9|nak-delay=5us|reliable=false"));
    let bind = ChannelBind::GroupReceiver {
        group: "239.1.2.3:4000".parse().unwrap(),
        interface: "127.0.0.1".parse().unwrap(),
    };
    assert_eq!(group.socket.bind, bind);
    let mut config = ReceiveConfig::untrusted(&[1], 2, 3);
    group.configure(&mut config);
    assert_eq!(config.control_address, "239.1.2.4:4000".parse().ok());
    assert_eq!((config.window_length, config.group_tag), (65536, Some(9)));
    assert_eq!((config.nak_delay_ns, config.gap_hold_ns), (5_000, Some(0)));

    let multi = subscription("control=10.0.0.1:7|control-mode=dynamic|interface=10.0.0.2");
    assert_eq!(multi.socket.bind, ChannelBind::Unicast("10.0.0.2:0".parse().unwrap()));
    assert_eq!(multi.asks, Some(("10.0.0.1:7".parse().unwrap(), ControlMode::Dynamic)));
    let plain = subscription("endpoint=127.0.0.1:5|so-rcvbuf=1m");
    assert_eq!(plain.socket.receive_buffer_length, Some(1 << 20));
    let mut config = ReceiveConfig::untrusted(&[1], 2, 3);
    plain.configure(&mut config);
    assert_eq!((config.window_length, config.gap_hold_ns), (128 * 1024, None));
}
