//! Passes over a whole site.

use std::sync::Arc;

use region_cache::Cache;

use crate::folder::Root;
use crate::folder::tests::{folder_with, write};
use crate::passes::{Pass, folder_to_invalidate};
use crate::path::tests::{folder, page};
use crate::site::Site;

#[tokio::test]
async fn exactly_the_invalidated_subtree_is_rendered_again() {
    let temporary = folder_with(&[
        ("a.md", ""),
        ("guide/x.md", ""),
        ("guide/advanced/y.md", ""),
        ("guides/z.md", ""),
        ("v1.2/w.md", ""),
    ]);
    let root = Arc::new(Root::open(temporary.path()).expect("a folder"));
    let pages = root.walk().pages;
    let site = Site::new(root, Cache::in_memory());
    let cold = Pass::over(&site, &pages).await;
    assert_eq!((cold.computed.len(), cold.cached.len()), (5, 0));
    let warm = Pass::over(&site, &pages).await;
    assert_eq!((warm.computed.len(), warm.cached.len()), (0, 5));
    let chosen = folder_to_invalidate(cold.shown());
    assert_eq!(chosen, folder("guide"));
    site.region(&chosen).invalidate().await.expect("invalidated");
    let third = Pass::over(&site, &pages).await;
    assert_eq!(third.computed, [page("guide/advanced/y.md"), page("guide/x.md")].into());
    assert_eq!(
        third.check(&chosen),
        Ok("exactly the 2 pages under guide were rendered again".to_owned())
    );
}

#[tokio::test]
async fn bad_pages_are_skipped_in_one_sentence_each() {
    let deep = |levels: usize| format!("{}x.md", "d/".repeat(levels));
    let temporary = folder_with(&[
        ("a.md", ""),
        (&deep(15), ""),
        (&deep(16), ""),
        ("l/_layout.html", ""),
        ("l/1.md", ""),
        ("l/2.md", ""),
    ]);
    write(temporary.path(), "bad.md", b"\xff");
    let root = Arc::new(Root::open(temporary.path()).expect("a folder"));
    let pages = root.walk().pages;
    let site = Site::new(root, Cache::in_memory());
    let pass = Pass::over(&site, &pages).await;
    assert_eq!(pass.computed, [page("a.md"), page(&deep(15))].into());
    assert_eq!(pass.skipped, 4);
    let reasons: Vec<_> = pass.reasons.iter().map(String::as_str).collect();
    let [bad, too_deep, layout] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!(*bad, "bad.md is not UTF-8.");
    assert!(
        too_deep.starts_with(&format!("{} lies too deep: ", deep(16))) && too_deep.contains("16"),
        "{too_deep}"
    );
    assert_eq!(*layout, "l/_layout.html has no {{ content }} in it.");
}
