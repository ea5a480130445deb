//! After construction the endpoints allocate nothing: not for a new session, a fragmented message,
//! a loss and its repair, a stranger, nor a session's end. An allocation aborts this test.

use std::net::SocketAddr;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use forecastle_transport::{
    Destination, PublicationConfig, ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const SESSIONS: usize = 40;
const STEP_NS: u64 = 1_000_000;

#[test]
fn sessions_come_talk_lose_and_go_without_an_allocation() {
    let mut sender = SendEndpoint::new(SendConfig::unicast(4, 65536));
    let config =
        ReceiveConfig { images_max: 4, sources_max: 8, ..ReceiveConfig::untrusted(&[7], 99, 1) };
    let mut receiver = ReceiveEndpoint::new(config);
    let (here, there) =
        (SocketAddr::from(([10, 0, 0, 1], 1)), SocketAddr::from(([10, 0, 0, 2], 2)));
    let mut buffer = vec![0; 2048];
    let message = vec![7; 5000];
    let (mut now_ns, mut delivered, mut datagram_count) = (0, 0, 0u32);
    assert_no_alloc(|| {
        for session_id in 0..SESSIONS as i32 {
            let publication = sender.add_publication(&PublicationConfig {
                stream_id: 7,
                session_id,
                initial_term_id: session_id,
                destination: Destination::Address(there),
                response_requested: true,
            });
            let publication = publication.expect("the one before is gone");
            let mut offered = 0;
            loop {
                now_ns += STEP_NS;
                if offered < 100 && sender.offer(publication, &message).is_ok() {
                    offered += 1;
                }
                if offered == 100 {
                    sender.close(publication);
                }
                while let Some(transmit) = sender.poll_transmit(now_ns, &mut buffer) {
                    datagram_count += 1;
                    let datagram = &buffer[..transmit.length];
                    if !datagram_count.is_multiple_of(10) {
                        receiver.on_datagram(now_ns, here, datagram);
                    }
                    let port = (datagram_count % 1000) as u16;
                    let stranger = SocketAddr::from(([10, 0, 0, 3], port));
                    receiver.on_datagram(now_ns, stranger, datagram);
                }
                while receiver.poll_event().is_some() {}
                receiver.poll(now_ns, 1000, |_, _| delivered += 1);
                while let Some(transmit) = receiver.poll_transmit(now_ns, &mut buffer) {
                    let datagram = &buffer[..transmit.length];
                    if transmit.destination == here {
                        sender.on_datagram(now_ns, there, datagram);
                    }
                }
                while sender.poll_event().is_some() {}
                if sender.position(publication).is_none() && receiver.image_count() == 0 {
                    break;
                }
            }
        }
    });
    assert_eq!(delivered, SESSIONS * 100);
}
