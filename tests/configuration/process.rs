//! The environment of a whole process: this binary once more, to run one test.

use std::process::{Command, Output};

use region_cache::CacheBuilder;

/// Runs `child_that_reads_its_environment` in a process with these variables.
fn child(task: &str, vars: &[(&str, &str)]) -> Output {
    // The test's name in the harness has no crate in front.
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        &format!("{module}::child_that_reads_its_environment"),
        "--exact",
        "--nocapture",
    ]);
    command.env(TASK, task).envs(vars.iter().copied()).output().unwrap()
}

/// What it says when it has ended well.
fn said(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn from_env_reads_the_environment_of_its_process() {
    let vars = [("REGION_CACHE_NAMESPACE", "staging"), ("REGION_CACHE_URL", "null:")];
    let said = said(child("usual", &vars));
    assert!(said.contains("namespace: \"staging\", backend: Null"), "{said}");
}

#[test]
fn from_env_with_prefix_reads_no_other_variables() {
    let vars =
        [("REGION_CACHE_NAMESPCE", "a typo of somebody else"), ("SHOP_CACHE_NAMESPACE", "shop")];
    let said = said(child("prefix", &vars));
    assert!(said.contains("namespace: \"shop\", backend: Memory"), "{said}");
}

#[test]
fn from_env_does_not_start_with_a_typo() {
    let output = child("usual", &[("REGION_CACHE_NAMESPCE", "staging")]);
    assert!(!output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("did you mean `REGION_CACHE_NAMESPACE`?"), "{said}");
}

/// Does nothing unless it is told to.
#[tokio::test]
async fn child_that_reads_its_environment() {
    let Ok(task) = std::env::var(TASK) else { return };
    let builder = match task.as_str() {
        "usual" => CacheBuilder::from_env(),
        _ => CacheBuilder::from_env_with_prefix("SHOP_CACHE"),
    };
    println!("{:?}", builder.unwrap().build().await.unwrap());
}

/// No setting: it has another prefix.
const TASK: &str = "CHILD_OF_TEST_CONFIGURATION";
