//! `forecastle journal explain`: the life of an order, and why it did or did not fill.
//!
//! The journal is executed again beside the reading, so that the other side of the book is known
//! at every moment of the order's life.

use forecastle_engine::Engine;
use forecastle_node::Replayer;
use forecastle_persister::Record;
use forecastle_proto_spec::{
    CancelReason, CrossOutcomeFill, EXEC_INST_CANCEL_ON_DISCONNECT, EXEC_INST_CANCEL_ON_HALT,
    EXEC_INST_ECHO_NO, EXEC_INST_POST_ONLY, EXEC_INST_REDUCE_ONLY, OrderAccepted, OrderCancelled,
    OrderPending, OrderReleased, OrderReplaced, OrderRested, QuoteEntered, REFERENCE_JUMP_REASON,
    SecurityStatusReport, Side, Trade,
};

use super::Place;
use super::record_view::{Effect, effects};
use super::source::Source;
use crate::exit::Outcome;

/// Prints each thing that happened to the order, then the verdict.
///
/// # Errors
/// The journal cannot be read or executed, or no order has this id.
pub fn run(place: &Place, order_id: u64) -> anyhow::Result<Outcome> {
    let source = Source::open(place)?;
    let mut replayer = Replayer::at_birth(source.shard);
    let mut life = Life::new(order_id);
    source.for_each_frame(0, |frame| {
        for record in frame.records() {
            replayer.apply(record)?;
            for line in life.follow(&record) {
                println!("{line}");
            }
            if let Some(engine) = replayer.engine() {
                life.look_at_book(engine);
            }
        }
        Ok(true)
    })?;
    let verdict = life.verdict(replayer.engine());
    let verdict = verdict.ok_or_else(|| anyhow::anyhow!("no order {order_id} in this journal"))?;
    println!("{verdict}");
    Ok(Outcome::Done)
}

/// What is known of the order so far.
#[derive(Clone, Debug)]
pub struct Life {
    order_id: u64,
    terms: Option<Terms>,
    traded_lots: u64,
    /// Sum of price × lots.
    traded_value: u64,
    trade_count: u64,
    ended: Option<String>,
    /// Whether it waits for the in-play delay.
    waits: bool,
    /// The other side's price that came closest while it rested.
    closest: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
struct Terms {
    security_id: u32,
    side: Side,
    price: u16,
    quantity: u32,
}

impl Life {
    /// Nothing known yet of the order with that id.
    #[must_use]
    pub fn new(order_id: u64) -> Self {
        Self {
            order_id,
            terms: None,
            traded_lots: 0,
            traded_value: 0,
            trade_count: 0,
            ended: None,
            waits: false,
            closest: None,
        }
    }

    /// Takes note of a record; gives a line for each thing that happened to the order.
    pub fn follow(&mut self, record: &Record<'_>) -> Vec<String> {
        let time_ns = record.header().sequencing_time_ns.get();
        let told = effects(record).filter_map(|effect| {
            let text = self.note(&effect)?;
            Some(format!("{:>14}  {time_ns}  {text}", effect.position))
        });
        told.collect()
    }

    fn note(&mut self, effect: &Effect<'_>) -> Option<String> {
        if let Some(accepted) = effect.frame.body::<OrderAccepted>() {
            return self.on_accepted(accepted);
        }
        if let Some(quote) = effect.frame.body::<QuoteEntered>() {
            return self.on_quote(quote);
        }
        if let Some(rested) = effect.frame.body::<OrderRested>() {
            let is_it = rested.order_id.get() == self.order_id;
            return is_it.then(|| format!("rests with {} lots", rested.leaves_qty));
        }
        if let Some(replaced) = effect.frame.body::<OrderReplaced>() {
            return self.on_replaced(replaced);
        }
        if let Some(cancelled) = effect.frame.body::<OrderCancelled>() {
            return self.on_cancelled(cancelled);
        }
        if let Some(pending) = effect.frame.body::<OrderPending>() {
            return self.on_pending(pending);
        }
        if let Some(released) = effect.frame.body::<OrderReleased>() {
            return self.on_released(released);
        }
        if let Some(fill) = effect.frame.body::<CrossOutcomeFill>() {
            return self.on_cross_outcome(fill);
        }
        if let Some(report) = effect.frame.body::<SecurityStatusReport>() {
            return self.on_status(report);
        }
        self.on_trade(effect.frame.body::<Trade>()?)
    }

    fn on_accepted(&mut self, accepted: &OrderAccepted) -> Option<String> {
        if accepted.order_id.get() != self.order_id {
            return None;
        }
        let side = Side::try_from(accepted.side).ok()?;
        let (price, quantity) = (accepted.price.get(), accepted.order_qty.get());
        let security_id = accepted.security_id.get();
        self.terms = Some(Terms { security_id, side, price, quantity });
        Some(format!(
            "accepted: {side:?} {quantity} lots at {price} in market {security_id}, account {}, \
             session {}, {} lots ahead{}",
            accepted.account,
            accepted.session_id,
            accepted.quantity_ahead,
            instructions(accepted.exec_inst)
        ))
    }

    fn on_quote(&mut self, quote: &QuoteEntered) -> Option<String> {
        if quote.order_id.get() != self.order_id {
            return None;
        }
        let side = Side::try_from(quote.side).ok()?;
        let (price, quantity) = (quote.price.get(), quote.order_qty.get());
        let security_id = quote.security_id.get();
        self.terms = Some(Terms { security_id, side, price, quantity });
        Some(format!(
            "entered by mass quote {}: {side:?} {quantity} lots at {price} in market {security_id}, \
             account {}, session {}, quote set {}, {} lots ahead{}",
            quote.quote_id,
            quote.account,
            quote.session_id,
            quote.quote_set_id,
            quote.quantity_ahead,
            instructions(quote.exec_inst)
        ))
    }

    fn on_replaced(&mut self, replaced: &OrderReplaced) -> Option<String> {
        if replaced.order_id.get() != self.order_id {
            return None;
        }
        let (price, leaves) = (replaced.price.get(), replaced.leaves_qty.get());
        if let Some(terms) = &mut self.terms {
            terms.price = price;
        }
        let priority = if replaced.priority_kept == 1 { "kept" } else { "lost" };
        Some(format!("replaced: {leaves} lots at {price}, priority {priority}"))
    }

    fn on_cancelled(&mut self, cancelled: &OrderCancelled) -> Option<String> {
        if cancelled.order_id.get() != self.order_id {
            return None;
        }
        let reason = CancelReason::try_from(cancelled.reason.get());
        let reason = reason.map_or("an unknown reason".to_string(), |reason| format!("{reason:?}"));
        let text = format!("cancelled: {} lots left, {reason}", cancelled.cancelled_qty);
        self.ended = Some(text.clone());
        Some(text)
    }

    fn on_status(&self, report: &SecurityStatusReport) -> Option<String> {
        let has_jumped = report.reason.get() == REFERENCE_JUMP_REASON;
        let is_its_market = self.terms?.security_id == report.security_id.get();
        (has_jumped && is_its_market && self.ended.is_none())
            .then(|| "waits: its market is paused, the reference odds jumped".to_string())
    }

    fn on_pending(&mut self, pending: &OrderPending) -> Option<String> {
        if pending.order_id.get() != self.order_id {
            return None;
        }
        self.waits = true;
        let (leaves, time_ns) = (pending.leaves_qty, pending.release_time_ns);
        Some(format!("would trade in play: waits with {leaves} lots until {time_ns}"))
    }

    fn on_released(&mut self, released: &OrderReleased) -> Option<String> {
        if released.order_id.get() != self.order_id {
            return None;
        }
        self.waits = false;
        let (leaves, ahead) = (released.leaves_qty, released.quantity_ahead);
        Some(format!("waited, comes in with {leaves} lots, {ahead} lots ahead"))
    }

    fn on_trade(&mut self, trade: &Trade) -> Option<String> {
        let (leaves, role) = if trade.resting_order_id.get() == self.order_id {
            (trade.resting_leaves_qty.get(), "resting")
        } else if trade.aggressor_order_id.get() == self.order_id {
            (trade.aggressor_leaves_qty.get(), "aggressor")
        } else {
            return None;
        };
        let (quantity, price) = (trade.quantity.get(), trade.price.get());
        self.count_fill(quantity, price, leaves);
        Some(format!("trades {quantity} lots at {price} as {role}, {leaves} left"))
    }

    fn on_cross_outcome(&mut self, fill: &CrossOutcomeFill) -> Option<String> {
        if fill.order_id.get() != self.order_id {
            return None;
        }
        let (quantity, price) = (fill.quantity.get(), fill.price.get());
        let leaves = fill.leaves_qty.get();
        self.count_fill(quantity, price, leaves);
        let role = if fill.is_aggressor == 0 { "resting" } else { "aggressor" };
        Some(format!(
            "trades {quantity} lots at {price} as {role} in a set of all outcomes, {leaves} left"
        ))
    }

    fn count_fill(&mut self, quantity: u32, price: u16, leaves: u32) {
        self.traded_lots += u64::from(quantity);
        self.traded_value += u64::from(quantity) * u64::from(price);
        self.trade_count += 1;
        if leaves == 0 {
            self.ended = Some("filled".to_string());
        }
    }

    /// Looks at the other side of the book while the order lives.
    pub fn look_at_book(&mut self, engine: &Engine) {
        let Some(terms) = self.terms.filter(|_| self.ended.is_none()) else { return };
        let Some(book) = engine.book(terms.security_id) else { return };
        let best = match terms.side {
            Side::Buy => book.asks().next(),
            Side::Sell => book.bids().next(),
        };
        let Some(price) = best.map(|order| order.price) else { return };
        let is_closer = self
            .closest
            .is_none_or(|closest| price.abs_diff(terms.price) < closest.abs_diff(terms.price));
        if is_closer {
            self.closest = Some(price);
        }
    }

    /// Why it did or did not fill; none when there never was such an order.
    #[must_use]
    pub fn verdict(&self, engine: Option<&Engine>) -> Option<String> {
        let terms = self.terms?;
        let Terms { security_id, side, price, quantity } = terms;
        let traded = match self.trade_count {
            0 => "nothing traded".to_string(),
            count => format!(
                "{} of {quantity} lots traded in {count} trades at {} on average",
                self.traded_lots,
                self.traded_value / self.traded_lots
            ),
        };
        let other = match self.closest {
            None => "the other side was empty all its life".to_string(),
            Some(closest) => format!("the other side came no closer than {closest}"),
        };
        let end = match &self.ended {
            Some(end) if end == "filled" => "it was filled".to_string(),
            Some(end) => format!("it was {end}; {other}"),
            None if self.waits => "it waits in play, in no book".to_string(),
            None => {
                let ahead = engine.map_or(0, |engine| self.lots_ahead(engine, terms));
                format!(
                    "it rests in market {security_id}, {side:?} at {price} with {ahead} lots ahead; \
                     {other}"
                )
            }
        };
        Some(format!("{traded}; {end}"))
    }

    fn lots_ahead(&self, engine: &Engine, terms: Terms) -> u64 {
        let Some(book) = engine.book(terms.security_id) else { return 0 };
        let lots_before = |orders: &mut dyn Iterator<Item = forecastle_engine::BookOrder>| {
            orders
                .take_while(|order| order.order_id.value() != self.order_id)
                .map(|order| u64::from(order.leaves_qty))
                .sum()
        };
        match terms.side {
            Side::Buy => lots_before(&mut book.bids()),
            Side::Sell => lots_before(&mut book.asks()),
        }
    }
}

/// The instructions of an order in words, behind commas.
fn instructions(exec_inst: u8) -> String {
    let words = [
        (EXEC_INST_POST_ONLY, "post-only"),
        (EXEC_INST_REDUCE_ONLY, "reduce-only"),
        (EXEC_INST_CANCEL_ON_HALT, "to end on a halt"),
        (EXEC_INST_CANCEL_ON_DISCONNECT, "to end with its session"),
        (EXEC_INST_ECHO_NO, "called NO by its client"),
    ];
    let given = words.iter().filter(|(bit, _)| exec_inst & bit != 0);
    given.map(|(_, word)| format!(", {word}")).collect()
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{Frame, Message, encode};
    use zerocopy::FromZeros;

    use super::*;

    fn told<M: Message>(life: &mut Life, message: &M) -> Option<String> {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).expect("there is room");
        let (frame, _) = Frame::parse(&bytes).expect("it is a message");
        life.note(&Effect { position: 0, frame })
    }

    #[test]
    fn a_wait_in_play_is_told_until_it_is_over() {
        let mut life = Life::new(7);
        let mut accepted = OrderAccepted::new_zeroed();
        accepted.order_id.set(7);
        accepted.side = 1;
        accepted.order_qty.set(3);
        told(&mut life, &accepted).expect("it is the order");
        let mut pending = OrderPending::new_zeroed();
        pending.order_id.set(8);
        assert_eq!(told(&mut life, &pending), None, "another order");
        pending.order_id.set(7);
        pending.leaves_qty.set(3);
        pending.release_time_ns.set(99);
        let line = told(&mut life, &pending);
        assert_eq!(line.as_deref(), Some("would trade in play: waits with 3 lots until 99"));
        let verdict = life.verdict(None).expect("it was accepted");
        assert!(verdict.ends_with("it waits in play, in no book"), "{verdict}");
        let mut released = OrderReleased::new_zeroed();
        released.order_id.set(7);
        released.leaves_qty.set(2);
        released.quantity_ahead.set(5);
        let line = told(&mut life, &released);
        assert_eq!(line.as_deref(), Some("waited, comes in with 2 lots, 5 lots ahead"));
        let verdict = life.verdict(None).expect("it was accepted");
        assert!(!verdict.contains("waits"), "{verdict}");
    }
}
