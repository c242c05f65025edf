use super::choices;
use crate::metadata::Package;

#[test]
fn a_package_without_features_is_checked_once() {
    assert_eq!(choices(&package(&[])), [Vec::<&str>::new()]);
}

#[test]
fn features_are_tried_alone_and_together() {
    assert_eq!(
        choices(&package(&["json", "tls"])),
        [
            vec!["--no-default-features"],
            vec!["--no-default-features", "--features", "json"],
            vec!["--no-default-features", "--features", "tls"],
            vec!["--all-features"],
        ]
    );
}

fn package(features: &[&str]) -> Package {
    Package {
        name: "some".into(),
        version: "0.1.0".into(),
        rust_version: None,
        ours: true,
        features: features.iter().map(|&feature| feature.into()).collect(),
        examples: vec![],
    }
}
