//! Random categories, series and users.

use forecastle_proto_spec::{
    CategoryDefinitionRequest, SeriesDefinitionRequest, UserDefinitionRequest,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::World;

impl World {
    /// A definition or an update, of few numbers so that they meet again.
    pub fn catalogue(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let request_id = self.random.word();
        let seq_num = self.number(session_id);
        let action = match self.random.below(20) {
            0 => self.random.pick(&[0, 3, 255]),
            1..8 => 2,
            _ => 1,
        };
        let name = self.name();
        let bytes = match self.random.below(3) {
            0 => {
                let mut message = CategoryDefinitionRequest::new_zeroed();
                message.request_id.set(request_id);
                message.seq_num.set(seq_num);
                message.category_id.set(self.random.pick(&[1, 1, 1, 2, 1_024, 0, 1_025]));
                (message.action, message.name) = (action, name);
                bytes_of(&message)
            }
            1 => {
                let mut message = SeriesDefinitionRequest::new_zeroed();
                message.request_id.set(request_id);
                message.seq_num.set(seq_num);
                message.series_id.set(self.random.pick(&[1, 1, 2, 2, 3, 8_192, 0, 8_193]));
                message.category_id.set(self.random.pick(&[1, 1, 1, 1, 2, 0, 1_024]));
                message.maker_fee_rate.set(self.random.pick(&[0, 25, 9_999]));
                message.taker_fee_rate.set(self.random.pick(&[0, 25, 700, 700, 700, 700, 10_000]));
                message.velocity = self.random.pick(&[1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 4]);
                (message.action, message.name) = (action, name);
                bytes_of(&message)
            }
            _ => {
                let mut message = UserDefinitionRequest::new_zeroed();
                message.request_id.set(request_id);
                message.seq_num.set(seq_num);
                message.user_id.set(self.random.pick(&[1, 2, 8, 0, 9]));
                message.firm_id.set(self.random.pick(&[1, 1, 2, 0]));
                message.account.set(self.random.pick(&[0, 0, 1, 3, 9]));
                (message.action, message.name) = (action, name);
                bytes_of(&message)
            }
        };
        (session_id, bytes)
    }

    /// The number of a series, nearly always of one that there is; 0 where there is none.
    pub fn any_series(&mut self) -> u16 {
        let series: Vec<u16> = self.pair.model.series.keys().copied().collect();
        match self.random.pick_any(&series) {
            Some(series_id) if !self.random.once_in(8) => series_id,
            _ => self.random.pick(&[0, 0, 7, 9_000]),
        }
    }

    fn name(&mut self) -> [u8; 64] {
        let mut name = [0; 64];
        let mut write = |text: &[u8]| name[..text.len()].copy_from_slice(text);
        match self.random.below(40) {
            0 => write(b""),
            1 => write(b"two\nlines"),
            2 => write(b"torn \xC3"),
            3 => write(b"a gap\0in it"),
            4 => write("del \u{7f}".as_bytes()),
            5 => write("c1 \u{85}".as_bytes()),
            6 => write(&[b'x'; 64]),
            _ => write("Fußball 서울".as_bytes()),
        }
        name
    }
}
