//! The layer table of ARCHITECTURE.md, held against what the crates really depend on.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

const BEGIN: &str = "<!-- layers:begin -->";
const END: &str = "<!-- layers:end -->";
const ALL: &str = "all";

/// A workspace member and the members it uses, by short name (`lares-model` is `model`).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub directory: String,
    pub uses: BTreeSet<String>,
    pub tests_use: BTreeSet<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    may_use: BTreeSet<String>,
    tests_may_use: BTreeSet<String>,
}

/// The workspace members of `cargo metadata --no-deps`.
pub fn packages(metadata: &Value, root: &Path) -> Vec<Package> {
    let listed = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members: BTreeSet<String> = listed.iter().map(|package| short_name(&package["name"])).collect();
    let mut packages: Vec<Package> =
        listed.iter().map(|package| read_package(package, &members, root)).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages
}

fn read_package(package: &Value, members: &BTreeSet<String>, root: &Path) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let folder = manifest.parent().unwrap_or(manifest);
    let mut read = Package {
        name: short_name(&package["name"]),
        directory: folder.strip_prefix(root).unwrap_or(folder).display().to_string(),
        ..Package::default()
    };
    for dependency in package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let name = short_name(&dependency["name"]);
        // Only a path dependency is ours: a crate of the same name in the registry is not.
        if dependency["path"].is_null() || !members.contains(&name) {
            continue;
        }
        match dependency["kind"].as_str() {
            Some("dev") => read.tests_use.insert(name),
            _ => read.uses.insert(name),
        };
    }
    read
}

fn short_name(name: &Value) -> String {
    let name = name.as_str().unwrap_or_default();
    name.strip_prefix("lares-").unwrap_or(name).to_owned()
}

pub fn check(architecture: &str, packages: &[Package]) -> Vec<String> {
    let rows = match table(architecture) {
        Ok(rows) => rows,
        Err(reason) => return vec![format!("ARCHITECTURE.md: {reason}")],
    };
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let Some(row) = rows.get(&package.name) else {
            findings.push(format!("ARCHITECTURE.md: crate `{}` has no row in the layer table", package.name));
            continue;
        };
        for used in package.uses.iter().filter(|used| !permits(&row.may_use, used)) {
            findings.push(format!("{}: `{}` may not use `{used}`", package.directory, package.name));
        }
        let in_tests = |used: &&String| !permits(&row.may_use, used) && !permits(&row.tests_may_use, used);
        for used in package.tests_use.iter().filter(in_tests) {
            findings
                .push(format!("{}: the tests of `{}` may not use `{used}`", package.directory, package.name));
        }
    }
    let in_row = |(name, row): (&'_ String, &'_ Row)| {
        row.may_use.union(&row.tests_may_use).chain([name]).cloned().collect::<Vec<String>>()
    };
    let named: BTreeSet<String> = rows.iter().flat_map(in_row).filter(|name| name != ALL).collect();
    for missing in named.iter().filter(|name| !names.contains(name.as_str())) {
        findings.push(format!("ARCHITECTURE.md: the layer table names `{missing}`, which is no crate"));
    }
    findings
}

fn permits(permitted: &BTreeSet<String>, used: &str) -> bool {
    permitted.contains(used) || permitted.contains(ALL)
}

/// `| crate | may use | tests may also use |` between the two markers; `-` is nothing, `all` is every crate.
fn table(architecture: &str) -> Result<BTreeMap<String, Row>, String> {
    let (_, rest) = architecture.split_once(BEGIN).ok_or(format!("no `{BEGIN}`"))?;
    let (body, _) = rest.split_once(END).ok_or(format!("no `{END}`"))?;
    let mut rows = BTreeMap::new();
    for line in body.lines().map(str::trim).filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, may_use, tests_may_use] = cells.as_slice() else {
            return Err(format!("a row of the layer table needs three cells: {line}"));
        };
        let row = Row { may_use: names_in(may_use), tests_may_use: names_in(tests_may_use) };
        if rows.insert(name.trim_matches('`').to_owned(), row).is_some() {
            return Err(format!("two rows for {name}"));
        }
    }
    Ok(rows)
}

fn names_in(cell: &str) -> BTreeSet<String> {
    let names = cell.split(',').map(|name| name.trim().trim_matches('`'));
    names.filter(|name| !name.is_empty() && *name != "-").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &str = "text\n<!-- layers:begin -->\n| crate | may use | tests may also use |\n|---|---|---|\n\
        | `model` | - | - |\n| `store` | `model` | `twin` |\n| `twin` | model | - |\n| `lares` | all | - |\n\
        <!-- layers:end -->\ntext";

    fn package(name: &str, uses: &[&str], tests_use: &[&str]) -> Package {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let directory = format!("crates/{name}");
        Package { name: name.to_owned(), directory, uses: set(uses), tests_use: set(tests_use) }
    }

    fn all_four(store: Package) -> Vec<Package> {
        vec![
            package("lares", &["store", "twin"], &[]),
            package("model", &[], &[]),
            store,
            package("twin", &[], &[]),
        ]
    }

    #[test]
    fn what_the_table_permits_passes() {
        let packages = all_four(package("store", &["model"], &["twin", "model"]));
        assert_eq!(check(TABLE, &packages), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_dependency_fails_even_where_tests_may_have_it() {
        let packages = all_four(package("store", &["twin"], &[]));
        assert_eq!(check(TABLE, &packages), ["crates/store: `store` may not use `twin`"]);
        let packages = all_four(package("store", &[], &["lares"]));
        assert_eq!(check(TABLE, &packages), ["crates/store: the tests of `store` may not use `lares`"]);
    }

    #[test]
    fn crate_and_table_name_the_same_crates() {
        let mut packages = all_four(package("store", &[], &[]));
        packages.push(package("new", &[], &[]));
        assert_eq!(check(TABLE, &packages), ["ARCHITECTURE.md: crate `new` has no row in the layer table"]);
        packages.remove(4);
        packages.remove(1);
        let expected = "ARCHITECTURE.md: the layer table names `model`, which is no crate";
        assert!(check(TABLE, &packages).contains(&expected.to_owned()));
    }

    #[test]
    fn a_missing_marker_or_cell_is_named() {
        assert_eq!(check("nothing", &[]), ["ARCHITECTURE.md: no `<!-- layers:begin -->`"]);
        let short = TABLE.replace("| - | - |", "| - |");
        assert!(check(&short, &[])[0].contains("needs three cells"));
    }

    #[test]
    fn metadata_is_read_with_kinds_and_short_names() {
        let dependency = |name: &str, kind: Value| json!({"name": name, "kind": kind, "path": "/p/x"});
        let metadata = json!({"packages": [
            {"name": "lares-store", "manifest_path": "/p/crates/store/Cargo.toml", "dependencies": [
                dependency("lares-model", Value::Null), dependency("lares-twin", json!("dev")),
                {"name": "serde", "kind": null, "path": null}, {"name": "lares-model", "kind": "dev", "path": null}]},
            {"name": "lares-model", "manifest_path": "/p/crates/model/Cargo.toml", "dependencies": []},
            {"name": "lares-twin", "manifest_path": "/p/crates/twin/Cargo.toml", "dependencies": [
                dependency("lares-model", json!("build"))]},
        ]});
        let expected = [
            package("model", &[], &[]),
            package("store", &["model"], &["twin"]),
            package("twin", &["model"], &[]),
        ];
        assert_eq!(packages(&metadata, Path::new("/p")), expected);
    }
}
