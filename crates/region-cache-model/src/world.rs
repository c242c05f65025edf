//! The state of a model: server, clients, and the truth that nobody in it knows.

use crate::client::{Client, Connection};
use crate::faults::Faults;
use crate::script::{Script, propose};
use crate::server::{Data, Reigns, Server};
use crate::setup::Setup;
use crate::truth::Truth;
use crate::view::View;
use crate::words::{ByRegion, ByWho, Id, Ids, Keys, Region, Regions, Reign, Who};

/// Everything, at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The server that takes writes.
    pub master: Server,
    /// Its replica, or the master before it.
    pub replica: Option<Server>,
    /// The last snapshot on the master's disk.
    pub disk: Option<Data>,
    /// The clients.
    pub clients: ByWho<Client>,
    /// The processes that are freeing what an invalidation left behind.
    pub runners: [Option<Runner>; 2],
    /// A request that a layer below is going to send again, behind everybody's back.
    pub resend: Option<Box<Request>>,
    /// What really happened.
    pub truth: Truth,
    /// How often what may go wrong may still do so.
    pub left: Faults,
    /// The ids that are given out.
    pub ids: Ids,
}

/// A write on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The keys to be written.
    pub keys: Keys,
    /// The stamps of the values, by region.
    pub stamps: ByRegion<Option<Id>>,
    /// Ids for fences that are absent.
    pub proposals: ByRegion<Id>,
    /// Whether the entries are to outlive the short lives.
    pub is_lasting: bool,
    /// Whether the lives of the path are to be lengthened.
    pub lengthens: bool,
}

/// A process that is freeing what an invalidation left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Runner {
    /// The walk that it has taken up.
    pub walk: Id,
    /// The regions to be visited.
    pub ahead: Regions,
    /// The regions to be visited once more, when nothing beneath them is ahead.
    pub behind: Regions,
}

impl World {
    /// An empty server, and clients that have done nothing yet.
    pub fn new(setup: &Setup) -> Self {
        let mut ids = Ids::after(0);
        let mut reign = || Reign { run: ids.fresh(), replid: ids.fresh() };
        let one = reign();
        let namespace = if setup.namespace_apart { reign() } else { one };
        let master =
            Server { data: Data::EMPTY, reigns: Reigns { namespace, root: one }, is_full: false };
        let other = reign();
        let behind = Server { reigns: Reigns { namespace: other, root: other }, ..master };
        let replica = setup.faults.failovers.is_left().then_some(behind);
        let connection = Connection { reigns: master.reigns, is_to_replica: false };
        let client = Client::new(connection);
        Self {
            master,
            replica,
            disk: None,
            clients: ByWho::new([client.clone(), client.clone(), client]),
            runners: [None; 2],
            resend: None,
            truth: Truth::NEW,
            left: setup.faults,
            ids,
        }
    }

    /// The master's data, as a read on a new connection sees them.
    pub fn view<'a>(&'a self, setup: &'a Setup) -> View<'a> {
        View { setup, data: &self.master.data, reigns: self.master.reigns }
    }

    /// A script on the master that asks the server for its reign.
    pub fn script<'a>(&'a mut self, setup: &'a Setup) -> Script<'a> {
        Script { setup, data: &mut self.master.data, reigns: self.master.reigns }
    }

    /// A script on the master, sent by a client.
    pub fn script_of<'a>(&'a mut self, setup: &'a Setup, who: Who) -> Script<'a> {
        let reigns = if setup.rules.scripts_ask_the_server {
            self.master.reigns
        } else {
            self.clients[who].connection.reigns
        };
        Script { setup, data: &mut self.master.data, reigns }
    }

    /// The server at the other end of a client's connection.
    pub fn server_of(&self, who: Who) -> &Server {
        match &self.replica {
            Some(replica) if self.clients[who].connection.is_to_replica => replica,
            _ => &self.master,
        }
    }

    /// A client sends something that only a master takes: `READONLY` sends it there.
    pub fn reach_master(&mut self, who: Who) {
        if self.clients[who].connection.is_to_replica {
            self.clients[who].connection =
                Connection { reigns: self.master.reigns, is_to_replica: false };
        }
    }

    /// The ids that a client brings for absent fences: new ones with each request.
    pub fn propose(&mut self, setup: &Setup, who: Who, is_lost: bool) -> ByRegion<Id> {
        let mut proposals = propose(setup, &mut self.ids);
        if !setup.rules.one_request_per_id {
            // Kept until a reply tells what became of them.
            let proposed = &mut self.clients[who].proposed;
            for region in setup.tree.regions() {
                proposals[region] = proposed[region].unwrap_or(proposals[region]);
                proposed[region] = is_lost.then_some(proposals[region]);
            }
        }
        proposals
    }

    /// A client learns the fence of a region.
    pub fn learn(&mut self, setup: &Setup, who: Who, region: Region) {
        let fence = self.master.data.fences[region].map(|fence| fence.id);
        let client = &mut self.clients[who];
        if client.beliefs[region] != fence {
            client.beliefs[region] = fence;
            if setup.rules.lives_remembered_by_fence {
                client.lengthened.remove(region);
            }
        }
    }
}
