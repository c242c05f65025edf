//! x
use crate::rules::Rules;
use crate::setup::{Faults, Limit, Role, Setup, Walks, Wish};
use crate::tree::{R2, R3, R4, ROOT, Tree, X, Y};
use crate::words::{Keys, Region, Regions};

/// base
pub const BASE: Setup = Setup {
    name: "",
    tree: Tree::SINGLE,
    rules: Rules::CONTRACT,
    roles: &[],
    removes: Keys::NONE,
    invalidates: Regions::NONE,
    walks: Walks::None,
    faults: Faults::NONE,
    namespace_apart: false,
    connections_survive: false,
    reign_always_asked: false,
    foreign: Regions::NONE,
};
const JUST_X: Keys = Keys::of(&[X]);
const JUST_Y: Keys = Keys::of(&[Y]);
const XY: Keys = Keys::of(&[X, Y]);
const EVERY: Role = Role { computes: JUST_X, writes: &[JUST_X], reads: Regions::of(&[R2, R3]), ..Role::IDLE };
const PAIRW: Role = Role { writes: &[JUST_X, JUST_Y, XY], ..Role::IDLE };
const TX: Role = Role { transactions: &[Wish { reads: Keys::NONE, writes: XY }, Wish { reads: JUST_X, writes: JUST_X }, Wish { reads: JUST_X, writes: JUST_Y }], ..Role::IDLE };
const TXW: Role = Role { writes: &[JUST_X, JUST_Y, XY], ..TX };
const OFTEN: Limit = Limit::OFTEN;
const ALLR: Regions = Regions::of(&[Region(0), ROOT, R2, R3]);
const ALL5: Regions = Regions::of(&[Region(0), ROOT, R2, R3, R4]);
const CW: Role = Role { computes: XY, writes: &[JUST_X, XY], ..Role::IDLE };

const ALL_FAULTS: Faults = Faults { fences: OFTEN, hashes: OFTEN, leases: OFTEN, takeovers: OFTEN, replies: OFTEN, deaths: OFTEN, ..Faults::NONE };
/// all
pub fn all() -> &'static [Setup] { ALL }
const ALL: &[Setup] = &[
        Setup { name: "single", roles: &[EVERY, EVERY], removes: JUST_X, invalidates: Regions::of(&[Region(0), ROOT, R2]), walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "deep", tree: Tree::DEEP, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "deep3", tree: Tree::DEEP, roles: &[EVERY, EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "writes fork", tree: Tree::FORK, roles: &[PAIRW, PAIRW], removes: XY, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "writes chain", tree: Tree::CHAIN, roles: &[PAIRW, PAIRW], removes: XY, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "tx fork", tree: Tree::FORK, roles: &[TX, PAIRW], removes: XY, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "tx chain", tree: Tree::CHAIN, roles: &[TXW, TXW], removes: XY, invalidates: ALLR, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "crown cw", tree: Tree::CROWN, roles: &[CW, CW], removes: XY, invalidates: ALL5, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "traversed deep", tree: Tree::DEEP, roles: &[EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Traversed, faults: Faults { replies: OFTEN, ..Faults::NONE }, ..BASE },
        Setup { name: "traversed fork", tree: Tree::FORK, roles: &[Role { computes: XY, ..Role::IDLE }], removes: XY, invalidates: ALLR, walks: Walks::Traversed, faults: Faults { replies: OFTEN, ..Faults::NONE }, ..BASE },
        Setup { name: "restart deep", tree: Tree::DEEP, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { restarts: Limit::ONCE, ..ALL_FAULTS }, ..BASE },
        Setup { name: "restart single inf", tree: Tree::SINGLE, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { restarts: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "apart", tree: Tree::SINGLE, namespace_apart: true, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { restarts: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "failover single", tree: Tree::SINGLE, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { failovers: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "survive single asked", tree: Tree::SINGLE, connections_survive: true, reign_always_asked: true, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { failovers: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "survive single as written", tree: Tree::SINGLE, connections_survive: true, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { failovers: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "get_many", tree: Tree::PAIR, roles: &[Role { reads: Regions::of(&[R2]), ..Role::IDLE }, Role { writes: &[XY, JUST_X], ..Role::IDLE }], removes: XY, invalidates: Regions::of(&[ROOT, R2]), walks: Walks::Late, faults: Faults { changes: Limit::THRICE, fences: OFTEN, ..Faults::NONE }, ..BASE },
        Setup { name: "lives", tree: Tree::DEEP, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { ages: OFTEN, replies: OFTEN, ..Faults::NONE }, ..BASE },
        Setup { name: "full", tree: Tree::SINGLE, roles: &[EVERY, EVERY], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { full: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "foreign", tree: Tree::FORK, foreign: Regions::of(&[R3]), roles: &[PAIRW, TX], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { full: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "joins", tree: Tree::DEEP, roles: &[Role { computes: JUST_X, joins: true, ..Role::IDLE }, Role { computes: JUST_X, joins: true, ..Role::IDLE }], removes: JUST_X, invalidates: ALLR, walks: Walks::Late, faults: Faults { full: OFTEN, ..ALL_FAULTS }, ..BASE },
        Setup { name: "clear roots", tree: Tree::ROOTS, roles: &[CW, CW], removes: JUST_X, invalidates: Regions::of(&[Region(0), ROOT, R2]), walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
        Setup { name: "crown cw txw", tree: Tree::CROWN, roles: &[CW, TXW], removes: XY, invalidates: ALL5, walks: Walks::Late, faults: ALL_FAULTS, ..BASE },
];
