//! What can be heard from other processes, and from this one.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream, Stream, StreamExt};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::signal::{Signal, matches};
use crate::time::Timestamp;
use crate::wire::Id;

/// Something that [`Cache::subscribe`](crate::Cache::subscribe) tells of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A signal was emitted, and what is bound to it has fallen.
    Signal(Signal),
    /// A region and everything beneath it was invalidated.
    #[non_exhaustive]
    Invalidated {
        /// Its path; empty for the whole namespace.
        path: String,
        /// The connection that did it: one for each cache.
        by: Id,
        /// When this was heard, by this cache's clock.
        at: Timestamp,
    },
    /// So many events are missing here; 0 where that is not known. What was read before may have changed.
    Lagged(u64),
}

/// Events as they come: see [`Cache::subscribe`](crate::Cache::subscribe). It never ends by itself.
#[must_use = "streams do nothing unless polled"]
pub struct EventStream(BoxStream<'static, Event>);

impl EventStream {
    pub(crate) fn new(events: Receiver<Event>, pattern: String) -> Self {
        let wanted = stream::unfold(events, move |mut events| {
            let pattern = pattern.clone();
            async move {
                loop {
                    let event = match events.recv().await {
                        Ok(event) => event,
                        Err(RecvError::Lagged(many)) => Event::Lagged(many),
                        Err(RecvError::Closed) => return None,
                    };
                    if event.is_about(&pattern) {
                        return Some((event, events));
                    }
                }
            }
        });
        Self(wanted.boxed())
    }
}

impl Event {
    /// Whether a pattern stands for the signal, or for something that the invalidation has taken along.
    fn is_about(&self, pattern: &str) -> bool {
        match self {
            Self::Signal(signal) => matches(pattern, signal.name()),
            Self::Invalidated { path, .. } => matches(pattern, path) || is_beneath(pattern, path),
            Self::Lagged(_) => true,
        }
    }
}

/// Whether a pattern stands for something beneath a region.
fn is_beneath(pattern: &str, path: &str) -> bool {
    let mut patterns = pattern.split('.');
    let mut names = path.split('.').filter(|name| !name.is_empty());
    names.all(|name| patterns.next().is_some_and(|wanted| wanted == "*" || wanted == name))
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStream")
    }
}
