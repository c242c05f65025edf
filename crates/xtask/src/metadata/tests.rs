use std::path::Path;

use super::{Metadata, Package};

const GRAPH: &str = r#"{
    "packages": [
        {
            "id": "ours#0.1.0", "name": "ours", "version": "0.1.0", "rust_version": "1.89",
            "features": { "tls": [], "default": ["tls"], "derive": [] },
            "targets": [
                { "name": "ours", "kind": ["lib"] },
                { "name": "site", "kind": ["example"] }
            ]
        },
        {
            "id": "theirs#2.0.0", "name": "theirs", "version": "2.0.0", "rust_version": null,
            "features": {}, "targets": []
        }
    ],
    "workspace_members": ["ours#0.1.0"],
    "target_directory": "out"
}"#;

#[test]
fn a_package_has_its_features_without_default_and_its_examples() {
    let metadata = Metadata::parse(GRAPH).unwrap();
    assert_eq!(
        metadata.packages[0],
        Package {
            name: "ours".into(),
            version: "0.1.0".into(),
            rust_version: Some("1.89".into()),
            ours: true,
            features: vec!["derive".into(), "tls".into()],
            examples: vec!["site".into()],
        }
    );
    assert_eq!(metadata.target_directory, Path::new("out"));
}

#[test]
fn a_dependency_is_not_ours_and_may_promise_no_rust_version() {
    let metadata = Metadata::parse(GRAPH).unwrap();
    assert!(!metadata.packages[1].ours);
    assert_eq!(metadata.packages[1].rust_version, None);
}

#[test]
fn what_is_missing_is_named() {
    let error = Metadata::parse(r#"{ "packages": [{ "id": "x" }] }"#).unwrap_err();
    assert!(error.contains("`name`"), "{error}");
    let error = Metadata::parse("no").unwrap_err();
    assert!(error.contains("not JSON"), "{error}");
}
