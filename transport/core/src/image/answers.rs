//! What an image sends back to its sender: status messages, NAKs, the response set-up, the end of
//! stream and rejections. Each frame asks for credit first; without it the image tries again later.

use zerocopy::IntoBytes;
use zerocopy::little_endian::{I32, I64};

use super::{Image, State};
use crate::counters::{Counters, DropCause};
use crate::frame::{
    ERROR_HAS_GROUP_TAG, ERROR_IMAGE_REJECTED, ErrorFrame, FrameHeader, NakFrame,
    ResponseSetupFrame, STATUS_EOS, StatusFrame, TYPE_ERROR, TYPE_NAK, TYPE_RESPONSE_SETUP,
    TYPE_STATUS,
};
use crate::limits::{
    CREDIT_RETRY_NS, FRAME_ALIGNMENT, REPEAT_FACTOR, STATUS_INTERVAL_NS, STATUS_REPEAT_NS,
};
use crate::loss_report::LossReport;
use crate::planted::{Fault, is_planted};
use crate::put;
use crate::random::Random;

/// What an image needs of its endpoint to answer: credit, random numbers, counts.
pub(crate) struct AnswerContext<'a, S: FnMut(usize) -> bool> {
    pub(crate) now_ns: u64,
    pub(crate) random: &'a mut Random,
    pub(crate) counters: &'a mut Counters,
    pub(crate) losses: &'a mut LossReport,
    /// Spends credit for that many bytes, or says that there is too little.
    pub(crate) spend: S,
}

impl Image {
    /// The next frame this image has to send now, written into `buffer`.
    #[inline]
    pub(crate) fn poll_transmit<S: FnMut(usize) -> bool>(
        &mut self,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        if context.now_ns < self.credit_retry_ns {
            return None;
        }
        match self.state {
            State::Active => self
                .write_status(buffer, context)
                .or_else(|| self.write_response_setup(buffer, context))
                .or_else(|| self.write_nak(buffer, context)),
            State::Ending { status_left } => self.write_eos_status(status_left, buffer, context),
            State::Rejected(_) => self.write_rejection(buffer, context),
            State::Finished => None,
        }
    }

    #[inline]
    fn may_send<S: FnMut(usize) -> bool>(
        &mut self,
        length: usize,
        context: &mut AnswerContext<'_, S>,
    ) -> bool {
        if context.now_ns < self.credit_retry_ns {
            return false;
        }
        let is_allowed = (context.spend)(length);
        if !is_allowed {
            context.counters.on_drop(DropCause::NoCredit);
            self.credit_retry_ns = context.now_ns + CREDIT_RETRY_NS;
        }
        is_allowed
    }

    #[inline]
    fn write_status<S: FnMut(usize) -> bool>(
        &mut self,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        let consumed = self.buffer.consumed();
        let has_moved = consumed - self.status_position > self.window / 4;
        let is_repeat = context.now_ns >= self.next_repeat_ns && self.is_sender_waiting();
        let is_due = has_moved || is_repeat || context.now_ns >= self.next_status_ns;
        if !is_due || !self.may_send(self.status_length(), context) {
            return None;
        }
        if has_moved {
            self.limit_before = self.status_position + self.window;
            self.repeat_delay_ns = STATUS_REPEAT_NS;
        } else {
            let delay_ns = self.repeat_delay_ns.saturating_mul(REPEAT_FACTOR);
            self.repeat_delay_ns = delay_ns.min(STATUS_INTERVAL_NS);
        }
        self.next_repeat_ns = context.now_ns + self.repeat_delay_ns;
        self.status_position = consumed;
        self.next_status_ns = context.now_ns + STATUS_INTERVAL_NS;
        context.counters.status_messages += 1;
        Some(self.put_status(0, buffer))
    }

    /// Whether the sender stands where the status message before the last one let it go, as if it
    /// had not heard the last.
    fn is_sender_waiting(&self) -> bool {
        let sent = self.buffer.high_water();
        sent <= self.limit_before && sent + self.mtu > self.limit_before
    }

    #[inline]
    fn status_length(&self) -> usize {
        StatusFrame::length_with(self.group_tag)
    }

    #[inline]
    fn put_status(&self, flags: u8, buffer: &mut [u8]) -> usize {
        let status = StatusFrame {
            header: FrameHeader::new(TYPE_STATUS, flags, self.status_length()),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            consumption_term_id: I32::new(self.geometry.term_id(self.status_position)),
            consumption_term_offset: I32::new(self.geometry.term_offset(self.status_position)),
            receiver_window: I32::new(self.window as i32),
            receiver_id: I64::new(self.receiver_id),
        };
        status.write_with(self.group_tag, buffer)
    }

    fn write_response_setup<S: FnMut(usize) -> bool>(
        &mut self,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        let offer = self.response.filter(|offer| context.now_ns >= offer.next_ns)?;
        if !self.may_send(ResponseSetupFrame::LENGTH, context) {
            return None;
        }
        let next_ns = context.now_ns + STATUS_INTERVAL_NS;
        self.response = Some(super::ResponseOffer { next_ns, ..offer });
        let setup = ResponseSetupFrame {
            header: FrameHeader::new(TYPE_RESPONSE_SETUP, 0, ResponseSetupFrame::LENGTH),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            response_session_id: I32::new(offer.session_id),
        };
        Some(put(setup.as_bytes(), buffer))
    }

    #[inline]
    fn write_nak<S: FnMut(usize) -> bool>(
        &mut self,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        let gap = self.buffer.gap();
        if gap.is_none()
            && let Some(episode) = self.close_loss(context.now_ns, false)
        {
            context.counters.loss_episodes += 1;
            context.losses.push(episode);
        }
        if self.gap_hold_ns == Some(0) || self.is_revoked {
            return None;
        }
        self.losses.observe(gap, context.now_ns, context.random);
        let (from, to) = self.losses.due(context.now_ns, context.random)?;
        if !self.may_send(NakFrame::LENGTH, context) {
            return None;
        }
        let mut to = to.min(self.geometry.term_end(from));
        self.note_loss(context.now_ns, (from, to), false);
        if is_planted(Fault::NakOneFrameShort) {
            to -= FRAME_ALIGNMENT as u64;
        }
        let nak = NakFrame {
            header: FrameHeader::new(TYPE_NAK, 0, NakFrame::LENGTH),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            term_id: I32::new(self.geometry.term_id(from)),
            term_offset: I32::new(self.geometry.term_offset(from)),
            length: I32::new((to - from) as i32),
        };
        context.counters.naks += 1;
        Some(put(nak.as_bytes(), buffer))
    }

    fn write_eos_status<S: FnMut(usize) -> bool>(
        &mut self,
        status_left: u32,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        if context.now_ns < self.next_status_ns {
            return None;
        }
        self.next_status_ns = context.now_ns + STATUS_INTERVAL_NS;
        self.state = match status_left {
            0 => State::Finished,
            _ => State::Ending { status_left: status_left - 1 },
        };
        if status_left == 0 || !self.may_send(self.status_length(), context) {
            return None;
        }
        self.status_position = self.buffer.consumed();
        context.counters.status_messages += 1;
        Some(self.put_status(STATUS_EOS, buffer))
    }

    fn write_rejection<S: FnMut(usize) -> bool>(
        &mut self,
        buffer: &mut [u8],
        context: &mut AnswerContext<'_, S>,
    ) -> Option<usize> {
        let State::Rejected(mut rejection) = self.state else { return None };
        if context.now_ns < self.next_status_ns {
            return None;
        }
        // A sender honours ERR only from a receiver whose status message it has counted.
        if !rejection.status_sent {
            if !self.may_send(self.status_length(), context) {
                return None;
            }
            rejection.status_sent = true;
            self.state = State::Rejected(rejection);
            context.counters.status_messages += 1;
            return Some(self.put_status(0, buffer));
        }
        let text = rejection.text.as_bytes();
        let length = ErrorFrame::LENGTH + text.len();
        if !self.may_send(length, context) {
            return None;
        }
        self.next_status_ns = context.now_ns + STATUS_INTERVAL_NS;
        let flags = if self.group_tag.is_some() { ERROR_HAS_GROUP_TAG } else { 0 };
        let error = ErrorFrame {
            header: FrameHeader::new(TYPE_ERROR, flags, length),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            receiver_id: I64::new(self.receiver_id),
            group_tag: I64::new(self.group_tag.unwrap_or(0)),
            error_code: I32::new(ERROR_IMAGE_REJECTED),
            error_length: I32::new(text.len() as i32),
        };
        let header_length = put(error.as_bytes(), buffer);
        Some(header_length + put(text, &mut buffer[header_length..]))
    }
}
