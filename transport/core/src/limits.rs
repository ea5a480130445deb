//! Every bound and every default timer of the transport, with the constants of the Aeron protocol
//! that they derive from. A peer sees the ones marked *wire*; changing those changes behaviour on
//! the network.

/// Frames begin and advance in multiples of this many bytes (*wire*).
pub const FRAME_ALIGNMENT: usize = 32;
/// Bytes in front of a payload in a DATA or PAD frame (*wire*).
pub const DATA_HEADER_LENGTH: usize = 32;
/// Smallest term a SETUP may name (*wire*).
pub const TERM_LENGTH_MIN: u32 = 64 * 1024;
/// Largest term a SETUP may name (*wire*).
pub const TERM_LENGTH_MAX: u32 = 1024 * 1024 * 1024;
/// Smallest datagram that a SETUP may name (*wire*).
pub const MTU_MIN: usize = 32;
/// Largest datagram that a SETUP may name (*wire*).
pub const MTU_MAX: usize = 65504;
/// Datagram length used when nobody says otherwise (*wire*).
pub const MTU_DEFAULT: usize = 1408;
/// Longest message whatever the term (*wire*); a term of length n also bounds it to n/8.
pub const MESSAGE_LENGTH_MAX: usize = 16 * 1024 * 1024;
/// Receiver window used when nobody says otherwise (*wire*).
pub const WINDOW_LENGTH_DEFAULT: u32 = 128 * 1024;
/// Smallest receive window that is worth having; also the granularity of the slot bitmaps.
pub const WINDOW_LENGTH_MIN: u32 = 2 * 1024;
/// Longest text of an ERR frame (*wire*).
pub const ERROR_TEXT_LENGTH_MAX: usize = 1023;
/// Bytes that a publication keeps of the text with which it was rejected.
pub const REJECTION_TEXT_LENGTH_MAX: usize = 64;

/// SETUP period, and least time between elicited SETUPs (*wire*).
pub const SETUP_INTERVAL_NS: u64 = 100_000_000;
/// Heartbeat period of an idle publication (*wire*).
pub const HEARTBEAT_INTERVAL_NS: u64 = 100_000_000;
/// The first heartbeat after data comes this soon, so that a lost tail is found; each one after it
/// [`REPEAT_FACTOR`] times later, up to the period.
pub const HEARTBEAT_TAIL_NS: u64 = 1_000_000;
/// A status message for which the sender seems to wait is repeated after this long; then each time
/// [`REPEAT_FACTOR`] times later, up to the period.
pub const STATUS_REPEAT_NS: u64 = 1_000_000;
/// By how much repeated heartbeats and status messages slow down.
pub const REPEAT_FACTOR: u64 = 10;
/// Status message period (*wire*).
pub const STATUS_INTERVAL_NS: u64 = 200_000_000;
/// An S-flagged status message is repeated at most this often for one stream and session (*wire*).
pub const SETUP_REQUEST_INTERVAL_NS: u64 = 1_000_000_000;
/// A multi-destination sender forgets a destination that registered itself and was not heard for
/// this long.
pub const DESTINATION_TIMEOUT_NS: u64 = 5_000_000_000;
/// A sender that waits for its slowest receiver stays so long at most where it is for one that
/// joins, until the newcomer's first status message.
pub const JOIN_HOLD_NS: u64 = 1_000_000_000;
/// A publication that heard no status message for this long is not connected.
pub const CONNECTION_TIMEOUT_NS: u64 = 5_000_000_000;
/// An image that got no frame for this long goes away.
pub const IMAGE_LIVENESS_NS: u64 = 10_000_000_000;
/// A closed publication keeps repeating end of stream and serving retransmits for this long.
pub const LINGER_NS: u64 = 5_000_000_000;
/// First NAK of a gap, unicast.
pub const NAK_DELAY_UNICAST_NS: u64 = 1_000;
/// Following NAKs of the same gap come after so many times the delay of the first, unicast.
pub const NAK_RETRY_UNICAST_FACTOR: u64 = 100;
/// Longest randomised NAK delay, multicast.
pub const NAK_BACKOFF_MULTICAST_MAX_NS: u64 = 10_000_000;
/// A NAK that starts inside a range resent less than this ago is ignored, by default, where one
/// receiver asks. Some NAK retries of it: long enough for a repair on a local network to arrive,
/// short enough that a repair which is lost in turn does not stop the stream for long. Each time
/// that the range is resent again it lingers four times as long, up to [`RETRANSMIT_LINGER_NS`].
pub const RETRANSMIT_LINGER_UNICAST_NS: u64 = 500_000;
/// The same where several may ask for one repair at different times; also the refill period of the
/// retransmit byte budget.
pub const RETRANSMIT_LINGER_NS: u64 = 10_000_000;
/// Ranges that one publication resends or remembers at a time.
pub const RETRANSMITS_MAX: usize = 16;
/// Bytes that one publication resends at most in one [`RETRANSMIT_LINGER_NS`], by default.
pub const RETRANSMIT_BYTES_MAX_DEFAULT: u64 = 256 * 1024;
/// Datagrams that one publication sends before the next one's turn.
pub const TURN_DATAGRAMS_MAX: u32 = 16;
/// A unicast NAK is served up to this many receiver windows.
pub const RETRANSMIT_WINDOWS_UNICAST: u64 = 16;
/// A group NAK is served up to this many receiver windows.
pub const RETRANSMIT_WINDOWS_GROUP: u64 = 4;
/// End-of-stream status messages an image sends when its stream has been consumed.
pub const EOS_STATUS_COUNT: u32 = 5;
/// An answer that found no credit is tried again after this long.
pub const CREDIT_RETRY_NS: u64 = 10_000_000;
/// Episodes of loss that a receive endpoint remembers when they are over.
pub const LOSS_EPISODES_MAX: usize = 64;
/// Streams and sessions for which a receive endpoint remembers that it asked for a SETUP.
pub const SETUP_REQUESTS_MAX: usize = 64;

const _: () = assert!(WINDOW_LENGTH_MIN as usize == 64 * FRAME_ALIGNMENT);
const _: () = assert!(TERM_LENGTH_MIN.is_power_of_two() && TERM_LENGTH_MAX.is_power_of_two());
const _: () = assert!(MTU_DEFAULT.is_multiple_of(FRAME_ALIGNMENT));
