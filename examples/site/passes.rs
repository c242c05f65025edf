//! Rendering the whole site several times over, and looking at what the cache spared.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};

use crate::path::{FolderPath, PagePath};
use crate::report::count;
use crate::site::{Origin, Site};

/// What one pass over all pages did.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// The pages that were rendered.
    pub(crate) computed: BTreeSet<PagePath>,
    /// The pages that the cache had.
    pub(crate) cached: BTreeSet<PagePath>,
    /// How many pages could not be shown, or not be cached.
    pub(crate) skipped: usize,
    /// Why: each sentence once, though a broken layout can spoil many pages.
    pub(crate) reasons: BTreeSet<String>,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Pass {
    /// Asks for every page once, several at a time.
    pub(crate) async fn over(site: &Site, pages: &[PagePath]) -> Self {
        let at_a_time = available_parallelism().map_or(2, usize::from) * 2;
        let began = Instant::now();
        let mut served = stream::iter(pages)
            .map(|page| async move { (page, site.page(page).await) })
            .buffer_unordered(at_a_time);
        let mut pass = Self::default();
        while let Some((page, served)) = served.next().await {
            match served.map(|served| served.origin) {
                Ok(Origin::Cache) => {
                    pass.cached.insert(page.clone());
                }
                Ok(Origin::Rendered) => {
                    pass.computed.insert(page.clone());
                }
                Ok(Origin::NotStored(reason)) => {
                    pass.skip(format!("{page} cannot be cached: {reason}"));
                }
                Err(sentence) => pass.skip(sentence),
            }
        }
        pass.took = began.elapsed();
        pass
    }

    /// The pages that were shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &PagePath> {
        self.computed.iter().chain(&self.cached)
    }

    /// Checks that the pages under `folder` were rendered, all of them and no others; both answers
    /// are a sentence.
    pub(crate) fn check(&self, folder: &FolderPath) -> Result<String, String> {
        let expected: BTreeSet<_> =
            self.shown().filter(|page| folder.holds(&page.folder)).cloned().collect();
        if let Some(page) = self.computed.difference(&expected).next() {
            return Err(format!(
                "{page} was rendered again, though it does not lie under {folder}."
            ));
        }
        if let Some(page) = expected.difference(&self.computed).next() {
            return Err(format!("{page} came from the cache, though {folder} was invalidated."));
        }
        let pages = count(expected.len(), "page");
        if folder.is_root() {
            return Ok(format!("{pages} rendered again: no folder holds only a part of them"));
        }
        let were = if expected.len() == 1 { "was" } else { "were" };
        Ok(format!("exactly the {pages} under {folder} {were} rendered again"))
    }

    fn skip(&mut self, sentence: String) {
        self.skipped += 1;
        self.reasons.insert(sentence);
    }
}

/// The folder to invalidate: of those that hold a part of the pages, the one with the most, and
/// rather one with folders in it. The whole site only if there is no such folder.
pub(crate) fn folder_to_invalidate<'a>(pages: impl Iterator<Item = &'a PagePath>) -> FolderPath {
    let mut total = 0;
    let mut beneath: BTreeMap<FolderPath, (usize, BTreeSet<&FolderPath>)> = BTreeMap::new();
    for page in pages {
        total += 1;
        for above in page.folder.upwards() {
            let (count, folders) = beneath.entry(above).or_default();
            *count += 1;
            folders.insert(&page.folder);
        }
    }
    beneath
        .into_iter()
        .filter(|(folder, (count, _))| !folder.is_root() && *count < total)
        .max_by_key(|(folder, (count, folders))| {
            (folders.len() > 1, *count, Reverse(folder.clone()))
        })
        .map(|(folder, _)| folder)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::tests::{folder, page};

    fn chosen(pages: &[&str]) -> FolderPath {
        let pages: Vec<_> = pages.iter().map(|text| page(text)).collect();
        folder_to_invalidate(pages.iter())
    }

    #[test]
    fn a_part_of_the_site_with_folders_in_it_is_invalidated() {
        assert_eq!(
            chosen(&["a.md", "flat/1.md", "flat/2.md", "flat/3.md", "tree/x.md", "tree/deep/y.md"]),
            folder("tree")
        );
        assert_eq!(chosen(&["a.md", "flat/1.md", "flat/2.md", "other/1.md"]), folder("flat"));
    }

    #[test]
    fn never_all_of_it_where_that_can_be_helped() {
        assert_eq!(chosen(&["all/a/1.md", "all/b/2.md"]), folder("all/a"));
        assert_eq!(chosen(&["all/1.md", "all/2.md"]), folder(""));
        assert_eq!(chosen(&["1.md"]), folder(""));
    }

    #[test]
    fn a_page_too_many_or_too_few_is_named() {
        let pass = |computed: &[&str], cached: &[&str]| Pass {
            computed: computed.iter().map(|text| page(text)).collect(),
            cached: cached.iter().map(|text| page(text)).collect(),
            ..Pass::default()
        };
        let check = |pass: Pass| pass.check(&folder("a"));
        assert_eq!(
            check(pass(&["a/1.md", "a/b/2.md"], &["c.md"])),
            Ok("exactly the 2 pages under a were rendered again".to_owned())
        );
        assert!(
            check(pass(&["a/1.md", "c.md"], &[]))
                .is_err_and(|sentence| sentence.starts_with("c.md was rendered"))
        );
        assert!(
            check(pass(&["a/1.md"], &["a/2.md"]))
                .is_err_and(|sentence| sentence.starts_with("a/2.md came from"))
        );
    }
}
