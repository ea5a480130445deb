//! The rule, case by case.

use super::super::message::{Message, RunnerKey};
use super::*;

/// A market of runners 7 and 8, its orders and what each message of a test calls for.
struct Scene {
    market: SourceMarket,
    resting: RestingOrders,
    next_order_id: u64,
}

impl Scene {
    /// The market trades.
    fn open() -> Self {
        let key = |id| RunnerKey { id, handicap: 0 };
        let market = SourceMarket::new("1.2", &[key(7), key(8)]);
        let mut scene = Self { market, resting: RestingOrders::new(), next_order_id: 1 };
        scene.plan(&status("OPEN", "ACTIVE"));
        scene
    }

    fn plan(&mut self, change: &str) -> Plan {
        let line = format!(r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.2",{change}}}]}}"#);
        let touched = self.market.apply(&Message::parse(line.as_bytes()).unwrap());
        Plan::of(&self.market, &touched, &self.resting)
    }

    fn plan_levels(&mut self, levels: &str) -> Plan {
        self.plan(&format!(r#""rc":[{{"id":7,{levels}}}]"#))
    }

    /// Rests what `levels` call for.
    fn rest(&mut self, levels: &str) {
        for change in self.plan_levels(levels).growths {
            let leaves = u32::try_from(change.quantity).unwrap();
            self.resting.accepted(change.key, self.next_order_id, leaves);
            self.next_order_id += 1;
        }
    }
}

fn status(status: &str, second: &str) -> String {
    format!(
        r#""marketDefinition":{{"status":"{status}","numberOfWinners":1,"runners":[
        {{"id":7,"status":"ACTIVE"}},{{"id":8,"status":"{second}"}}]}}"#
    )
}

fn offers(changes: &[(u16, u64)]) -> Vec<PriceChange> {
    changes_of(Side::Sell, changes)
}

fn bids(changes: &[(u16, u64)]) -> Vec<PriceChange> {
    changes_of(Side::Buy, changes)
}

fn changes_of(side: Side, changes: &[(u16, u64)]) -> Vec<PriceChange> {
    let change = |&(price, quantity)| {
        let key = PriceKey { runner: 0, side, price };
        PriceChange { key, quantity }
    };
    changes.iter().map(change).collect()
}

#[test]
fn growth_is_the_difference_and_offers_round_up_and_bids_down() {
    let mut scene = Scene::open();
    let plan = scene.plan_levels(r#""atb":[[3,1]],"atl":[[3.1,2]]"#);
    assert_eq!(plan.growths, [offers(&[(3334, 300)]), bids(&[(3225, 620)])].concat());
    assert!(plan.is_checkable && plan.reductions.is_empty() && plan.takers.is_empty());
    scene.rest(r#""atb":[[3,1]]"#);
    let plan = scene.plan_levels(r#""atb":[[3,1.5]]"#);
    assert_eq!(plan.growths[0], offers(&[(3334, 150)])[0]);
}

#[test]
fn what_shrank_quietly_is_reduced() {
    let mut scene = Scene::open();
    scene.rest(r#""atb":[[3,1],[2.5,1]],"atl":[[3.1,2]]"#);
    let plan = scene.plan_levels(r#""atb":[[3,0.4]],"atl":[[3.1,0]]"#);
    assert_eq!(plan.reductions, [offers(&[(3334, 180)]), bids(&[(3225, 620)])].concat());
    assert!(plan.takers.is_empty() && plan.growths.is_empty());
    assert_eq!(plan.unplaced_count, 0);
}

#[test]
fn what_shrank_with_a_rise_is_traded_best_first() {
    let mut scene = Scene::open();
    scene.rest(r#""atb":[[3,1],[2.9,1],[2.5,1],[2,1]]"#);
    // 3 and 2.9 go whole, 2.5 in part; a rise at 2 has nothing that shrank.
    let plan =
        scene.plan_levels(r#""atb":[[2.5,0.2],[2.9,0],[3,0]],"trd":[[2.5,1],[3,2],[2.9,3],[2,1]]"#);
    assert_eq!(plan.takers, offers(&[(3334, 300), (3449, 290), (4000, 200)]));
    assert!(plan.reductions.is_empty());
    assert_eq!(plan.unplaced_count, 1);
}

#[test]
fn a_rise_behind_the_best_price_is_reduced() {
    let mut scene = Scene::open();
    scene.rest(r#""atl":[[3,1],[3.2,1],[4,1]]"#);
    // Bids: 3333 best, then 3125, then 2500. The best keeps some, so 3125 is behind it.
    let plan = scene.plan_levels(r#""atl":[[3,0.5],[3.2,0]],"trd":[[3,2],[3.2,2]]"#);
    assert_eq!(plan.takers, bids(&[(3333, 150)]));
    assert_eq!(plan.reductions, bids(&[(3125, 320)]));
}

#[test]
fn quiet_shrinkage_goes_first_and_can_make_the_next_price_the_best() {
    let mut scene = Scene::open();
    scene.rest(r#""atl":[[3,1],[3.2,1]]"#);
    let plan = scene.plan_levels(r#""atl":[[3,0],[3.2,0]],"trd":[[3.2,2]]"#);
    assert_eq!(plan.reductions, bids(&[(3333, 300)]));
    assert_eq!(plan.takers, bids(&[(3125, 320)]));
}

#[test]
fn odds_on_one_price_are_one_price() {
    let mut scene = Scene::open();
    scene.rest(r#""atl":[[990,0.01],[1000,0.01]]"#);
    assert_eq!(scene.resting.quantity(bids(&[(10, 0)])[0].key), 1990);
    // One odds falls by 990 and the other grows by 1000: the price grew by 10.
    let plan = scene.plan_levels(r#""atl":[[990,0],[1000,0.02]],"trd":[[990,5]]"#);
    assert_eq!(plan.growths, bids(&[(10, 10)]));
    assert!(plan.reductions.is_empty() && plan.takers.is_empty());
    assert_eq!(plan.unplaced_count, 1);
    // A rise at either odds is a rise of the price.
    scene.plan_levels(r#""atl":[[990,0.01],[1000,0.01]]"#);
    let plan = scene.plan_levels(r#""atl":[[1000,0]],"trd":[[990,6]]"#);
    assert_eq!(plan.takers, bids(&[(10, 1000)]));
}

#[test]
fn an_image_sends_the_difference() {
    let mut scene = Scene::open();
    scene.rest(r#""atb":[[3,1],[2.5,1]]"#);
    let plan = scene.plan(r#""img":true,"rc":[{"id":7,"atb":[[2.5,3],[2,1]]}]"#);
    assert_eq!(plan.reductions, offers(&[(3334, 300)]));
    assert_eq!(plan.growths, offers(&[(4000, 500), (5000, 200)]));
}

#[test]
fn while_not_open_shrinkage_is_reduced_and_growth_and_check_wait() {
    let mut scene = Scene::open();
    scene.rest(r#""atb":[[3,1],[2.5,1]]"#);
    let plan = scene.plan(&status("SUSPENDED", "ACTIVE"));
    assert!(plan.is_empty() && !plan.is_checkable, "pausing drops nothing");
    let plan = scene.plan_levels(r#""atb":[[3,0],[2,1]],"trd":[[3,9]]"#);
    assert_eq!(plan.reductions, offers(&[(3334, 300)]));
    assert!(plan.takers.is_empty() && plan.growths.is_empty() && !plan.is_checkable);
    scene.resting.ended(1);
    let plan = scene.plan(&status("OPEN", "ACTIVE"));
    assert_eq!(plan.growths, offers(&[(5000, 200)]));
    assert!(plan.is_checkable);
}

#[test]
fn a_removed_runner_gets_nothing_more() {
    let mut scene = Scene::open();
    scene.plan(&status("OPEN", "REMOVED"));
    let plan = scene.plan(r#""rc":[{"id":8,"atb":[[3,1]],"trd":[[3,1]]}]"#);
    assert!(plan.is_empty() && plan.is_checkable);
    assert_eq!(plan.unplaced_count, 0);
}

#[test]
fn a_crossed_source_is_counted_and_its_growth_waits() {
    let mut scene = Scene::open();
    scene.rest(r#""atb":[[2.1,1],[2,1]]"#);
    let plan = scene.plan_levels(r#""atl":[[2,1]],"atb":[[2.1,0.5]]"#);
    assert_eq!((plan.crossed_count, plan.is_checkable), (1, false));
    assert_eq!(plan.reductions, offers(&[(4762, 105)]));
    assert!(plan.growths.is_empty());
    let plan = scene.plan_levels(r#""atb":[[2.1,0],[2,0]]"#);
    assert_eq!((plan.crossed_count, plan.is_checkable), (0, true));
    assert_eq!(plan.growths, bids(&[(5000, 200)]));
}
