//! What clients do, by short names.

use crate::setup::{Role, Wish};
use crate::tree::{R2, R3, R4, ROOT, X, Y};
use crate::words::{Keys, Region, Regions};

pub(super) const WITH_X: Role = Role { computes: JUST_X, writes: &[JUST_X], ..Role::IDLE };
pub(super) const EVERYTHING_WITH_X: Role = Role { reads: EVERY_REGION, ..WITH_X };
pub(super) const COMPUTES_X: Role = Role { computes: JUST_X, ..Role::IDLE };
// Two keys, alone and together.
pub(super) const COMPUTES_AND_WRITES: Role =
    Role { computes: BOTH, writes: &[JUST_X, BOTH], ..Role::IDLE };
pub(super) const ALL_WITH_X: Role = Role {
    transactions: &[
        Wish { reads: Keys::NONE, writes: JUST_X },
        Wish { reads: JUST_X, writes: JUST_X },
    ],
    ..EVERYTHING_WITH_X
};
pub(super) const ALL_WITH_BOTH: Role =
    Role { reads: EVERY_REGION, transactions: TRANSACTS.transactions, ..COMPUTES_AND_WRITES };
pub(super) const READS: Role = Role { reads: EVERY_REGION, ..Role::IDLE };
pub(super) const WRITES: Role = Role { writes: &[JUST_X, JUST_Y, BOTH], ..Role::IDLE };
pub(super) const TRANSACTS: Role = Role {
    transactions: &[
        Wish { reads: Keys::NONE, writes: BOTH },
        Wish { reads: JUST_X, writes: JUST_X },
        Wish { reads: JUST_X, writes: JUST_Y },
    ],
    ..Role::IDLE
};
pub(super) const WRITE_X: &[Wish] = &[Wish { reads: Keys::NONE, writes: JUST_X }];

pub(super) const JUST_X: Keys = Keys::of(&[X]);
pub(super) const JUST_Y: Keys = Keys::of(&[Y]);
pub(super) const BOTH: Keys = Keys::of(&[X, Y]);

pub(super) const NS: Region = Region::NAMESPACE;
pub(super) const EVERY_REGION: Regions = Regions::of(&[NS, ROOT, R2, R3, R4]);
pub(super) const SINGLE_REGIONS: Regions = Regions::of(&[NS, ROOT, R2]);
pub(super) const DEEP_REGIONS: Regions = Regions::of(&[NS, ROOT, R2, R3]);
