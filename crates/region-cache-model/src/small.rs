//! Sets and tables of small things: a state must be small, for there are millions of them.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::words::{Key, Region, Who};

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

impl<T: Small> Set<T> {
    /// The empty set.
    pub const NONE: Self = Self(0, PhantomData);

    /// Whether it has nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// It, as a number.
    pub fn bits(self) -> u8 {
        self.0
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
