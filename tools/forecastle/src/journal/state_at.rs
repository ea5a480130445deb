//! `forecastle journal at`: books and balances behind a position.

use forecastle_engine::{BookOrder, Engine};
use forecastle_node::{RecoveryStatistics, Replayer, explained, replay_to, resume};
use serde_json::{Value, json};

use super::Place;
use super::source::Source;
use crate::exit::{Outcome, of_recovery};

/// Executes the journal up to `position` and prints the state there as one JSON object.
///
/// # Errors
/// The journal cannot be read or executed that far.
pub fn run(place: &Place, position: u64) -> anyhow::Result<Outcome> {
    let source = Source::open(place)?;
    let replayer = replayed_to(&source, position)?;
    let Some(engine) = replayer.engine() else {
        anyhow::bail!("before position {position} there is no record")
    };
    println!("{}", state_json(engine, &replayer));
    Ok(Outcome::Done)
}

/// A replayer behind the last record that ends at or before `position`.
///
/// # Errors
/// The journal does not reach back to its birth or a snapshot, or execution differs.
pub fn replayed_to(source: &Source, position: u64) -> anyhow::Result<Replayer> {
    let position = position.min(source.end_position());
    let mut statistics = RecoveryStatistics::default();
    let mut replayer = resume_or_begin(source, position, &mut statistics)?;
    replay_records(source, &mut replayer, position)?;
    Ok(replayer)
}

/// From the newest snapshot at or before `position`; newer ones are no error here.
fn resume_or_begin(
    source: &Source,
    position: u64,
    statistics: &mut RecoveryStatistics,
) -> anyhow::Result<Replayer> {
    let files = forecastle_persister_disk::SnapshotFile::list(&source.folder)?;
    for file in files.iter().filter(|file| file.position <= position) {
        if let Ok(replayer) = forecastle_node::load(file) {
            return Ok(replayer);
        }
    }
    if files.is_empty() || files.iter().all(|file| file.position > position) {
        return Ok(Replayer::at_birth(source.shard));
    }
    resume(&source.folder, source.shard, position, statistics).map_err(of_recovery)
}

/// Whole frames first, then the records of the one that `position` lies in.
fn replay_records(source: &Source, replayer: &mut Replayer, position: u64) -> anyhow::Result<()> {
    replay_to(&source.folder, replayer, position).map_err(of_recovery)?;
    if replayer.position() == position {
        return Ok(());
    }
    source.for_each_frame(replayer.position(), |frame| {
        let applied = replayer.apply_frame(frame, position);
        applied.map_err(|error| of_recovery(explained(&source.folder, error)))?;
        Ok(false)
    })
}

fn state_json(engine: &Engine, replayer: &Replayer) -> Value {
    let markets: Vec<u32> = (1..).take_while(|id| engine.book(*id).is_some()).collect();
    let accounts: Vec<_> = (1..=engine.config().accounts_max)
        .filter_map(|number| engine.account(number))
        .map(|account| {
            let positions: serde_json::Map<_, _> = markets
                .iter()
                .filter_map(|market| {
                    let lots = engine.position(account.number, *market)?;
                    (lots != 0).then(|| (market.to_string(), lots.into()))
                })
                .collect();
            json!({
                "account": account.number,
                "firm": account.firm_id,
                "cash": account.cash,
                "buying_power": account.buying_power,
                "open_orders": account.open_order_count,
                "positions": positions,
            })
        })
        .collect();
    let books: Vec<_> = markets.iter().map(|market| book_json(engine, *market)).collect();
    json!({
        "position": replayer.position(),
        "sequencing_time_ns": replayer.sequencing_time_ns(),
        "commands": replayer.command_count(),
        "digest": format!("{:016x}", engine.market_digest()),
        "state_digest": format!("{:016x}", engine.state_digest()),
        "accounts": accounts,
        "books": books,
    })
}

fn book_json(engine: &Engine, market: u32) -> Value {
    let order = |order: BookOrder| {
        json!({
            "order_id": order.order_id.value(),
            "price": order.price,
            "quantity": order.leaves_qty,
            "account": order.account,
        })
    };
    let Some(book) = engine.book(market) else { return Value::Null };
    json!({
        "market": market,
        "status": format!("{:?}", book.status()),
        "bids": book.bids().map(order).collect::<Vec<_>>(),
        "asks": book.asks().map(order).collect::<Vec<_>>(),
    })
}
