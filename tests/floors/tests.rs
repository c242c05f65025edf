//! Each rule is seen to catch what it is for, and to let pass what it should.

use super::rules::violations;
use super::scan;

#[track_caller]
fn caught(file: &str, text: &str, wanted: &str) {
    let found = violations(file, text);
    assert!(found.iter().any(|sentence| sentence.contains(wanted)), "{text}\ngave {found:?}");
}

#[track_caller]
fn free(file: &str, text: &str) {
    assert_eq!(violations(file, text), [""; 0], "{text}");
}

#[test]
fn an_upward_import_is_caught_in_every_form() {
    for text in [
        "use crate::engine;",
        "use crate::engine::Engine;",
        "pub(crate) use crate::engine::Engine as E;",
        "use crate::{error::Error, engine::{self, Engine}};",
        "use crate::{error::{Error, Result}, engine};",
        "fn f() { crate::engine::run(); }",
        "fn f(x: Vec<crate::engine::Engine>) {}",
        "fn f(x: &dyn crate::engine::Engine) {}",
        "fn f() -> impl crate::engine::Engine { <u8 as crate::engine::Run>::run() }",
        "use super::engine::Engine;",
        "fn f() { super::engine::run(); }",
        "use super::{error, engine};",
        "mod inner { use super::super::engine; }",
        "mod inner {} use super::engine;",
        "macro_rules! m { () => { $crate::engine::run() } }",
        "use r#crate::error; use crate::engine;",
    ] {
        caught("memory.rs", text, "`memory` of floor 3 names `engine` of floor 4");
    }
}

#[test]
fn a_path_out_of_a_nested_module_is_followed() {
    let text = "use super::super::engine::Engine;";
    caught("memory/backend.rs", text, "`engine` of floor 4");
    caught("memory/backend/mod.rs", text, "`engine` of floor 4");
    free("memory/backend/deep.rs", text);
    free("memory/backend.rs", "use super::Table; use self::table::Row; use crate::memory::Table;");
}

#[test]
fn a_name_that_stands_for_the_top_does_not_hide_the_way_up() {
    caught("memory.rs", "use crate as top; fn f() { top::engine::run(); }", "`engine`");
    caught("memory.rs", "use super::*;", "`crate::*`, which is no module with a floor");
    caught("memory.rs", "use crate::*;", "`crate::*`, which is no module with a floor");
    caught("memory.rs", "use crate::Error;", "`crate::Error`");
}

#[test]
fn downward_is_free() {
    free("memory.rs", "use crate::{backend::Backend, error::{Error, Result}, wire, key::Key};");
    free("load.rs", "use crate::engine::Engine; fn f() { crate::near::get(); }");
    free("lib.rs", "mod engine; pub use region::Region; pub use crate::error::Error;");
}

#[test]
fn the_order_within_a_floor_counts() {
    caught("engine.rs", "use crate::load::Load;", "`load`, which comes after it on floor 4");
    free("load.rs", "use crate::engine::Engine;");
}

#[test]
fn adapters_do_not_know_each_other() {
    for text in ["use crate::memory::Table;", "use super::memory;"] {
        caught("null.rs", text, "adapters do not know each other");
    }
    caught("memory.rs", "use crate::null::Null;", "adapters do not know each other");
}

#[test]
fn only_the_builder_names_an_adapter() {
    free("builder.rs", "use crate::memory::Memory;");
    caught("cache.rs", "use crate::memory::Memory;", "names the adapter `memory`");
    caught("engine.rs", "use crate::memory::Memory;", "names the adapter `memory`");
    caught("region.rs", "fn f() { crate::null::Null; }", "names the adapter `null`");
    caught("lib.rs", "pub mod memory; pub use memory::Memory;", "names the adapter `memory`");
}

#[test]
fn a_module_without_a_floor_is_caught() {
    caught("helpers.rs", "", "`helpers` has no floor");
    caught("helpers/strings.rs", "", "`helpers` has no floor");
    caught("engine.rs", "use crate::helpers::f;", "`crate::helpers`");
}

#[test]
fn the_pure_floors_have_no_async() {
    for text in ["async fn f() {}", "fn f() { async move {} }", "fn f() { g().await }"] {
        caught("wire/envelope.rs", text, "a floor without async");
        caught("key.rs", text, "a floor without async");
        free("backend.rs", text);
    }
}

#[test]
fn only_time_reads_a_clock() {
    for text in [
        "fn f() { std::time::Instant::now(); }",
        "use std::time::SystemTime; fn f() { SystemTime::now(); }",
        "use std::time::{self, Duration}; fn f() { time::Instant::now(); }",
        "use std::time::Instant as Moment; fn f() { Moment::now(); }",
        "fn f() { tokio::time::Instant::now(); }",
    ] {
        caught("name.rs", text, "only `time` may read a clock");
        caught("engine.rs", text, "only `time` may read a clock");
        free("time.rs", text);
    }
    free("engine.rs", "use crate::time::{Clock, Timestamp}; fn f(c: &dyn Clock) { c.now(); }");
}

#[test]
fn only_tasks_sleeps() {
    for text in [
        "fn f() { tokio::time::sleep(d); }",
        "use tokio::time::{self, sleep}; ",
        "use tokio::time; fn f() { time::sleep_until(d); }",
        "fn f() { ::std::thread::sleep(d); }",
    ] {
        caught("engine.rs", text, "only `tasks` may sleep");
        free("tasks.rs", text);
    }
    free("engine.rs", "use crate::time; fn f() { time::sleep(d); crate::time::sleep(d); }");
}

#[test]
fn only_tasks_starts_tasks() {
    for text in [
        "fn f() { tokio::spawn(g()); }",
        "use tokio::{spawn, sync};",
        "use tokio::task; fn f() { task::spawn(g()); }",
        "fn f() { tokio::task::spawn_blocking(g); }",
        "fn f() { std::thread::spawn(g); }",
    ] {
        caught("engine.rs", text, "only `tasks` may start a task");
        caught("time.rs", text, "only `tasks` may start a task");
        free("tasks.rs", text);
    }
    free("engine.rs", "use crate::tasks; fn f() { tasks::spawn(g()); }");
}

#[test]
fn only_redis_names_the_redis_crate() {
    for text in [
        "use redis::Client;",
        "use redis as r;",
        "use ::redis::Client;",
        "fn f() { redis::cmd(); }",
        "fn f() -> ::redis::Value { g() }",
        "impl ::redis::ToRedisArgs for X {}",
    ] {
        caught("engine.rs", text, "only `redis` may name that crate");
        free("redis/connect.rs", text);
    }
    free("builder.rs", "use crate::redis; fn f() { redis::connect(); }");
    free("engine.rs", "fn f() { <X as Y>::redis::go(); x.redis::<u8>(); }");
    free("engine.rs", "fn f(redis: u8) { let x = self.redis; }");
}

#[test]
fn comments_strings_and_tests_are_free() {
    for text in [
        "//! See [`crate::engine`].\n/// And crate::engine::Engine.\n// use crate::engine;\nfn f() {}",
        "/* use crate::engine; /* nested */ use crate::engine; */",
        "#[doc = \"crate::engine::x\"] fn f() { r#\"\" crate::engine::x\"#; b\"\\\" crate::engine::x\"; }",
        "#[cfg(test)] mod tests { use crate::engine; fn f() { {} } }",
        "#[cfg(test)] mod tests; #[cfg(test)] use crate::engine::Engine;",
        "#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests { use crate::engine; }",
        "#[cfg(all(test, unix))] fn f(x: [u8; 2]) { crate::engine::run(); }",
        "#![cfg(test)] use crate::engine;",
        "struct X { a: u8, #[cfg(test)] b: crate::engine::Engine }",
        "fn f<'a>() -> impl Sized + use<'a> {}",
    ] {
        free("memory.rs", text);
    }
}

#[test]
fn code_behind_a_comment_string_or_test_is_not_free() {
    for text in [
        "/* a */ use crate::engine;",
        "// a\nuse crate::engine;",
        "fn f() { '\"'; crate::engine::run(); \"\" }",
        "fn f() { b'\\''; crate::engine::run(); ' '; }",
        "fn f<'a>(x: &'a str) { crate::engine::run() } // it's",
        "const A: &str = \"\\\\\"; use crate::engine; const B: &str = \"\";",
        "const A: &str = r\"\\\"; use crate::engine; const B: &str = \"\";",
        "#[cfg(test)] mod tests { fn f() { {} } } use crate::engine;",
        "#[cfg(test)] mod tests; use crate::engine;",
        "#[cfg(not(test))] use crate::engine;",
        "struct X { #[cfg(test)] b: u8 } use crate::engine;",
        "#[cfg(any(test, unix))] use crate::engine;",
    ] {
        caught("memory.rs", text, "`engine` of floor 4");
    }
}

#[test]
fn the_sentence_names_the_line() {
    let found =
        violations("key.rs", "//! Docs.\n\nconst X: &str = \"a\n b\";\nuse crate::cache::Cache;\n");
    assert_eq!(found, ["key.rs:5: `key` of floor 0 names `cache` of floor 5: an upward import"]);
}

#[test]
fn the_source_is_found_without_its_tests() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("floors");
    let names: Vec<String> = scan::files(&here).into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["paths.rs", "rules.rs", "scan.rs", "tokens.rs"]);
}
