//! Which package may depend on which: the arrows of the architecture, held by name.

use super::Fault;
use crate::metadata::{Metadata, Package};

/// Every package depends on packages of this workspace only as the table allows, in its tests too.
pub fn crate_arrows(metadata: &Metadata) -> Vec<Fault> {
    let members: Vec<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut faults = Vec::new();
    for package in metadata.members() {
        let Some(allowed) = allowed(&package.name) else {
            let message = format!("{} has no row in the table of crate arrows", package.name);
            faults.push(Fault::new(&package.manifest(), 0, message));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.as_str();
            if members.contains(&name) && !allowed.contains(&name) {
                let message = format!("{} may not depend on {name}", package.name);
                faults.push(Fault::new(&package.manifest(), 0, message));
            }
        }
    }
    faults
}

/// tokio is named by views and tools only, and no other package is built from it.
pub fn tokio_is_cold(metadata: &Metadata) -> Vec<Fault> {
    let is_cold = |package: &&Package| {
        ["views", "tools"].iter().any(|folder| {
            package.folder == *folder || package.folder.starts_with(&format!("{folder}/"))
        })
    };
    let mut faults = Vec::new();
    for package in metadata.members().filter(|package| !is_cold(package)) {
        let names_it = package.dependencies.iter().any(|name| name == "tokio");
        if names_it || metadata.closure(package).contains("tokio") {
            let message = format!("{} is hot or pure and may not use tokio", package.name);
            faults.push(Fault::new(&package.manifest(), 0, message));
        }
    }
    faults
}

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(name, _)| *name == package).map(|(_, allowed)| *allowed)
}

const PROTO: &str = "forecastle-proto-spec";
const RUNTIME: &str = "forecastle-runtime";
const TRANSPORT: &str = "forecastle-transport";
const TRANSPORT_UDP: &str = "forecastle-transport-udp";
const ENGINE: &str = "forecastle-engine";
const PERSISTER: &str = "forecastle-persister";
const PERSISTER_DISK: &str = "forecastle-persister-disk";
const GATEWAY: &str = "forecastle-gateway";
const CLIENT: &str = "forecastle-client";
const NODE: &str = "forecastle-node";
const RIG: &str = "forecastle-benches-rig";

/// What the node is put together from.
const WITHOUT_NODE: [&str; 9] =
    [PROTO, RUNTIME, TRANSPORT, TRANSPORT_UDP, ENGINE, PERSISTER, PERSISTER_DISK, GATEWAY, CLIENT];

/// The node and all of its parts.
const WITH_NODE: [&str; 10] = [
    PROTO,
    RUNTIME,
    TRANSPORT,
    TRANSPORT_UDP,
    ENGINE,
    PERSISTER,
    PERSISTER_DISK,
    GATEWAY,
    CLIENT,
    NODE,
];

/// What can be measured, and what measures it.
const WITH_NODE_AND_RIG: [&str; 11] = [
    PROTO,
    RUNTIME,
    TRANSPORT,
    TRANSPORT_UDP,
    ENGINE,
    PERSISTER,
    PERSISTER_DISK,
    GATEWAY,
    CLIENT,
    NODE,
    RIG,
];

/// Each package with the packages of this workspace that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    (PROTO, &[]),
    (RUNTIME, &[PROTO]),
    (TRANSPORT, &[PROTO, RUNTIME]),
    (TRANSPORT_UDP, &[PROTO, RUNTIME, TRANSPORT]),
    (ENGINE, &[PROTO, RUNTIME]),
    (PERSISTER, &[PROTO, RUNTIME]),
    (PERSISTER_DISK, &[PROTO, RUNTIME, PERSISTER]),
    (GATEWAY, &[PROTO, RUNTIME, TRANSPORT, TRANSPORT_UDP]),
    (CLIENT, &[PROTO, RUNTIME, TRANSPORT, TRANSPORT_UDP]),
    (NODE, &WITHOUT_NODE),
    ("forecastle", &WITH_NODE),
    (RIG, &[RUNTIME]),
    ("forecastle-benches", &WITH_NODE_AND_RIG),
    ("forecastle-survey-adapter", &[PROTO, RUNTIME, ENGINE]),
    ("xtask", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::{foreign, member, metadata};
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_workspace_keeps_its_arrows() {
        let metadata = Metadata::read().unwrap();
        assert_none(&crate_arrows(&metadata));
        assert_none(&tokio_is_cold(&metadata));
    }

    #[test]
    fn a_forbidden_arrow_is_found() {
        let metadata = metadata(&[
            member(PROTO, "proto-spec", &[]),
            member(RUNTIME, "runtime", &[PROTO]),
            member(ENGINE, "engine", &[PROTO, GATEWAY]),
            member(GATEWAY, "gateway", &[RUNTIME, "dev:forecastle-engine"]),
            member(CLIENT, "client", &[PROTO]),
            member(NODE, "node", &[ENGINE, GATEWAY, "dev:forecastle-client"]),
            member("forecastle-new", "new", &[]),
        ]);
        let faults = crate_arrows(&metadata);
        assert_eq!(
            places(&faults),
            ["engine/Cargo.toml:0", "gateway/Cargo.toml:0", "new/Cargo.toml:0"]
        );
        assert_eq!(faults[0].message, "forecastle-engine may not depend on forecastle-gateway");
    }

    #[test]
    fn hot_tokio_is_found_also_behind_another_package() {
        let mut between = foreign("between", "1.0.0", None);
        between["dependencies"] = serde_json::json!([{"name": "tokio", "kind": null}]);
        let metadata = metadata(&[
            member("forecastle", "tools/forecastle", &["tokio"]),
            member(ENGINE, "engine", &["dev:tokio"]),
            member(GATEWAY, "gateway", &["between"]),
            between,
            foreign("tokio", "1.0.0", None),
        ]);
        let faults = tokio_is_cold(&metadata);
        assert_eq!(places(&faults), ["engine/Cargo.toml:0", "gateway/Cargo.toml:0"]);
    }
}
