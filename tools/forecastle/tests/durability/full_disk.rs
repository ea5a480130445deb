//! A disk that is full, on a small file system of its own: new orders are refused, cancels pass,
//! and orders are taken again when there is room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use forecastle_proto_spec::{
    BusinessMessageReject, ExecutionReportCancelled, ExecutionReportNew, NewOrderSingle,
    OrderCancelRequest, RejectCode, Side,
};
use zerocopy::FromZeros as _;

use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::Deadline;

#[test]
fn a_full_disk_refuses_orders_lets_cancels_pass_and_recovers_with_room() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let data = data_folder(&folder);
    fs::create_dir(&data).expect("the folder is writable");
    let Some(_mount) = Mount::make(folder.path(), &data) else {
        println!("skipped: a full disk needs root, mkfs.ext4 and loop mounts");
        return;
    };
    fs::write(data.join("in-the-way"), vec![1; 8 << 20]).expect("there is room for it");
    let setup = Setup { journal: "spare_segments = 3\n", ..Setup::default() };
    let text = setup.configuration();
    fs::write(folder.path().join("exchange.toml"), text).expect("the folder is writable");
    let mut floor = Floor::open_in(ExchangeProcess::spawn(folder));
    let order_id = fill_until_refused(&mut floor);
    // Cancels pass.
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(floor.maker.new_id());
    cancel.order_id.set(order_id);
    cancel.security_id.set(floor.security_id);
    floor.maker.send(&cancel);
    floor.maker.await_report(|report: &ExecutionReportCancelled| report.order_id.get() == order_id);
    // With room the filler makes spares again, and orders are taken.
    fs::remove_file(data.join("in-the-way")).expect("it was put there");
    let deadline = Deadline::patient();
    while try_order(&mut floor).is_none() {
        assert!(!deadline.is_over(), "orders are refused although there is room");
    }
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let folder = exchange.end_and_keep("TERM");
    let again = ExchangeProcess::spawn(folder);
    let folder = again.end_and_keep("TERM");
    drop(_mount);
    drop(folder);
}

/// Sends orders until one is refused for want of space; gives the id of the last one accepted.
fn fill_until_refused(floor: &mut Floor) -> u64 {
    let mut last = 0;
    for _ in 0..ORDERS_MAX {
        match try_order(floor) {
            Some(order_id) => last = order_id,
            None => return last,
        }
    }
    panic!("{ORDERS_MAX} orders did not fill the disk");
}

/// One order; its id, or none when it was refused as Busy.
fn try_order(floor: &mut Floor) -> Option<u64> {
    let mut order: NewOrderSingle = floor.order(Side::Sell, 1, 9_000);
    order.account.set(MAKER_ACCOUNT);
    let cl_ord_id = floor.maker.new_id();
    order.cl_ord_id.set(cl_ord_id);
    floor.maker.send(&order);
    let deadline = Deadline::patient();
    loop {
        floor.drive();
        let accepted = floor
            .maker
            .find_report(|report: &ExecutionReportNew| report.cl_ord_id.get() == cl_ord_id);
        if let Some(report) = accepted {
            return Some(report.order_id.get());
        }
        let refused = floor
            .maker
            .find_report(|report: &BusinessMessageReject| report.request_id.get() == cl_ord_id);
        if let Some(reject) = refused {
            assert_eq!(reject.reject_code.get(), RejectCode::Busy as u16);
            return None;
        }
        assert!(!deadline.is_over(), "no answer to an order");
    }
}

/// A small ext4 in a file, mounted until this is dropped.
struct Mount {
    target: PathBuf,
}

impl Mount {
    /// None where this process may not mount, or a program is missing.
    fn make(folder: &Path, target: &Path) -> Option<Self> {
        let image = folder.join("disk.image");
        let file = fs::File::create(&image).ok()?;
        file.set_len(24 << 20).ok()?;
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-O", "^has_journal"]).arg(&image))?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(target))?;
        Some(Self { target: target.to_path_buf() })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.target).status();
    }
}

fn run(command: &mut Command) -> Option<()> {
    let output = command.output().ok()?;
    output.status.success().then_some(())
}

/// Each takes a frame or two of 4 KiB.
const ORDERS_MAX: usize = 4_000;
