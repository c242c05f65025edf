//! The port through which processes tell each other of signals.
//!
//! A [`Bus`] carries messages, keeps the bindings of signals to regions, and a journal of what was
//! emitted. It knows nothing of what they mean: bindings and journal entries are texts to it. A message
//! may be lost, and then the bus says so; the journal is the proof, the message an accelerator.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::error::Result;
use crate::wire::Id;

/// Messages between processes, bindings, and the journal of signals. All of it is one namespace's.
#[async_trait]
pub trait Bus: fmt::Debug + Send + Sync + 'static {
    /// Sends a message to all who listen now; how many they are. A message is not kept.
    async fn publish(&self, namespace: &str, topic: &Topic, message: &[u8]) -> Result<u64>;

    /// Listens, from the first poll on, and for good: what breaks is set up again.
    ///
    /// [`News::Up`] comes when everything sent from then on will come, [`News::Down`] when that ends, and
    /// [`News::Gap`] where messages may be missing: after each interruption, and where the listener was
    /// too slow. The stream never waits for its reader with more than a bounded number of messages.
    fn subscribe(&self, namespace: &str, interest: Interest) -> BoxStream<'static, News>;

    /// Keeps a binding; the same again is one.
    async fn bind(&self, namespace: &str, binding: &str) -> Result<()>;

    /// Forgets a binding; whether it was there.
    async fn unbind(&self, namespace: &str, binding: &str) -> Result<bool>;

    /// All bindings.
    async fn bindings(&self, namespace: &str) -> Result<Vec<String>>;

    /// Writes an entry to the journal, as one that is not done yet, and gives the bindings: one act.
    async fn open(&self, namespace: &str, id: Id, entry: &str) -> Result<Opened>;

    /// The same for one of many who want to do the same work: the first to say its `digest` gets it, and
    /// those who come within `window` get nothing.
    async fn adopt(
        &self,
        namespace: &str,
        digest: Id,
        window: Duration,
        id: Id,
        entry: &str,
    ) -> Result<Option<Opened>>;

    /// Takes note that an entry is done, and publishes a message: one act. How many listen.
    async fn close(&self, namespace: &str, id: Id, topic: &Topic, message: &[u8]) -> Result<u64>;

    /// Takes up an entry that is not done and that nobody was at work on for `idle`.
    async fn claim(&self, namespace: &str, idle: Duration) -> Result<Option<Claimed>>;

    /// What was written after a position, in order; with none, only where the journal ends.
    async fn journal(&self, namespace: &str, since: Option<Position>) -> Result<Journal>;
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A signal of this name, from whoever may publish.
    Signal(String),
    /// A signal of this name that was a foreign one, and has been seen to.
    Adopted(String),
    /// Changes below this root; `.` for the namespace itself.
    Changes(String),
}

/// What to listen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// Signals.
    Signals,
    /// Signals and changes.
    Everything,
}

/// What a listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// From here on everything comes.
    Up,
    /// Nothing comes until the next [`Up`](Self::Up).
    Down,
    /// Messages may be missing here.
    Gap,
    /// A message.
    Message(Topic, Bytes),
}

/// A place in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Counts first.
    pub major: u64,
    /// Counts where the first are equal.
    pub minor: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.major, self.minor)
    }
}

/// The answer to [`Bus::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where the entry stands.
    pub position: Position,
    /// All bindings.
    pub bindings: Vec<String>,
}

/// An entry that was taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: Id,
    /// Its text.
    pub entry: String,
    /// All bindings.
    pub bindings: Vec<String>,
}

/// A part of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// The entries, in order, as many as come at once.
    pub entries: Vec<(Position, String)>,
    /// Where they end, and the next look begins.
    pub end: Position,
    /// The ids of the entries that are not done, of all that there are.
    pub undone: Vec<Id>,
    /// Whether nothing is missing between the position that was asked from and the first entry: the
    /// journal is capped.
    pub is_whole: bool,
    /// Whether there is more.
    pub has_more: bool,
}
