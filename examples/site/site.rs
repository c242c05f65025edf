//! The cache at work: every page goes through it, one region per folder.

use std::fmt;
use std::sync::Arc;

use region_cache::{Cache, Error, Lookup, Region, segment};

use crate::blocking::blocking;
use crate::folder::Root;
use crate::page;
use crate::path::{FolderPath, PagePath};

/// A folder of Markdown behind a cache. Clones are cheap and mean the same site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    root: Arc<Root>,
    cache: Cache,
}

/// A page as HTML, and where it came from.
#[derive(Debug)]
pub(crate) struct Served {
    /// The whole page.
    pub(crate) html: String,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// Where a page came from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The cache had it.
    Cache,
    /// It was rendered, and offered to the cache.
    Rendered,
    /// It was rendered, and the cache could not take it, for the reason that this sentence gives.
    NotStored(String),
}

impl Site {
    /// The site of a folder.
    pub(crate) const fn new(root: Arc<Root>, cache: Cache) -> Self {
        Self { root, cache }
    }

    /// The folder.
    pub(crate) const fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// The region of a folder: `guide/advanced` is `site.guide.advanced`.
    ///
    /// A folder may be called `tokio-1.54`, with a dot in it, or have a blank: `segment` makes one
    /// segment of any name.
    pub(crate) fn region(&self, folder: &FolderPath) -> Region {
        let mut path = "site".to_owned();
        for name in folder.names() {
            path.push('.');
            path.push_str(&segment(name));
        }
        self.cache.region(&path)
    }

    /// A page, from the cache or rendered; `Err` is a sentence that says why there is none.
    pub(crate) async fn page(&self, page: &PagePath) -> Result<Served, String> {
        let (root, wanted) = (Arc::clone(&self.root), page.clone());
        let served =
            self.through(&page.folder, &page.name, move || page::render(&root, &wanted)).await;
        served.map_err(|trouble| trouble.sentence(page))
    }

    /// A folder's list of pages. It lies in the folder's region too, under the empty key, which is
    /// no file's name.
    pub(crate) async fn listing(&self, folder: &FolderPath) -> Result<Served, String> {
        let (root, wanted) = (Arc::clone(&self.root), folder.clone());
        let served = self.through(folder, "", move || page::list(&root, &wanted)).await;
        served.map_err(|trouble| trouble.sentence(folder))
    }

    /// What the cache has under `key` in the folder's region, else what `render` makes of the
    /// files.
    ///
    /// The order is what keeps a stale page out: the lookup first, which notes the region as it now
    /// stands; then the files are read; then the page is offered by `fill`. A file that is saved
    /// after it was read, or while it is, is followed by an invalidation of its region. If that
    /// comes before the fill, the region is not the one that was noted any more, and the fill is
    /// refused. If it comes after the fill, it drops what was filled. With `get`, render, `set` in
    /// place of this, an invalidation between the three would be lost, and the page would stay old
    /// until it expires.
    async fn through<F>(&self, folder: &FolderPath, key: &str, render: F) -> Result<Served, Trouble>
    where
        F: FnOnce() -> Result<String, String> + Send + 'static,
    {
        let miss = match self.region(folder).lookup::<String>(key).await {
            Ok(Lookup::Hit(html)) => {
                return Ok(Served { html, origin: Origin::Cache });
            }
            Ok(Lookup::Miss(miss)) => Ok(miss),
            // A site does not go down with its cache.
            Err(error) if error.is_unavailable() => Err(error),
            Err(error) => return Err(Trouble::Cache(error)),
        };
        let html = match blocking(render).await {
            Some(rendered) => rendered.map_err(Trouble::Page)?,
            None => return Err(Trouble::BrokenOff),
        };
        let filled = match miss {
            Ok(miss) => miss.fill(&html).await,
            Err(error) => Err(error),
        };
        let origin = match filled {
            // False: what was read may be old by now. It is shown to the one who asked, and the
            // next one renders anew.
            Ok(_stored) => Origin::Rendered,
            Err(error) => Origin::NotStored(format!("{error}.")),
        };
        Ok(Served { html, origin })
    }
}

/// Why there is no page.
enum Trouble {
    /// A whole sentence.
    Page(String),
    Cache(Error),
    BrokenOff,
}

impl Trouble {
    fn sentence(self, shown: &impl fmt::Display) -> String {
        match self {
            Self::Page(sentence) => sentence,
            Self::Cache(error) if error.is_invalid_name() => {
                format!("{shown} lies too deep: {error}.")
            }
            Self::Cache(error) => format!("{shown}: {error}."),
            Self::BrokenOff => format!("{shown} could not be rendered to the end."),
        }
    }
}
