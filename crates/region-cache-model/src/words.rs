//! The words of the contract, as small as they can be.

use std::marker::PhantomData;
use std::num::NonZeroU8;
use std::ops::{Index, IndexMut};

/// A random id: of a fence, a lease, a walk, a server's run or its replication.
///
/// Ids are only ever compared, so small numbers stand for the 128 random bits. States that differ
/// in these numbers alone are one state (see `canon`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(NonZeroU8);

/// Where new ids come from: no id is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ids {
    last: u8,
}

/// How new a value is, key by key: the source's version at the moment when its token was taken, or
/// the one that a `set` made.
///
/// A loader may read its source at any time after the token was taken. The earliest moment is the
/// worst, and it is what C1 speaks of, so the model needs no separate step for loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8);

/// A region, by its place in the [`Tree`](crate::Tree).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(pub u8);

/// A key, by its place in the [`Tree`](crate::Tree).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u8);

/// A client: what one process does, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who(pub u8);

/// What a server is known by: its `run_id`, new at each start, and its `master_replid`, new at each
/// promotion too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reign {
    /// `run_id`.
    pub run: Id,
    /// `master_replid`.
    pub replid: Id,
}

/// Something that is counted from nought, and kept in a [`Set`] or a [`Table`].
pub trait Small: Copy {
    /// Its number.
    fn number(self) -> u8;
    /// What has this number.
    fn numbered(number: u8) -> Self;
}

/// A set of small things, for instance [`Regions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T>(u8, PhantomData<T>);

/// A set of regions.
pub type Regions = Set<Region>;

/// A set of keys.
pub type Keys = Set<Key>;

/// A value for each of a few small things, indexed by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table<T, V, const N: usize>([V; N], PhantomData<T>);

/// A value for each region.
pub type ByRegion<V> = Table<Region, V, MOST_REGIONS>;

/// A value for each key.
pub type ByKey<V> = Table<Key, V, MOST_KEYS>;

/// A value for each client.
pub type ByWho<V> = Table<Who, V, MOST_CLIENTS>;

impl Id {
    /// What a client compares with that takes absence for an answer (race 2). The contract knows no
    /// such thing.
    pub const NOTHING: Self = Self(NonZeroU8::MAX);

    /// The id with this number, counted from 1.
    pub fn numbered(number: u8) -> Self {
        Self(NonZeroU8::new(number).unwrap_or(NonZeroU8::MIN))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0.get()
    }
}

impl Ids {
    /// The numbers up to `last` are given out.
    pub fn after(last: u8) -> Self {
        Self { last }
    }

    /// An id that nobody has seen before.
    pub fn fresh(&mut self) -> Id {
        self.last += 1;
        assert!(self.last < LAST_ID, "a setup with more ids than the model can tell apart");
        Id::numbered(self.last)
    }
}

impl Region {
    /// The namespace, which is no region for a user, but has a fence as every region has.
    pub const NAMESPACE: Self = Self(0);
}

impl<T: Small> Set<T> {
    /// The empty set.
    pub const NONE: Self = Self(0, PhantomData);

    /// Whether it has nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it has more than one member.
    pub fn is_several(self) -> bool {
        self.0.count_ones() > 1
    }

    /// Whether `member` is in it.
    pub fn contains(self, member: T) -> bool {
        self.0 >> member.number() & 1 == 1
    }

    /// Puts `member` in.
    pub fn insert(&mut self, member: T) {
        self.0 |= 1 << member.number();
    }

    /// Takes `member` out.
    pub fn remove(&mut self, member: T) {
        self.0 &= !(1 << member.number());
    }

    /// Puts all of `others` in.
    pub fn extend(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether it shares a member with `other`.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Its members, in their order.
    pub fn iter(self) -> impl Iterator<Item = T> {
        (0..8).filter(move |number| self.0 >> number & 1 == 1).map(T::numbered)
    }
}

impl Regions {
    /// These regions.
    pub const fn of(regions: &[Region]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < regions.len() {
            bits |= 1 << regions[i].0;
            i += 1;
        }
        Self(bits, PhantomData)
    }
}

impl Keys {
    /// These keys.
    pub const fn of(keys: &[Key]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < keys.len() {
            bits |= 1 << keys[i].0;
            i += 1;
        }
        Self(bits, PhantomData)
    }
}

impl<T, V: Copy, const N: usize> Table<T, V, N> {
    /// The same value for each.
    pub const fn all(value: V) -> Self {
        Self([value; N], PhantomData)
    }
}

impl<T, V, const N: usize> Table<T, V, N> {
    /// These values.
    pub const fn new(values: [V; N]) -> Self {
        Self(values, PhantomData)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut()
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter()
    }
}

impl<T: Small, V, const N: usize> Index<T> for Table<T, V, N> {
    type Output = V;

    fn index(&self, of: T) -> &V {
        &self.0[usize::from(of.number())]
    }
}

impl<T: Small, V, const N: usize> IndexMut<T> for Table<T, V, N> {
    fn index_mut(&mut self, of: T) -> &mut V {
        &mut self.0[usize::from(of.number())]
    }
}

macro_rules! small {
    ($($name:ident)*) => {
        $(impl Small for $name {
            fn number(self) -> u8 {
                self.0
            }

            fn numbered(number: u8) -> Self {
                Self(number)
            }
        })*
    };
}

small!(Region Key Who);

/// The namespace, a root, and what lies below.
pub const MOST_REGIONS: usize = 5;
/// Enough for a transaction, and for a `get_many`.
pub const MOST_KEYS: usize = 2;
/// Two clients can do each other harm; a third rarely adds any.
pub const MOST_CLIENTS: usize = 3;

// One below `Id::NOTHING`, and as many as fit into the bits of `Fallen`.
const LAST_ID: u8 = 128;
