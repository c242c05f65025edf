use std::path::Path;
use std::time::Duration;

use super::{Row, programs, table};

#[test]
fn only_examples_with_a_program_are_taken_from_cargos_messages() {
    let messages = r#"
        {"reason":"compiler-artifact","target":{"kind":["lib"],"name":"lib"},"executable":null}
        {"reason":"compiler-artifact","target":{"kind":["example"],"name":"site"},"executable":"out/site"}
        {"reason":"compiler-artifact","target":{"kind":["bin"],"name":"tool"},"executable":"out/tool"}
        {"reason":"build-finished","success":true}
        not json"#;
    let programs = programs(messages);
    assert_eq!(programs.len(), 1);
    assert_eq!(programs["site"], Path::new("out/site"));
}

#[test]
fn the_table_lines_up_and_names_what_failed() {
    let rows = [
        Row { name: "site".into(), time: Duration::from_millis(1234), result: Ok(()) },
        Row {
            name: "a_long_name".into(),
            time: Duration::from_secs(60),
            result: Err("killed after 60 s".into()),
        },
    ];
    assert_eq!(
        table(&rows),
        "example          time  result\n\
         site           1.23 s  ok\n\
         a_long_name   60.00 s  killed after 60 s\n"
    );
}

#[cfg(unix)]
mod processes {
    use std::process::Command;
    use std::time::Duration;

    use super::super::run_within;

    #[test]
    fn a_program_that_ends_well_is_ok() {
        assert_eq!(run_within(&mut Command::new("true"), Duration::from_secs(10)), Ok(()));
    }

    #[test]
    fn a_program_that_ends_badly_is_an_error() {
        assert!(run_within(&mut Command::new("false"), Duration::from_secs(10)).is_err());
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let mut command = Command::new("sleep");
        let result = run_within(command.arg("600"), Duration::from_millis(50));
        assert!(result.is_err_and(|sentence| sentence.contains("killed")));
    }
}
