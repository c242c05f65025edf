//! Listening: what others say is heard, and what was missed is looked up.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::StreamExt;
use futures::{FutureExt, pin_mut};

use crate::bus::{Claimed, Interest, News, Topic};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, EventStream};
use crate::hub::Hub;
use crate::link::Effect;
use crate::signal::{Signal, Target, check_pattern};
use crate::tasks::{timer, within};
use crate::wire::{Fallen, Heard, Message};

/// Says that nobody listens when it is dropped, also where its task goes with its runtime.
struct Listening(Arc<Hub>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.is_up.send_replace(false);
        self.0.is_listening.store(false, Ordering::SeqCst);
    }
}

/// Why the listener looks up.
enum Turn {
    News(Vec<News>),
    /// Some time has passed.
    Tick,
    /// More is to be listened to.
    Other,
}

impl Engine {
    /// Listens from now on, if that is not done yet.
    pub(super) fn listen(self: &Arc<Self>, interest: Interest) {
        self.hub.wants.send_if_modified(|wants| {
            let is_more =
                wants.is_none() || interest == Interest::Everything && *wants != Some(interest);
            if is_more {
                *wants = Some(interest);
                self.hub.is_up.send_replace(false);
            }
            is_more
        });
        if !self.hub.is_listening.swap(true, Ordering::SeqCst) {
            let listening = Listening(Arc::clone(&self.hub));
            let this = Arc::downgrade(self);
            self.tasks.keep(async move {
                let _listening = listening;
                listen(this).await;
            });
        }
    }

    /// The same; when this returns everything will be heard.
    pub(super) async fn listen_from_now(self: &Arc<Self>, interest: Interest) -> Result<()> {
        if !self.tasks.can_keep() {
            return Err(Error::new(
                ErrorKind::Config,
                "there is no tokio runtime here to listen on; call this within one",
            ));
        }
        self.listen(interest);
        let mut is_up = self.hub.is_up.subscribe();
        let up = async { is_up.wait_for(|is_up| *is_up).await.is_ok() };
        match within(self.link.clock(), self.link.timeout(), up).await {
            Some(true) => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Unavailable,
                "the bus could not be listened to within the operation timeout; is the backend there, \
                 and does it permit to subscribe?",
            )),
        }
    }

    pub(crate) async fn subscribe(self: &Arc<Self>, pattern: &str) -> Result<EventStream> {
        check_pattern(pattern)?;
        let events = self.hub.events.subscribe();
        self.listen_from_now(Interest::Everything).await?;
        Ok(EventStream::new(events, pattern.to_owned()))
    }

    /// Sees to what was heard, all of it together: of regions in regions the outer one is enough.
    async fn attend(self: &Arc<Self>, news: Vec<News>) {
        let mut targets = Vec::new();
        for news in news {
            match news {
                News::Up => {
                    self.assert_bindings().await;
                    self.catch_up().await;
                    self.hub.is_up.send_replace(true);
                }
                News::Down => {
                    self.hub.is_up.send_replace(false);
                }
                News::Gap => {
                    self.hub.tell(Event::Lagged(0));
                    self.catch_up().await;
                }
                News::Message(topic, message) => targets.extend(self.hear(&topic, &message)),
            }
        }
        self.let_fall(targets).await;
    }

    /// What falls by a message.
    fn hear(self: &Arc<Self>, topic: &Topic, message: &[u8]) -> Vec<Target> {
        let name = match topic {
            Topic::Signal(name) | Topic::Adopted(name) => name,
            Topic::Changes(_) => {
                if let Some(Fallen { by, path }) = Fallen::decode(message) {
                    let at = self.link.clock().now();
                    self.hub.tell(Event::Invalidated { path, by, at });
                }
                return Vec::new();
            }
        };
        match Message::decode(message) {
            Heard::Ours(message) if message.signal == *name => self.heed(message),
            Heard::Foreign if matches!(topic, Topic::Signal(_)) => {
                self.adopt(name, bytes::Bytes::copy_from_slice(message));
                Vec::new()
            }
            // Of a version that is not known, or a forgery. That something has happened is believed, but
            // not what.
            Heard::Ours(_) | Heard::Unknown | Heard::Foreign => {
                self.counters.ignored_messages.add(1);
                self.hub.all_chosen(Some(name))
            }
        }
    }

    /// What falls by a signal of ours, if it is heard for the first time.
    fn heed(&self, message: Message) -> Vec<Target> {
        // What this process emits it sees to itself, before it says so.
        if message.by == self.hub.me || !self.hub.hears(message.id) {
            return Vec::new();
        }
        self.counters.heard_signals.add(1);
        let signal = Signal::heard(message);
        let targets = self.hub.chosen(&signal);
        self.hub.tell(Event::Signal(signal));
        targets
    }

    /// Lets fall what was heard of. What fails is done again until it is confirmed.
    async fn let_fall(self: &Arc<Self>, targets: Vec<Target>) {
        if !targets.is_empty()
            && let Err(error) = self.fell(targets).await
        {
            tracing::warn!(%error, "what signals let fall has not fallen yet");
        }
    }

    /// Says again what is bound here: a server may have forgotten.
    async fn assert_bindings(&self) {
        for text in self.hub.texts() {
            let bind = self.hub.bus.bind(self.namespace.as_str(), &text);
            if self.link.in_time(Effect::Changes, bind).await.is_err() {
                return;
            }
        }
    }

    /// Sees to what the journal holds that was not heard.
    async fn catch_up(self: &Arc<Self>) {
        loop {
            let since = *self.hub.seen.lock();
            let journal = self.hub.bus.journal(self.namespace.as_str(), since);
            let Ok(journal) = self.link.in_time(Effect::Reads, journal).await else { return };
            let mut targets = Vec::new();
            if !journal.is_whole {
                // What was said in between nobody can know.
                self.hub.tell(Event::Lagged(0));
                targets.extend(self.hub.all_chosen(None));
            }
            for (_, entry) in journal.entries {
                match Message::decode(entry.as_bytes()) {
                    Heard::Ours(message) => targets.extend(self.heed(message)),
                    Heard::Unknown | Heard::Foreign => targets.extend(self.hub.all_chosen(None)),
                }
            }
            self.let_fall(targets).await;
            *self.hub.seen.lock() = Some(journal.end);
            if !journal.has_more {
                return;
            }
        }
    }

    /// Sees to what others have left half done.
    async fn take_up(self: &Arc<Self>) {
        let namespace = self.namespace.as_str();
        loop {
            let claim = self.hub.bus.claim(namespace, ABANDONED);
            let claimed = self.link.in_time(Effect::Changes, claim).await;
            let Ok(Some(Claimed { id, entry, bindings })) = claimed else { return };
            let Heard::Ours(message) = Message::decode(entry.as_bytes()) else { return };
            let topic = Topic::Signal(message.signal.clone());
            let signal = Signal::heard(message);
            if self.fulfil(id, &signal, &bindings, &topic, &entry).await.is_err() {
                return;
            }
        }
    }
}

/// Listens for as long as the cache lives.
async fn listen(engine: Weak<Engine>) {
    while let Some((mut news, mut wants)) = engine.upgrade().and_then(|engine| {
        let wants = engine.hub.wants.subscribe();
        let interest = *wants.borrow();
        Some((engine.hub.bus.subscribe(engine.namespace.as_str(), interest?), wants))
    }) {
        wants.mark_unchanged();
        loop {
            let clock = match engine.upgrade() {
                Some(engine) => engine.link.clock().clone(),
                None => return,
            };
            let turn = {
                let Some(tick) = timer(&clock, TICK) else { return };
                let heard = news.next();
                let other = wants.changed();
                pin_mut!(heard, other);
                match select(select(heard, tick), other).await {
                    Either::Left((Either::Left((Some(first), _)), _)) => Turn::News(vec![first]),
                    Either::Left((Either::Right(_), _)) => Turn::Tick,
                    Either::Left((Either::Left((None, _)), _)) | Either::Right(_) => Turn::Other,
                }
            };
            let Some(engine) = engine.upgrade() else { return };
            match turn {
                Turn::News(mut all) => {
                    while all.len() < TOGETHER
                        && let Some(Some(more)) = news.next().now_or_never()
                    {
                        all.push(more);
                    }
                    engine.attend(all).await;
                }
                Turn::Tick => {
                    engine.catch_up().await;
                    engine.take_up().await;
                }
                Turn::Other => break,
            }
        }
    }
}

/// How often the journal is looked at.
const TICK: Duration = Duration::from_secs(1);

/// What nobody was at work on for that long may be taken up by anyone.
const ABANDONED: Duration = Duration::from_secs(3);

/// How much is seen to together.
const TOGETHER: usize = 1_000;
