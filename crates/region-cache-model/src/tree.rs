//! The shapes that the regions of a model may have.

use crate::words::{Key, Keys, Region, Regions};

/// The regions of a model, each with the path that leads to it, and the keys.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// The path to each region, from the namespace down to itself.
    pub paths: &'static [&'static [Region]],
    /// What the regions are called.
    pub names: &'static [&'static str],
    /// The region in which each key lives.
    pub homes: &'static [Region],
}

impl Tree {
    /// namespace → root → two regions, a key in each.
    pub const FORK: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, ROOT, R2], &[NS, ROOT, R3]],
        names: &["namespace", "shop", "shop.a", "shop.b"],
        homes: &[R2, R3],
    };

    /// namespace → root → region → sub-region: three fences below the namespace, a key in the two
    /// lowest.
    pub const CHAIN: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, ROOT, R2], &[NS, ROOT, R2, R3]],
        names: &["namespace", "shop", "shop.a", "shop.a.b"],
        homes: &[R3, R2],
    };

    /// As [`CHAIN`](Self::CHAIN), with one key, in the lowest region.
    pub const DEEP: Self = Self { homes: &[R3], ..Self::CHAIN };

    /// namespace → root → three regions in a row, with one key, in the lowest.
    pub const DEEPER: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, ROOT, R2], &[NS, ROOT, R2, R3], &[NS, ROOT, R2, R3, R4]],
        names: &["namespace", "shop", "shop.a", "shop.a.b", "shop.a.b.c"],
        homes: &[R4],
    };

    /// namespace → root → region → two sub-regions, a key in each of the lowest.
    pub const CROWN: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, ROOT, R2], &[NS, ROOT, R2, R3], &[NS, ROOT, R2, R4]],
        names: &["namespace", "shop", "shop.a", "shop.a.b", "shop.a.c"],
        homes: &[R3, R4],
    };

    /// namespace → root → region, with one key.
    pub const SINGLE: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, ROOT, R2]],
        names: &["namespace", "shop", "shop.a"],
        homes: &[R2],
    };

    /// namespace → root → region, with both keys in it, for `get_many`.
    pub const PAIR: Self = Self { homes: &[R2, R2], ..Self::SINGLE };

    /// namespace → root, with one key: the smallest there is.
    pub const ROOT_ONLY: Self =
        Self { paths: &[&[NS], &[NS, ROOT]], names: &["namespace", "shop"], homes: &[ROOT] };

    /// namespace → two roots, a key in each, for `clear`.
    pub const ROOTS: Self = Self {
        paths: &[&[NS], &[NS, ROOT], &[NS, R2]],
        names: &["namespace", "shop", "blog"],
        homes: &[ROOT, R2],
    };

    /// The path to a region, from the namespace down to itself.
    pub fn path(&self, region: Region) -> &'static [Region] {
        self.paths[usize::from(region.0)]
    }

    /// The region above, of which the namespace has none.
    pub fn parent(&self, region: Region) -> Option<Region> {
        self.path(region).iter().rev().nth(1).copied()
    }

    /// All regions, each after the one above it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        self.paths.iter().filter_map(|path| path.last().copied())
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        (0..).take(self.homes.len()).map(Key)
    }

    /// The region in which the key lives.
    pub fn home(&self, key: Key) -> Region {
        self.homes[usize::from(key.0)]
    }

    /// The regions in which these keys live.
    pub fn homes(&self, keys: Keys) -> Regions {
        let mut homes = Regions::NONE;
        keys.iter().for_each(|key| homes.insert(self.home(key)));
        homes
    }

    /// The keys of one region.
    pub fn keys_in(&self, region: Region) -> impl Iterator<Item = Key> {
        self.keys().filter(move |key| self.home(*key) == region)
    }

    /// Whether `region` is `top`, or lies beneath it.
    pub fn is_beneath(&self, region: Region, top: Region) -> bool {
        self.path(region).contains(&top)
    }

    /// The keys at and beneath a region.
    pub fn keys_beneath(&self, top: Region) -> impl Iterator<Item = Key> {
        self.keys().filter(move |key| self.is_beneath(self.home(*key), top))
    }

    /// All regions of the paths to these, each after the one above it.
    pub fn paths_to(&self, regions: Regions) -> impl Iterator<Item = Region> {
        self.regions()
            .filter(move |above| regions.iter().any(|region| self.is_beneath(region, *above)))
    }

    /// What a region is called.
    pub fn name(&self, region: Region) -> &'static str {
        self.names[usize::from(region.0)]
    }
}

/// A root, such as `shop`.
pub const ROOT: Region = Region(1);
/// The first region that is neither namespace nor root.
pub const R2: Region = Region(2);
/// The second.
pub const R3: Region = Region(3);
/// The third.
pub const R4: Region = Region(4);
/// The first key.
pub const X: Key = Key(0);
/// The second key.
pub const Y: Key = Key(1);

const NS: Region = Region::NAMESPACE;
