//! A trader: takes what is offered when it believes the price is good.

use forecastle_client::OrderEntry;
use forecastle_proto_spec::{
    ExecutionReportRejected, NewOrderSingle, RejectCode, Side, TimeInForce,
};
use zerocopy::FromZeros as _;

use super::first_cl_ord_id;
use super::random::Random;
use super::stage::Stage;

/// One trader with its session.
pub struct Trader {
    session: OrderEntry,
    account: u32,
    random: Random,
    next_cl_ord_id: u64,
    is_short_of_cash: bool,
}

impl Trader {
    /// A trader for `account`.
    pub fn new(session: OrderEntry, account: u32, seed: u64) -> Self {
        Self {
            session,
            account,
            random: Random::new(seed),
            next_cl_ord_id: first_cl_ord_id(),
            is_short_of_cash: false,
        }
    }

    /// Sends one immediate-or-cancel order, now and then one that must fill in full.
    pub fn tick(&mut self, stage: &mut Stage) -> anyhow::Result<()> {
        self.listen(stage)?;
        let Some(market) = stage.market(&mut self.random) else { return Ok(()) };
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let belief = i32::from(market.fair) + self.random.between(-150, 150);
        let price = belief.clamp(1, 9999);
        let time_in_force = match self.random.below(8) {
            0 => TimeInForce::FillOrKill,
            _ => TimeInForce::ImmediateOrCancel,
        };
        let mut order = NewOrderSingle::new_zeroed();
        order.cl_ord_id.set(self.next_cl_ord_id);
        order.security_id.set(market.security_id);
        order.order_qty.set(10 * (1 + self.random.below(100)));
        order.account.set(self.account);
        order.price.set(u16::try_from(price).unwrap_or(1));
        order.side = side.into();
        order.time_in_force = time_in_force.into();
        self.session.send(&order)?;
        self.next_cl_ord_id += 1;
        Ok(())
    }

    /// Takes the exchange's reports.
    pub fn listen(&mut self, stage: &mut Stage) -> anyhow::Result<()> {
        let is_short_of_cash = &mut self.is_short_of_cash;
        self.session.poll(|frame| {
            if let Some(reject) = frame.body::<ExecutionReportRejected>() {
                let short = u16::from(RejectCode::InsufficientBuyingPower);
                *is_short_of_cash |= reject.reject_code == short;
            }
        })?;
        if std::mem::take(&mut self.is_short_of_cash) {
            stage.deposit(self.account)?;
        }
        Ok(())
    }
}
