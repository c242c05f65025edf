use super::{MANAGERS, MISSING, VARIABLE, command, usable};
use crate::run::line;

#[test]
fn a_variable_that_names_nothing_is_an_error_and_not_ignored() {
    let error = usable("/no/such/server".into()).unwrap_err();
    assert!(error.contains(VARIABLE) && error.contains("`/no/such/server`"), "{error}");
}

#[test]
fn the_three_ways_out_are_named() {
    for way in ["PATH", VARIABLE, "apt-get, dnf or brew"] {
        assert!(MISSING.contains(way), "{way}");
    }
    assert_eq!(MISSING.matches('.').count(), 1, "it is one sentence");
}

#[test]
fn each_manager_installs_without_a_question() {
    let lines = MANAGERS.map(|manager| line(&command(&["sudo", "-n"], manager.install)));
    assert_eq!(
        lines,
        [
            "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install --yes",
            "sudo -n dnf install --assumeyes",
            "sudo -n brew install",
        ]
    );
    assert_eq!(line(&command(&[], &["apt-get", "update"])), "apt-get update");
}

#[cfg(unix)]
mod programs {
    use std::fs::create_dir;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::super::{on_path, usable};

    #[test]
    fn redis_goes_before_valkey_wherever_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        create_dir(&first).unwrap();
        create_dir(&second).unwrap();
        let path = std::env::join_paths([&first, &second]).unwrap();
        assert_eq!(on_path(&path), None);

        let valkey = program(&first, "valkey-server", "true");
        assert_eq!(on_path(&path), Some(valkey.clone()));
        assert_eq!(usable(valkey.clone().into()), Ok(valkey));
        let redis = program(&second, "redis-server", "true");
        assert_eq!(on_path(&path), Some(redis));
    }

    #[test]
    fn a_program_that_does_not_work_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "redis-server", "false");
        let valkey = program(folder.path(), "valkey-server", "true");
        assert_eq!(on_path(folder.path().as_os_str()), Some(valkey));
    }

    /// A link to a program that there is. One that was just written may be busy for a moment.
    fn program(folder: &Path, name: &str, real: &str) -> PathBuf {
        let places = ["/bin", "/usr/bin"].map(|place| Path::new(place).join(real));
        let real = places.iter().find(|place| place.exists()).unwrap();
        let path = folder.join(name);
        symlink(real, &path).unwrap();
        path
    }
}
