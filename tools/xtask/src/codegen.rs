//! Makes the codec's structs and the reference pages from the SBE schema.
//!
//! `proto-spec/schema/forecastle.xml` is the only source. This writes `proto-spec/src/generated/`,
//! `proto-spec/messages.md` and `proto-spec/rejects.md`; with `--check` it writes nothing and fails
//! when a file differs from what the schema gives.

mod pages;
mod schema;
mod structs;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use schema::Schema;

/// Writes every generated file, or compares them when `check` is set.
///
/// # Errors
/// The schema cannot be read, a file cannot be written, or (with `check`) a file is stale.
pub fn run(check: bool) -> anyhow::Result<()> {
    let root = workspace_root();
    let path = root.join("proto-spec/schema/forecastle.xml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let schema = Schema::parse(&text)?;
    let mut files = structs::files(&schema);
    for (_, text) in &mut files {
        *text = rustfmt(text)?;
    }
    files.extend(pages::files(&schema));
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join("proto-spec").join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|current| current == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            std::fs::create_dir_all(path.parent().context("generated path has a folder")?)?;
            std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
    }
    if !stale.is_empty() {
        bail!("stale, run `cargo xtask codegen`: {}", stale.join(", "));
    }
    Ok(())
}

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rustfmt(text: &str) -> anyhow::Result<String> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=100,use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt is not installed")?;
    child.stdin.take().context("rustfmt has a standard input")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused generated code");
    }
    Ok(String::from_utf8(output.stdout)?)
}
