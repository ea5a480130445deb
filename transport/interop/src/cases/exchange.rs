//! A market maker's stock Aeron against the exchange itself: the example of
//! `docs/bring-your-own-aeron.md`, run as a reader of that page runs it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::waiting::until;

/// Logs in, enters an order, and reads its report and the market data.
pub fn own_aeron(folder: &Path) -> anyhow::Result<String> {
    let program = std::env::var_os(EXCHANGE_VARIABLE).context(EXCHANGE_VARIABLE)?;
    let ready_file = folder.join("ready.json");
    std::fs::write(folder.join("exchange.toml"), CONFIGURATION)?;
    let mut command = Command::new(program);
    command.arg("serve").arg("--data").arg(folder.join("data"));
    command.arg("--config").arg(folder.join("exchange.toml"));
    command.arg("--ready-file").arg(&ready_file).stdin(Stdio::null());
    let errors = folder.join("serve.errors");
    command.stdout(File::create(folder.join("serve.output"))?).stderr(File::create(&errors)?);
    let mut exchange = Exchange { child: command.spawn().context("starting the exchange")? };
    until(READY_LIMIT, "the ready file", || {
        thread::sleep(POLL_INTERVAL);
        let said = || std::fs::read_to_string(&errors).unwrap_or_default();
        ensure!(exchange.child.try_wait()?.is_none(), "the exchange ended: {}", said());
        Ok(ready_file.exists())
    })?;
    let client = std::env::current_exe()?.with_file_name("forecastle-own-aeron");
    let output = Command::new(client).arg(&ready_file).stdin(Stdio::null()).output();
    let output = output.context("starting the client")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the client: {}", errors.trim());
    let said = String::from_utf8(output.stdout)?;
    for step in ["admin: logged in", "trader-1: logged in", "ExecutionReportNew", "OrderPut"] {
        ensure!(said.contains(step), "the client said nothing of \"{step}\": {said}");
    }
    Ok(said.lines().last().unwrap_or_default().to_owned())
}

/// Without a program to run there is no such case.
pub fn missing() -> Option<&'static str> {
    std::env::var_os(EXCHANGE_VARIABLE).is_none().then_some("cargo xtask interop names an exchange")
}

/// A running exchange, whose data nobody needs.
struct Exchange {
    child: Child,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Names the exchange's program.
const EXCHANGE_VARIABLE: &str = "FORECASTLE_INTEROP_EXCHANGE";
const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Free ports, so that an exchange that runs already stays untouched.
const CONFIGURATION: &str = "\
[network]
order_entry = \"127.0.0.1:0\"
reports = \"127.0.0.1:0\"
market_data = \"239.77.9.1:0\"
log_stream = \"127.0.0.1:0\"
shared_log_stream = \"127.0.0.1:0\"
";
