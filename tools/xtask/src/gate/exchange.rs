//! A fresh exchange for a step: started on free ports with its own data folder, stopped by signal.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::process::{self, Background};

/// A running `forecastle serve`.
pub struct Exchange {
    server: Background,
    /// The file that says where the exchange listens.
    pub ready_file: PathBuf,
    /// The ports of order entry, reports and market data.
    pub ports: Vec<u16>,
}

impl Exchange {
    /// Starts `binary` with its data in `folder`, which is emptied first, and waits until it says
    /// that it is ready.
    ///
    /// # Errors
    /// When it ends early, is not ready in time, or its ready file lacks an address.
    pub fn start(binary: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let ready_file = folder.join("ready.json");
        let errors = folder.join("serve.stderr");
        let mut command = Command::new(binary);
        command.arg("serve").arg("--data").arg(Self::data_folder(folder));
        command.arg("--ready-file").arg(&ready_file);
        let mut server = Background::start(&mut command, &folder.join("serve.stdout"), &errors)?;
        // The file is written last and by a rename, so once it is there it is whole.
        let ready = process::poll(READY_LIMIT, || {
            if ready_file.exists() {
                return Ok(Some(std::fs::read_to_string(&ready_file)?));
            }
            let said = || std::fs::read_to_string(&errors).unwrap_or_default();
            ensure!(server.is_running()?, "the exchange ended early: {}", said());
            Ok(None)
        })?;
        let ready = ready.context("the exchange was not ready in time")?;
        let ports = ports(&serde_json::from_str(&ready)?)?;
        Ok(Self { server, ready_file, ports })
    }

    /// Where one that was started in `folder` keeps its data.
    pub fn data_folder(folder: &Path) -> PathBuf {
        folder.join("data")
    }

    /// Ends it by SIGTERM.
    ///
    /// # Errors
    /// When it has not ended within 5 s, or not with exit code 0.
    pub fn stop(self) -> anyhow::Result<()> {
        let status = self.server.stop(STOP_LIMIT)?;
        ensure!(status.success(), "the exchange ended with {status}");
        Ok(())
    }
}

/// The ports of every address that the ready file names, each once.
fn ports(ready: &Value) -> anyhow::Result<Vec<u16>> {
    let mut ports = Vec::new();
    for key in ["order_entry", "reports", "market_data"] {
        let address = ready[key].as_str().with_context(|| format!("ready file: no {key}"))?;
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let port = port.with_context(|| format!("ready file: {key} is no IP:PORT: {address}"))?;
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    Ok(ports)
}

const READY_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_come_from_the_ready_file() {
        let ready = json!({
            "order_entry": "127.0.0.1:20121", "reports": "127.0.0.1:20121",
            "market_data": "224.20.30.39:20123",
        });
        assert_eq!(ports(&ready).unwrap(), [20121, 20123]);
        assert!(ports(&json!({"order_entry": "127.0.0.1:1"})).is_err());
        let bad = json!({"order_entry": "x", "reports": "y", "market_data": "z"});
        assert!(ports(&bad).unwrap_err().to_string().contains("is no IP:PORT"));
    }
}
