//! What may be built from outside: licences, banned packages, one version of each.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, licences};
use crate::metadata::{Metadata, Package};

/// Every foreign package comes from the registry and under a licence that asks for a notice only.
pub fn licences_are_allowed(metadata: &Metadata) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in metadata.foreign() {
        let license = package.license.as_deref().unwrap_or("no licence");
        if !licences::is_satisfied(license) {
            faults.push(lock_fault(package, license));
        }
        let source = package.source.as_deref().unwrap_or("a path outside the workspace");
        if !source.starts_with("registry+") {
            faults.push(lock_fault(package, &format!("comes from {source}")));
        }
    }
    faults
}

/// No banned package is built, and none that the standard library replaced is named by us.
pub fn nothing_banned(metadata: &Metadata) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in metadata.foreign() {
        if let Some((_, reason)) = BANNED.iter().find(|(name, _)| *name == package.name) {
            faults.push(lock_fault(package, &format!("is banned: {reason}")));
        }
    }
    for package in metadata.members() {
        for dependency in &package.dependencies {
            let banned = NOT_BY_US.iter().find(|(name, _)| name == dependency);
            if let Some((name, reason)) = banned {
                let message = format!("{name} may not be named here: {reason}");
                faults.push(Fault::new(&package.manifest(), 0, message));
            }
        }
    }
    faults
}

/// No package is built in two versions, save those listed with a reason.
pub fn no_duplicates(metadata: &Metadata) -> Vec<Fault> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata.foreign() {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let is_allowed = |name: &str| {
        let matches = |(pattern, _): &(&str, &str)| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *pattern,
        };
        DUPLICATES.iter().any(matches)
    };
    let mut faults = Vec::new();
    for (name, versions) in versions {
        if versions.len() > 1 && !is_allowed(name) {
            let list: Vec<&str> = versions.into_iter().collect();
            let message =
                format!("{name} is built in {} versions: {}", list.len(), list.join(", "));
            faults.push(Fault::new("Cargo.lock", 0, message));
        }
    }
    faults
}

fn lock_fault(package: &Package, what: &str) -> Fault {
    Fault::new("Cargo.lock", 0, format!("{} {}: {what}", package.name, package.version))
}

/// Packages that may not be built at all, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "needs a system library; a bare machine has Rust and a C compiler only"),
    ("native-tls", "brings in the system's TLS library"),
    ("async-std", "is no longer maintained, and a second async runtime"),
    ("smol", "is a second async runtime"),
    ("bincode", "is no longer maintained; messages here have a published layout"),
    ("failure", "is no longer maintained; error enums are plain"),
    ("memmap", "is no longer maintained; memmap2 follows it"),
    ("net2", "is no longer maintained; socket2 follows it"),
    ("tempdir", "is no longer maintained; tempfile follows it"),
    ("atty", "is unsound and unmaintained; std::io::IsTerminal does it"),
    ("instant", "is no longer maintained; pure code takes the time as an argument"),
    ("spin", "is a lock for machines without a kernel"),
];

/// Packages that others may use but our manifests may not, with the reason.
const NOT_BY_US: &[(&str, &str)] = &[
    ("lazy_static", "std::sync::LazyLock does it"),
    ("once_cell", "std::sync::OnceLock does it"),
    ("num_cpus", "std::thread::available_parallelism does it"),
    ("chrono", "time here is nanoseconds since 1970"),
    ("rand", "tests print a seed of their own generator; keys come from getrandom"),
    ("log", "tracing is the cold side's log, and the hot side has none"),
    ("ring", "hmac and sha2 are the hashes here"),
    ("async-trait", "traits may be async by themselves"),
];

/// Packages that may be built in two versions, with the reason. A star ends a prefix.
const DUPLICATES: &[(&str, &str)] = &[
    ("windows*", "compiled on Windows only, where nothing of ours runs"),
    ("syn", "derive macros move to its third version one by one; only the compiler runs it"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::{foreign, member, metadata};
    use crate::tidy::assert_none;

    #[test]
    fn this_workspace_has_a_clean_supply() {
        let metadata = Metadata::read().unwrap();
        assert_none(&licences_are_allowed(&metadata));
        assert_none(&nothing_banned(&metadata));
        assert_none(&no_duplicates(&metadata));
    }

    fn messages(faults: &[Fault]) -> Vec<&str> {
        faults.iter().map(|fault| fault.message.as_str()).collect()
    }

    #[test]
    fn a_licence_or_source_that_is_not_allowed_is_found() {
        let mut stray = foreign("stray", "2.0.0", Some("MIT"));
        stray["source"] = "git+somewhere".into();
        let metadata = metadata(&[
            foreign("good", "1.0.0", Some("MIT OR GPL-3.0-only")),
            foreign("mozilla", "1.0.0", Some("MPL-2.0")),
            foreign("silent", "1.0.0", None),
            stray,
        ]);
        let expected = [
            "mozilla 1.0.0: MPL-2.0",
            "silent 1.0.0: no licence",
            "stray 2.0.0: comes from git+somewhere",
        ];
        assert_eq!(messages(&licences_are_allowed(&metadata)), expected);
    }

    #[test]
    fn a_banned_package_is_found_in_the_graph_and_in_a_manifest() {
        let metadata = metadata(&[
            member("forecastle-engine", "engine", &["lazy_static"]),
            foreign("lazy_static", "1.5.0", Some("MIT")),
            foreign("openssl-sys", "0.9.0", Some("MIT")),
        ]);
        let faults = nothing_banned(&metadata);
        let found: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(found, ["Cargo.lock", "engine/Cargo.toml"]);
        assert!(faults[1].message.starts_with("lazy_static"));
    }

    #[test]
    fn a_second_version_is_found_unless_listed() {
        let metadata = metadata(&[
            foreign("hash", "1.0.0", None),
            foreign("hash", "2.0.0", None),
            foreign("syn", "1.0.0", None),
            foreign("syn", "2.0.0", None),
            foreign("windows-sys", "0.1.0", None),
            foreign("windows-sys", "0.2.0", None),
        ]);
        let expected = ["hash is built in 2 versions: 1.0.0, 2.0.0"];
        assert_eq!(messages(&no_duplicates(&metadata)), expected);
    }
}
