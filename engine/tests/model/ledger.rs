//! Cash, fees, positions and buying power (`docs/engine-rules.md` §4), recomputed each time.

use forecastle_proto_spec::{RejectCode, Side};

use super::Model;
use super::markets::Event;

/// An open order as far as money goes.
#[derive(Clone, Copy, Debug)]
pub struct OpenOrder {
    pub security_id: u32,
    pub side: Side,
    pub price: u16,
    pub leaves: u32,
    /// The highest rate that it may trade at, ten-thousandths.
    pub fee_rate: u16,
}

impl OpenOrder {
    /// Most that its fill can cost, millionths.
    pub fn hold(&self) -> i128 {
        let per_lot = match self.side {
            Side::Buy => self.price,
            Side::Sell => PAYOUT - self.price,
        };
        i128::from(per_lot) * i128::from(self.leaves) + self.fee(self.leaves)
    }

    /// Cash that moves to the account by a fill, and the lots it gains.
    fn fill(&self, quantity: u32) -> (i128, i128) {
        let lots = match self.side {
            Side::Buy => i128::from(quantity),
            Side::Sell => -i128::from(quantity),
        };
        (-lots * i128::from(self.price) - self.fee(quantity), lots)
    }

    fn fee(&self, quantity: u32) -> i128 {
        i128::from(fee(self.fee_rate, self.price, quantity))
    }
}

/// What a trade costs one side beside the price: the rate of p × (1 − p), rounded up for each lot.
pub fn fee(rate: u16, price: u16, quantity: u32) -> i64 {
    let exact = u128::from(rate) * u128::from(price) * u128::from(PAYOUT - price);
    i64::try_from(exact.div_ceil(100_000_000) * u128::from(quantity)).expect("below the price")
}

impl Model {
    /// Moves lots to the buyer and price × quantity to the seller.
    pub fn exchange(&mut self, market: u32, buyer: u32, seller: u32, quantity: u32, price: u16) {
        let cost = i64::from(price) * i64::from(quantity);
        self.pay(buyer, market, cost);
        self.pay(seller, market, -cost);
        self.add_position(buyer, market, i64::from(quantity));
        self.add_position(seller, market, -i64::from(quantity));
    }

    /// Moves a fee for a trade in a market from an account to the fees of the exchange.
    pub fn charge(&mut self, account: u32, market: u32, fee: i64) {
        self.pay(account, market, fee);
        self.fees += fee;
    }

    /// The rate that an incoming order of a market is held at: it may end as maker or taker.
    pub fn incoming_fee_rate(&self, security_id: u32) -> u16 {
        let event = self.event_of(security_id);
        event.maker_fee_rate.max(event.taker_fee_rate)
    }

    pub fn position(&self, account: u32, security_id: u32) -> i64 {
        self.positions.get(&(account, security_id)).copied().unwrap_or(0)
    }

    pub fn add_position(&mut self, account: u32, security_id: u32, lots: i64) {
        let position = self.position(account, security_id) + lots;
        if position == 0 {
            self.positions.remove(&(account, security_id));
        } else {
            self.positions.insert((account, security_id), position);
        }
    }

    pub fn open_orders(&self, account: u32) -> Vec<OpenOrder> {
        self.open_orders_without(account, 0)
    }

    /// The account's open orders save one.
    pub fn open_orders_without(&self, account: u32, order_id: u64) -> Vec<OpenOrder> {
        self.orders
            .iter()
            .filter(|order| order.account == account && order.order_id != order_id)
            .map(|order| OpenOrder {
                security_id: order.security_id,
                side: order.side,
                price: order.price,
                leaves: order.leaves,
                fee_rate: match order.priority {
                    Some(_) => self.event_of(order.security_id).maker_fee_rate,
                    None => self.incoming_fee_rate(order.security_id),
                },
            })
            .collect()
    }

    /// Sum of the holds of one account's open orders of one side of a market.
    pub fn cost(&self, account: u32, security_id: u32, side: Side) -> i64 {
        to_money(sum_of_holds(&self.open_orders(account), security_id, side))
    }

    pub fn buying_power(&self, account: u32) -> i64 {
        to_money(self.buying_power_with(account, &self.open_orders(account)))
    }

    /// What the account would have left in the worst case if these were its open orders.
    pub fn buying_power_with(&self, account: u32, open: &[OpenOrder]) -> i128 {
        let worst: i128 =
            self.events.iter().map(|event| self.worst_of_event(account, event, open)).sum();
        let direct = i128::from(self.accounts[&account].cash) + worst;
        if let Some(enumerated) = self.enumerate_fills(account, open) {
            self.enumerations.set(self.enumerations.get() + 1);
            assert_eq!(direct, enumerated, "formula against enumeration, {account}: {open:?}");
        }
        direct
    }

    /// Refuses open orders that the account could not pay for.
    pub fn check_buying_power(
        &self,
        account: u32,
        (market, side): (u32, Side),
        open: &[OpenOrder],
    ) -> Result<(), RejectCode> {
        let held = self.positions.range((account, 0)..(account + 1, 0));
        let lots: u64 = held.map(|(_, lots)| lots.unsigned_abs()).sum();
        let leaves: u64 = open.iter().map(|order| u64::from(order.leaves)).sum();
        if lots + leaves > LOTS_MAX {
            return Err(RejectCode::HoldOverflow);
        }
        self.check_account_limits(account, market, side, open)?;
        if self.buying_power_with(account, open) < 0 {
            Err(RejectCode::InsufficientBuyingPower)
        } else {
            Ok(())
        }
    }

    /// min over states j of [10000 n_j − (B − B_j) − S_j], with −B for "none" when not exhaustive.
    pub fn worst_of_event(&self, account: u32, event: &Event, open: &[OpenOrder]) -> i128 {
        if let Some(values) = &event.settled_values {
            let value_of = |(security_id, value): (u32, &u16)| {
                i128::from(self.position(account, security_id)) * i128::from(*value)
            };
            return event.security_ids().zip(values).map(value_of).sum();
        }
        let all_bids: i128 =
            event.security_ids().map(|market| sum_of_holds(open, market, Side::Buy)).sum();
        let states = event.security_ids().map(|market| {
            let lots = i128::from(self.position(account, market));
            let bids = sum_of_holds(open, market, Side::Buy);
            let asks = sum_of_holds(open, market, Side::Sell);
            i128::from(PAYOUT) * lots - (all_bids - bids) - asks
        });
        let none = if event.is_exhaustive { None } else { Some(-all_bids) };
        states.chain(none).min().expect("an event has a state")
    }

    /// The worst wealth over every combination of fills and every state, or nothing when there are
    /// too many combinations.
    fn enumerate_fills(&self, account: u32, open: &[OpenOrder]) -> Option<i128> {
        let amounts: Vec<Vec<u32>> = open.iter().map(|order| amounts_of(order.leaves)).collect();
        let combinations = amounts
            .iter()
            .try_fold(1usize, |product, amounts| product.checked_mul(amounts.len()))
            .filter(|&product| product <= self.enumeration_max)?;
        let worst = (0..combinations).map(|combination| {
            let mut rest = combination;
            let mut cash = i128::from(self.accounts[&account].cash);
            let mut lots: Vec<i128> = (1..=self.markets.len())
                .map(|id| i128::from(self.position(account, u32::try_from(id).expect("small"))))
                .collect();
            for (order, amounts) in open.iter().zip(&amounts) {
                let (cash_moved, lots_moved) = order.fill(amounts[rest % amounts.len()]);
                rest /= amounts.len();
                cash += cash_moved;
                lots[order.security_id as usize - 1] += lots_moved;
            }
            cash + self.events.iter().map(|event| worst_payment(event, &lots)).sum::<i128>()
        });
        worst.min()
    }
}

/// What the holder of these lots gets from an event in its worst state.
fn worst_payment(event: &Event, lots: &[i128]) -> i128 {
    let of_event = event.security_ids().map(|market| lots[market as usize - 1]);
    if let Some(values) = &event.settled_values {
        return of_event.zip(values).map(|(lots, value)| lots * i128::from(*value)).sum();
    }
    let none = if event.is_exhaustive { None } else { Some(0) };
    let payments = of_event.map(|lots| lots * i128::from(PAYOUT));
    payments.chain(none).min().expect("an event has a state")
}

/// Every amount that may fill when there are few, else the ends and one between.
fn amounts_of(leaves: u32) -> Vec<u32> {
    match leaves {
        0 => vec![0],
        1 => vec![0, 1],
        2..=4 => (0..=leaves).collect(),
        _ => vec![0, leaves / 2, leaves],
    }
}

fn sum_of_holds(open: &[OpenOrder], security_id: u32, side: Side) -> i128 {
    open.iter()
        .filter(|order| order.security_id == security_id && order.side == side)
        .map(OpenOrder::hold)
        .sum()
}

fn to_money(amount: i128) -> i64 {
    i64::try_from(amount).expect("every sum of money fits, since open interest is collateralised")
}

/// Most lots that an account may hold and have open.
const LOTS_MAX: u64 = 1 << 48;
const PAYOUT: u16 = forecastle_proto_spec::PAYOUT;
