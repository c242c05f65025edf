//! Listening: what others say is heard, and what was missed is looked up.

mod ears;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::{Either, select};
use futures::{FutureExt, pin_mut};

use self::ears::Ears;
use crate::bus::{Claimed, Interest, News, Topic};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, EventStream};
use crate::hub::{Hub, MARK};
use crate::link::Effect;
use crate::signal::{Bound, Signal, Target, check_pattern};
use crate::tasks::{in_place, timer, within};
use crate::wire::{Fallen, Heard, Message};

/// Says that nobody listens when it is dropped, also where its task goes with its runtime.
struct Listening(Arc<Hub>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.up.send_replace(None);
        self.0.is_listening.store(false, Ordering::SeqCst);
    }
}

/// What the listener sees to.
#[derive(Default)]
struct Work {
    /// What falls.
    targets: Vec<Target>,
    /// What was heard, once that has fallen.
    heard: Vec<Message>,
}

impl Engine {
    /// Listens from now on, if that is not done yet.
    pub(super) fn listen(self: &Arc<Self>, interest: Interest) {
        self.hub.wants.send_if_modified(|wants| {
            let is_more =
                wants.is_none() || interest == Interest::Everything && *wants != Some(interest);
            if is_more {
                *wants = Some(interest);
            }
            is_more
        });
        self.hub.is_wanted.store(true, Ordering::SeqCst);
        self.stay_awake();
    }

    /// Begins to listen again, where that has ended with its runtime.
    pub(crate) fn stay_awake(self: &Arc<Self>) {
        if self.hub.sleeps() && !self.hub.is_listening.swap(true, Ordering::SeqCst) {
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
        self.link.check_open()?;
        if !self.tasks.can_keep() {
            return Err(Error::new(
                ErrorKind::Config,
                "there is no tokio runtime here to listen on; call this within one",
            ));
        }
        self.listen(interest);
        let mut up = self.hub.up.subscribe();
        let is_enough = |up: &Option<Interest>| {
            up.is_some_and(|up| up == interest || up == Interest::Everything)
        };
        let up = async { up.wait_for(is_enough).await.is_ok() };
        match within(self.link.clock(), self.link.timeout(), up).await {
            Some(true) => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Unavailable,
                "the bus could not be listened to within the operation timeout; is the backend there, \
                 and does it let the user subscribe (`&<namespace>:*`)?",
            )),
        }
    }

    pub(crate) async fn subscribe(self: &Arc<Self>, pattern: &str) -> Result<EventStream> {
        check_pattern(pattern)?;
        self.listen_from_now(Interest::Everything).await?;
        Ok(EventStream::new(self.hub.events.subscribe(), pattern.to_owned()))
    }

    /// Sees to what was heard, all of it together: of regions in regions the outer one is enough.
    async fn attend(self: &Arc<Self>, news: Vec<News>, interest: Interest, is_again: bool) {
        let mut work = Work::default();
        for news in news {
            match news {
                News::Up => {
                    self.assert_bindings().await;
                    if is_again {
                        self.miss(&mut work).await;
                    }
                    if self.catch_up().await {
                        self.hub.up.send_replace(Some(interest));
                    }
                }
                News::Down => {
                    self.hub.up.send_replace(None);
                }
                News::Gap => {
                    self.miss(&mut work).await;
                    self.catch_up().await;
                }
                News::Message(topic, message) => self.hear(&topic, &message, &mut work),
            }
        }
        if self.hub.is_flooded.swap(false, Ordering::SeqCst) {
            // More came than could be seen to one by one.
            work.targets.extend(self.everything_bound().await);
        }
        self.finish(work).await;
    }

    /// Messages are missing. What our own said is in the journal; what foreign programs did, nowhere.
    async fn miss(self: &Arc<Self>, work: &mut Work) {
        self.hub.tell(Event::Lagged(0));
        if self.hub.has_foreign.load(Ordering::SeqCst) {
            work.targets.extend(self.everything_bound().await);
        }
    }

    async fn everything_bound(&self) -> Vec<Target> {
        let namespace = self.namespace.as_str();
        let kept = self.link.in_time(Effect::Reads, self.hub.bus.bindings(namespace)).await;
        self.hub.everything(namespace, &kept.unwrap_or_default())
    }

    /// What is to be done about a message.
    fn hear(self: &Arc<Self>, topic: &Topic, message: &[u8], work: &mut Work) {
        let name = match topic {
            Topic::Signal(name) | Topic::Adopted(name) => name,
            Topic::Changes(_) => {
                if let Some(Fallen { by, path }) = Fallen::decode(message) {
                    let at = self.link.clock().now();
                    self.hub.tell(Event::Invalidated { path, by, at });
                }
                return;
            }
        };
        match Message::decode(message) {
            Heard::Ours(message) if message.signal == *name => self.heed(message, work),
            Heard::Foreign if matches!(topic, Topic::Signal(_)) => {
                self.adopt(name, bytes::Bytes::copy_from_slice(message));
            }
            // Of a version that is not known, or a forgery. That something has happened is believed, but
            // not what.
            Heard::Ours(_) | Heard::Unknown | Heard::Foreign => {
                self.counters.ignored_messages.add(1);
                work.targets.extend(self.hub.all_chosen(Some(name)));
            }
        }
    }

    /// What is to be done about a signal of ours, if it was not heard before. What this cache emits it sees
    /// to itself, before it says so.
    fn heed(&self, message: Message, work: &mut Work) {
        let is_known = |known: &Message| known.id == message.id;
        if !self.hub.has_heard(message.id) && !work.heard.iter().any(is_known) {
            let signal = Signal::heard(message.clone());
            if self.hub.chooses(signal.name()) {
                work.targets.extend(in_place(|| self.hub.chosen(&signal)));
            }
            work.heard.push(message);
        }
    }

    /// Lets fall what must, and then tells of what was heard. What fails is done again until it is
    /// confirmed.
    async fn finish(self: &Arc<Self>, work: Work) {
        if !work.targets.is_empty()
            && let Err(error) = self.fell(work.targets).await
        {
            tracing::warn!(%error, "what signals let fall has not fallen yet");
        }
        for message in work.heard {
            self.hub.heard(message.id);
            self.counters.heard_signals.add(1);
            self.hub.tell(Event::Signal(Signal::heard(message)));
        }
    }

    /// Says again what is bound here, if it was lost: a server was flushed, or has lost its last seconds.
    /// What was stored meanwhile, a signal may have missed.
    async fn assert_bindings(self: &Arc<Self>) {
        let own = self.hub.texts();
        if own.is_empty() {
            return;
        }
        let namespace = self.namespace.as_str();
        let kept = self.link.in_time(Effect::Reads, self.hub.bus.bindings(namespace)).await;
        let Ok(kept) = kept else { return };
        if kept.iter().any(|text| text == MARK) {
            // Whole: what is missing was unbound by another.
            own.iter().filter(|text| !kept.contains(text)).for_each(|text| self.hub.forget(text));
            return;
        }
        for text in &own {
            if self.keep(text).await.is_err() {
                return;
            }
        }
        let lost = own.iter().filter_map(|text| Bound::parse(text)?.whole(namespace)).collect();
        self.finish(Work { targets: lost, heard: Vec::new() }).await;
    }

    /// Sees to what the journal holds that was not heard; whether it could be looked at.
    async fn catch_up(self: &Arc<Self>) -> bool {
        loop {
            let since = *self.hub.seen.lock();
            let journal = self.hub.bus.journal(self.namespace.as_str(), since);
            let Ok(journal) = self.link.in_time(Effect::Reads, journal).await else { return false };
            let mut work = Work::default();
            let mut end = journal.end;
            if !journal.is_whole {
                // What was said in between nobody can know.
                self.hub.tell(Event::Lagged(0));
                work.targets.extend(self.hub.all_chosen(None));
            }
            let mut before = since.unwrap_or_default();
            let mut is_held_up = false;
            for (position, entry) in journal.entries {
                match Message::decode(entry.as_bytes()) {
                    // Who emits it is still at it, or another will be. It is told of when it is done.
                    Heard::Ours(message) if journal.undone.contains(&message.id) => {
                        (end, is_held_up) = (before, true);
                        break;
                    }
                    Heard::Ours(message) => self.heed(message, &mut work),
                    Heard::Unknown | Heard::Foreign => {
                        work.targets.extend(self.hub.all_chosen(None));
                    }
                }
                before = position;
            }
            self.finish(work).await;
            *self.hub.seen.lock() = Some(end);
            if is_held_up || !journal.has_more {
                return true;
            }
        }
    }

    /// What is done now and then.
    async fn tick(self: &Arc<Self>) {
        self.assert_bindings().await;
        self.catch_up().await;
        self.take_up().await;
    }

    /// Sees to what others have left half done.
    async fn take_up(self: &Arc<Self>) {
        let namespace = self.namespace.as_str();
        loop {
            let claim = self.hub.bus.claim(namespace, ABANDONED);
            let claimed = self.link.in_time(Effect::Changes, claim).await;
            let Ok(Some(Claimed { id, entry, bindings })) = claimed else { return };
            // One of a later version is left to those who know it.
            let Heard::Ours(message) = Message::decode(entry.as_bytes()) else { continue };
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
    let Some((clock, mut is_again)) = engine.upgrade().map(|engine| {
        let has_listened = engine.hub.seen.lock().is_some();
        (engine.link.clock().clone(), has_listened)
    }) else {
        return;
    };
    let mut tick_at = clock.now().saturating_add(TICK);
    let mut ears: Option<Ears> = None;
    loop {
        let Some((news, mut wants, interest)) = engine.upgrade().and_then(|engine| {
            let mut wants = engine.hub.wants.subscribe();
            let interest = (*wants.borrow_and_update())?;
            let news = engine.hub.bus.subscribe(engine.namespace.as_str(), interest);
            Some((news, wants, interest))
        }) else {
            return;
        };
        let before = ears.take().map(|ears| ears.news);
        let news = ears.insert(Ears { news, before });
        loop {
            let left = tick_at.since(clock.now());
            let Some(tick) = timer(&clock, left) else { return };
            let turn = {
                let (heard, other) = (news.next(), wants.changed());
                pin_mut!(heard, other);
                match select(select(heard, tick), other).await {
                    Either::Left((Either::Left((Some(first), _)), _)) => Turn::News(first),
                    Either::Left((Either::Left((None, _)), _)) => Turn::Ended,
                    Either::Left((Either::Right(_), _)) => Turn::Tick,
                    Either::Right(_) => Turn::Other,
                }
            };
            let Some(engine) = engine.upgrade() else { return };
            match turn {
                Turn::News(first) => {
                    let mut all = vec![first];
                    while all.len() < TOGETHER
                        && let Some(Some(more)) = news.next().now_or_never()
                    {
                        all.push(more);
                    }
                    engine.attend(all, interest, is_again).await;
                }
                Turn::Tick => {}
                Turn::Other => break,
                Turn::Ended => {
                    let Some(pause) = timer(&clock, TICK) else { return };
                    drop(engine);
                    pause.await;
                    (ears, is_again) = (None, true);
                    break;
                }
            }
            // Also where so much is heard that there is no pause.
            if clock.now() >= tick_at {
                engine.tick().await;
                tick_at = clock.now().saturating_add(TICK);
            }
        }
    }
}

/// Why the listener looks up.
enum Turn {
    News(News),
    /// Some time has passed.
    Tick,
    /// More is to be listened to.
    Other,
    /// The bus is closed.
    Ended,
}

/// How often the journal is looked at.
const TICK: Duration = Duration::from_secs(1);

/// What nobody was at work on for that long may be taken up by anyone.
const ABANDONED: Duration = Duration::from_secs(3);

/// How much is seen to together.
const TOGETHER: usize = 1_000;
