//! Messages between the caches of this process.

use std::collections::HashMap;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::backend::Id;
use crate::bus::{Interest, News, Topic};
use crate::name::Address;
use crate::wire::Fallen;

/// Whoever listens, by namespace and by what is listened to.
#[derive(Debug)]
pub(crate) struct Messages {
    channels: Mutex<Channels>,
    /// Who makes the changes, in announcements.
    who: Id,
}

type Channels = HashMap<(String, Interest), broadcast::Sender<(Topic, Bytes)>>;

impl Messages {
    pub(crate) fn new() -> Self {
        Self { channels: Mutex::default(), who: Id::random() }
    }

    /// Tells of an invalidation.
    pub(crate) fn announce(&self, target: &Address) {
        if !self.channels.lock().is_empty() {
            let root = if target.is_top() { "." } else { target.root() };
            let fallen = Fallen { by: self.who, path: target.path().to_owned() };
            self.send(target.namespace(), &Topic::Changes(root.to_owned()), &fallen.encode());
        }
    }

    /// Sends to all who listen now; how many they are.
    pub(crate) fn send(&self, namespace: &str, topic: &Topic, message: &[u8]) -> u64 {
        let channels = {
            let mut channels = self.channels.lock();
            channels.retain(|_, channel| channel.receiver_count() > 0);
            let interests: &[Interest] = match topic {
                Topic::Changes(_) => &[Interest::Everything],
                Topic::Signal(_) | Topic::Adopted(_) => &[Interest::Signals, Interest::Everything],
            };
            let of =
                |interest: &Interest| channels.get(&(namespace.to_owned(), *interest)).cloned();
            interests.iter().filter_map(of).collect::<Vec<_>>()
        };
        let message = Bytes::copy_from_slice(message);
        let listeners =
            channels.iter().map(|channel| channel.send((topic.clone(), message.clone())));
        listeners.map(|listeners| listeners.unwrap_or_default() as u64).sum()
    }

    /// What is sent from now on.
    pub(crate) fn subscribe(
        &self,
        namespace: &str,
        interest: Interest,
    ) -> BoxStream<'static, News> {
        let mut channels = self.channels.lock();
        let channel = channels.entry((namespace.to_owned(), interest));
        let messages = channel.or_insert_with(|| broadcast::Sender::new(WAITING)).subscribe();
        let heard = stream::unfold(messages, async |mut messages| {
            let news = match messages.recv().await {
                Ok((topic, message)) => News::Message(topic, message),
                Err(RecvError::Lagged(_)) => News::Gap,
                Err(RecvError::Closed) => return None,
            };
            Some((news, messages))
        });
        stream::once(async { News::Up }).chain(heard).boxed()
    }
}

/// How many messages may wait for a slow listener.
const WAITING: usize = 4_096;
