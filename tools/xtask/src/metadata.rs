//! What `cargo metadata` says of the workspace's packages and all they depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::tree;

/// All packages of the dependency graph.
pub struct Metadata {
    /// Every package, the workspace's own first.
    pub packages: Vec<Package>,
    /// Where cargo puts what it builds.
    pub target_directory: PathBuf,
    /// From a package's id to the ids of what it depends on outside tests.
    links: BTreeMap<String, Vec<String>>,
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo fails or answers with something else than metadata.
    pub fn read() -> anyhow::Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1"])
            .current_dir(tree::root())
            .output()
            .context("running cargo metadata")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::parse(&serde_json::from_slice(&output.stdout)?)
    }

    /// Reads the JSON of `cargo metadata --format-version 1`.
    ///
    /// # Errors
    /// When a field this needs is absent.
    pub fn parse(json: &Value) -> anyhow::Result<Self> {
        let root = string(json, "workspace_root")?;
        let members: BTreeSet<&str> =
            list(json, "workspace_members").iter().filter_map(Value::as_str).collect();
        let mut packages = Vec::new();
        for package in list(json, "packages") {
            let is_member = members.contains(string(package, "id")?);
            packages.push(Package::parse(package, is_member, Path::new(root))?);
        }
        packages.sort_by_key(|package| !package.is_member);
        let target_directory = PathBuf::from(string(json, "target_directory")?);
        Ok(Self { packages, target_directory, links: links(json)? })
    }

    /// The workspace's own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_member)
    }

    /// The packages from elsewhere.
    pub fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !package.is_member)
    }

    /// The names of all packages that `package` is built from, tests left out.
    pub fn closure(&self, package: &Package) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![package.id.as_str()];
        while let Some(id) = open.pop() {
            for next in self.links.get(id).into_iter().flatten() {
                if seen.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        let reached = self.packages.iter().filter(|package| seen.contains(package.id.as_str()));
        reached.map(|package| package.name.as_str()).collect()
    }
}

/// One package.
pub struct Package {
    /// Cargo's id of the package.
    pub id: String,
    /// The package's name.
    pub name: String,
    /// The version, as written.
    pub version: String,
    /// The licence expression, when the manifest has one.
    pub license: Option<String>,
    /// Where it comes from; none for a path.
    pub source: Option<String>,
    /// Whether it is one of the workspace's own.
    pub is_member: bool,
    /// The folder of its manifest, from the workspace root; as cargo says it for foreign ones.
    pub folder: String,
    /// The names of the packages that its manifest names, for whatever use.
    pub dependencies: Vec<String>,
    /// Root files of its libraries and binaries, from the workspace root.
    pub crate_roots: Vec<String>,
}

impl Package {
    fn parse(json: &Value, is_member: bool, root: &Path) -> anyhow::Result<Self> {
        let relative = |path: &str| {
            let path = Path::new(path);
            path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
        };
        let manifest = relative(string(json, "manifest_path")?);
        let mut dependencies = Vec::new();
        for dependency in list(json, "dependencies") {
            dependencies.push(string(dependency, "name")?.to_owned());
        }
        let mut crate_roots = Vec::new();
        for target in list(json, "targets") {
            let kinds = list(target, "kind");
            if kinds.iter().any(|kind| matches!(kind.as_str(), Some("lib" | "bin"))) {
                crate_roots.push(relative(string(target, "src_path")?));
            }
        }
        Ok(Self {
            id: string(json, "id")?.to_owned(),
            name: string(json, "name")?.to_owned(),
            version: string(json, "version")?.to_owned(),
            license: json["license"].as_str().map(str::to_owned),
            source: json["source"].as_str().map(str::to_owned),
            is_member,
            folder: manifest.trim_end_matches("Cargo.toml").trim_end_matches('/').to_owned(),
            dependencies,
            crate_roots,
        })
    }

    /// The manifest's path from the workspace root.
    pub fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// The cargo that runs this program, or the one on the path.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn links(json: &Value) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut links = BTreeMap::new();
    for node in list(&json["resolve"], "nodes") {
        let mut targets = Vec::new();
        for link in list(node, "deps") {
            let kinds = list(link, "dep_kinds");
            if kinds.iter().any(|kind| kind["kind"].as_str() != Some("dev")) {
                targets.push(string(link, "pkg")?.to_owned());
            }
        }
        links.insert(string(node, "id")?.to_owned(), targets);
    }
    Ok(links)
}

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

fn string<'a>(json: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    json[key].as_str().with_context(|| format!("cargo metadata: no {key}"))
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace package at `folder` that names `dependencies`; `dev:` marks one for tests.
    pub fn member(name: &str, folder: &str, dependencies: &[&str]) -> Value {
        let dependencies: Vec<Value> = dependencies
            .iter()
            .map(|name| match name.strip_prefix("dev:") {
                Some(name) => json!({"name": name, "kind": "dev"}),
                None => json!({"name": name, "kind": null}),
            })
            .collect();
        json!({
            "id": name, "name": name, "version": "0.1.0", "license": "MIT", "source": null,
            "manifest_path": format!("/w/{folder}/Cargo.toml"), "dependencies": dependencies,
            "targets": [{"kind": ["lib"], "src_path": format!("/w/{folder}/src/lib.rs")}],
        })
    }

    /// A package from a registry.
    pub fn foreign(name: &str, version: &str, license: Option<&str>) -> Value {
        json!({
            "id": format!("{name} {version}"), "name": name, "version": version,
            "license": license, "source": "registry+index", "dependencies": [], "targets": [],
            "manifest_path": format!("/registry/{name}/Cargo.toml"),
        })
    }

    /// Metadata of `packages`; those without a source are the workspace's members.
    pub fn metadata(packages: &[Value]) -> Metadata {
        let members: Vec<&Value> =
            packages.iter().filter(|p| p["source"].is_null()).map(|p| &p["id"]).collect();
        let id_of = |name: &Value| {
            let package = packages.iter().find(|package| package["name"] == *name);
            package.map(|package| package["id"].clone())
        };
        let mut nodes = Vec::new();
        for package in packages {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let links: Vec<Value> = dependencies
                .filter_map(|d| Some((id_of(&d["name"])?, d["kind"].clone())))
                .map(|(id, kind)| json!({"pkg": id, "dep_kinds": [{"kind": kind}]}))
                .collect();
            nodes.push(json!({"id": package["id"], "deps": links}));
        }
        let json = json!({
            "workspace_root": "/w", "workspace_members": members, "packages": packages,
            "target_directory": "/w/target", "resolve": {"nodes": nodes},
        });
        Metadata::parse(&json).unwrap()
    }

    #[test]
    fn reads_this_workspace() {
        let metadata = Metadata::read().unwrap();
        let xtask = metadata.members().find(|package| package.name == "xtask").unwrap();
        assert_eq!(xtask.folder, "tools/xtask");
        assert_eq!(xtask.crate_roots, ["tools/xtask/src/main.rs"]);
        assert!(metadata.closure(xtask).contains("serde_json"));
        assert!(metadata.foreign().all(|package| package.source.is_some()));
    }

    #[test]
    fn closure_follows_links_but_not_those_of_tests() {
        let metadata = metadata(&[
            member("a", "a", &["b", "dev:d"]),
            member("b", "b", &["c"]),
            foreign("c", "1.0.0", None),
            foreign("d", "1.0.0", None),
        ]);
        let closure = metadata.closure(&metadata.packages[0]);
        assert_eq!(closure.into_iter().collect::<Vec<_>>(), ["b", "c"]);
    }
}
