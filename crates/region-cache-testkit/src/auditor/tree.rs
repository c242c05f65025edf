/// The regions and keys that an audit goes through.
///
/// Three levels of regions, each holding keys: `r0`, `r0.1`, `r0.1.2`.
#[derive(Clone, Debug)]
pub struct Tree {
    paths: Vec<String>,
    keys: usize,
}

impl Tree {
    /// A tree of so many roots, with so many children for each region above the lowest level, and so
    /// many keys in each region.
    pub fn new(roots: usize, children: usize, keys: usize) -> Self {
        let roots: Vec<String> = (0..roots).map(|root| format!("r{root}")).collect();
        let grow = |paths: &[String]| -> Vec<String> {
            paths
                .iter()
                .flat_map(|path| (0..children).map(move |child| format!("{path}.{child}")))
                .collect()
        };
        let middle = grow(&roots);
        let leaves = grow(&middle);
        Self { paths: [roots, middle, leaves].concat(), keys }
    }

    /// How many keys there are in all regions.
    pub fn keys(&self) -> usize {
        self.paths.len() * self.keys
    }

    /// How many regions there are.
    pub fn regions(&self) -> usize {
        self.paths.len()
    }

    /// The path of a region.
    pub fn path(&self, region: usize) -> &str {
        &self.paths[region]
    }

    /// The region and the name of a key.
    pub fn place(&self, key: usize) -> (usize, usize) {
        (key / self.keys, key % self.keys)
    }

    /// The keys of a region.
    pub fn keys_of(&self, region: usize) -> std::ops::Range<usize> {
        region * self.keys..(region + 1) * self.keys
    }

    /// The key of a region whose name comes last, as names are ordered.
    pub(super) fn last_of(&self, region: usize) -> usize {
        let keys = self.keys_of(region);
        keys.max_by_key(|key| self.place(*key).1.to_string()).unwrap_or_default()
    }

    /// The keys of a region and of all beneath it; all keys for an empty path.
    pub fn keys_beneath(&self, path: &str) -> Vec<usize> {
        let is_beneath = |other: &str| {
            path.is_empty()
                || other
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let regions = (0..self.regions()).filter(|region| is_beneath(self.path(*region)));
        regions.flat_map(|region| self.keys_of(region)).collect()
    }
}
