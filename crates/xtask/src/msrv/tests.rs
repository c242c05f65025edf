use super::{newer_than, promise};
use crate::metadata::Package;
use crate::version::Version;

#[test]
fn a_dependency_that_wants_a_newer_rust_is_named() {
    let packages = [
        package("ours", Some("1.89"), true),
        package("old", Some("1.60"), false),
        package("silent", None, false),
        package("equal", Some("1.89.0"), false),
        package("new", Some("1.90"), false),
    ];
    let newer = newer_than(&packages, Version::parse("1.89").unwrap());
    assert_eq!(newer, Ok(vec!["new 1.0.0 (1.90)".to_owned()]));
}

#[test]
fn the_workspace_has_one_promise() {
    let same = [package("a", Some("1.89"), true), package("b", Some("1.89.0"), true)];
    assert_eq!(promise(&same).ok(), Version::parse("1.89"));

    let differ = [package("a", Some("1.89"), true), package("b", Some("1.88"), true)];
    assert!(promise(&differ).unwrap_err().contains("differ"));

    let silent = [package("a", None, true)];
    assert!(promise(&silent).unwrap_err().contains("`rust-version`"));
}

fn package(name: &str, rust_version: Option<&str>, ours: bool) -> Package {
    Package {
        name: name.into(),
        version: "1.0.0".into(),
        rust_version: rust_version.map(Into::into),
        ours,
        features: vec![],
        examples: vec![],
    }
}
