//! Short ways to build and take apart messages.

use forecastle_proto_spec::{Frame, Message, encode};

/// The bytes of one message with its header.
pub fn bytes_of<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0; M::ENCODED_LENGTH];
    encode(message, &mut bytes).expect("the buffer has the message's length");
    bytes
}

/// Effects one by one.
pub fn frames_of(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = Frame::parse(bytes).expect("effects are whole messages");
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Every effect of one kind.
pub fn effects_of<M: Message>(bytes: &[u8]) -> Vec<M> {
    frames_of(bytes).iter().filter_map(|frame| frame.body::<M>().copied()).collect()
}
