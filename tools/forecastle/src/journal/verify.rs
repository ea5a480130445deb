//! `forecastle journal verify`: every byte of a journal, without executing it.

use forecastle_persister::Outcome as End;

use super::Place;
use super::source::Source;
use crate::exit::{Failure, Outcome};

/// Walks archived and plain segments and prints the verdict.
///
/// # Errors
/// The journal is damaged: the first place, with file, offset, frame and positions.
pub fn run(place: &Place) -> anyhow::Result<Outcome> {
    let inspected = Source::inspect(&place.folder, place.chain_key.as_deref())?;
    if let End::Damaged(damage) = &inspected.end.outcome {
        println!("damaged       {damage}");
    }
    if let Some(damage) = &inspected.end.header_copy_damage {
        println!("damaged       {damage}");
    }
    let source = Source::open(place).map_err(|error| error.context(Failure::Damaged))?;
    let (mut frames, mut records) = (0_u64, 0_u64);
    source.for_each_frame(0, |frame| {
        frames += 1;
        records += u64::from(frame.header().record_count);
        Ok(true)
    })?;
    println!("records       {records} in {frames} frames");
    println!("positions     {} to {}", source.first_position, source.end_position());
    println!("watermark     {}", source.end.point.watermark);
    println!("state digest  {:016x}", source.end.point.state_digest);
    println!("chain         {}", source.chain());
    match source.torn_tail() {
        Some(tail) => println!("torn tail     {tail}"),
        None => println!("end           clean"),
    }
    Ok(Outcome::Done)
}
