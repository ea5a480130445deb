//! The expected effects of one command, and the rejects that many commands share.

use forecastle_proto_spec::{
    BusinessMessageReject, Message, MessageHeader, OrderCancelReject, RejectCode,
};
use zerocopy::{FromZeros, IntoBytes};

use super::Command;
use super::sessions::Request;

const RECORD_HEADER_LENGTH: u64 = 32;

/// Encoded effects, and where they stand in the log.
pub struct Effects {
    pub bytes: Vec<u8>,
    /// Sequencing time of the command.
    pub now: u64,
    /// How many there are.
    pub count: usize,
    start: u64,
}

impl Effects {
    pub fn new(command: Command<'_>) -> Self {
        let command_length = command.bytes.len().next_multiple_of(8) as u64;
        Self {
            bytes: Vec::new(),
            now: command.sequencing_time_ns,
            count: 0,
            start: command.position + RECORD_HEADER_LENGTH + command_length,
        }
    }

    /// Position of the next effect.
    pub fn position(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    pub fn push<M: Message>(&mut self, message: &M) {
        self.count += 1;
        self.bytes.extend_from_slice(MessageHeader::of::<M>().as_bytes());
        self.bytes.extend_from_slice(message.as_bytes());
    }

    pub fn business_reject(&mut self, request: &Request, code: RejectCode) {
        let mut reject = BusinessMessageReject::new_zeroed();
        reject.request_id.set(request.id);
        reject.exec_id.set(self.position());
        reject.transact_time_ns.set(self.now);
        reject.ref_seq_num.set(request.seq_num);
        reject.ref_template_id.set(request.template_id);
        reject.reject_code.set(code.into());
        self.push(&reject);
    }

    pub fn cancel_reject(
        &mut self,
        request: &Request,
        order_id: u64,
        security_id: u32,
        code: RejectCode,
    ) {
        let mut reject = OrderCancelReject::new_zeroed();
        reject.cl_ord_id.set(request.id);
        reject.order_id.set(order_id);
        reject.exec_id.set(self.position());
        reject.transact_time_ns.set(self.now);
        reject.seq_num.set(request.seq_num);
        reject.security_id.set(security_id);
        reject.reject_code.set(code.into());
        reject.ref_template_id.set(request.template_id);
        self.push(&reject);
    }
}
