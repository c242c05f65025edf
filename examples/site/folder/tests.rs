use super::*;
use crate::path::tests::page;

/// A temporary folder with these files in it.
pub(crate) fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

/// Writes a file and the folders that lead to it.
pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, text).expect("a written file");
}

#[test]
fn a_missing_folder_and_a_file_are_refused_in_one_sentence() {
    let folder = folder_with(&[("a.md", "")]);
    let missing = Root::open(&folder.path().join("none")).expect_err("missing");
    assert!(missing.starts_with("There is no folder ") && missing.ends_with("none."), "{missing}");
    let file = Root::open(&folder.path().join("a.md")).expect_err("a file");
    assert!(file.ends_with("a.md is not a folder."), "{file}");
}

#[test]
fn the_walk_finds_pages_in_any_case_and_passes_over_the_rest() {
    let folder = folder_with(&[
        ("b.md", ""),
        ("A.MD", ""),
        ("guide/advanced/x.md", ""),
        ("notes.txt", ""),
        ("md", ""),
        (".hidden/x.md", ""),
        (".x.md", ""),
        ("target/doc/x.md", ""),
        ("guide/node_modules/p/README.md", ""),
    ]);
    let found = Root::open(folder.path()).expect("a folder").walk();
    assert_eq!(found.pages, [page("A.MD"), page("b.md"), page("guide/advanced/x.md")]);
    assert_eq!(found.skipped, Vec::<String>::new());
}

#[test]
fn the_folder_itself_may_have_a_name_that_is_passed_over_elsewhere() {
    let folder = folder_with(&[("target/x.md", "")]);
    let found = Root::open(&folder.path().join("target")).expect("a folder").walk();
    assert_eq!(found.pages, [page("x.md")]);
}

#[cfg(unix)]
#[test]
fn links_out_are_reported_and_circles_end() {
    use std::os::unix::fs::symlink;
    let outside = folder_with(&[("secret.md", "secret")]);
    let folder = folder_with(&[("a.md", ""), ("guide/b.md", "")]);
    let at = |name: &str| folder.path().join(name);
    symlink(outside.path(), at("out")).expect("a link");
    symlink(outside.path().join("secret.md"), at("out.md")).expect("a link");
    symlink(at("nothing"), at("lost.md")).expect("a link");
    symlink(folder.path(), at("guide/circle")).expect("a link");
    symlink(at("self.txt"), at("self.txt")).expect("a link");
    symlink(at("guide/b.md"), at("b.md")).expect("a link");
    let found = Root::open(folder.path()).expect("a folder").walk();
    assert_eq!(found.pages, [page("a.md"), page("guide/b.md")]);
    assert_eq!(
        found.skipped,
        [
            "lost.md is a link that leads nowhere.",
            "out is a link that leads out of the folder.",
            "out.md is a link that leads out of the folder.",
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_reported() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with(&[("a.md", "")]);
    fs::write(folder.path().join(OsStr::from_bytes(b"\xff.md")), "").expect("a file");
    let found = Root::open(folder.path()).expect("a folder").walk();
    assert_eq!(found.pages, [page("a.md")]);
    assert_eq!(found.skipped, ["\u{fffd}.md has a name that is not UTF-8."]);
}

#[test]
fn reading_says_what_is_wrong() {
    let folder = folder_with(&[("bad.md", "")]);
    write(folder.path(), "bad.md", b"caf\xe9");
    let root = Root::open(folder.path()).expect("a folder");
    let read = |name: &str| root.read(&root.path().join(name), name);
    assert_eq!(read("bad.md"), Err("bad.md is not UTF-8.".to_owned()));
    assert!(
        read("none.md").is_err_and(|sentence| sentence.starts_with("none.md cannot be read: "))
    );
}

#[cfg(unix)]
#[test]
fn a_page_that_became_a_link_is_not_read() {
    let outside = folder_with(&[("secret.md", "secret")]);
    let folder = folder_with(&[]);
    std::os::unix::fs::symlink(outside.path().join("secret.md"), folder.path().join("a.md"))
        .expect("a link");
    let root = Root::open(folder.path()).expect("a folder");
    let read = root.read(&root.path().join("a.md"), "a.md");
    assert_eq!(read, Err("a.md is reached through a link.".to_owned()));
}
