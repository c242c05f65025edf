//! Listening: a connection for messages alone, replaced when it breaks or does not answer any more.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use futures::future::{Either, select};
use futures::stream::{self, BoxStream, StreamExt};
use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, PushInfo, PushKind, RedisError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, channel};

use super::Redis;
use super::layout;
use super::lines::Lines;
use crate::bus::{Interest, News, Topic};
use crate::tasks::{timer, within};
use crate::time::Clock;

/// What a listener's connection needs to know.
#[derive(Clone)]
struct Listener {
    lines: Arc<Lines>,
    namespace: Arc<str>,
    interest: Interest,
    news: Sender<News>,
    /// Whether something did not fit into the queue.
    has_missed: Arc<AtomicBool>,
}

impl Redis {
    pub(super) fn listen(&self, namespace: &str, interest: Interest) -> BoxStream<'static, News> {
        let (news, heard) = channel(WAITING);
        let listener = Listener {
            lines: Arc::clone(&self.lines),
            namespace: namespace.into(),
            interest,
            news,
            has_missed: Arc::default(),
        };
        self.tasks.keep(async move { listener.listen().await });
        stream::unfold(heard, async |mut heard| heard.recv().await.map(|news| (news, heard)))
            .boxed()
    }
}

impl Listener {
    /// Listens until nobody wants to hear any more.
    async fn listen(self) {
        let mut pauses = PAUSES.build();
        let mut is_first = true;
        while !self.news.is_closed() {
            if let Some(connection) = self.connect().await {
                let mut up = vec![News::Up];
                if !std::mem::take(&mut is_first) {
                    up.push(News::Gap);
                }
                for news in up {
                    // Fails only where nobody wants to hear any more.
                    let _ = self.news.send(news).await;
                }
                pauses = PAUSES.build();
                self.attend(connection).await;
                let _ = self.news.send(News::Down).await;
            }
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            let Some(pause) = timer(&Clock::system(), pause) else { return };
            select(pause, pin!(self.news.closed())).await;
        }
    }

    /// Connects and subscribes; nothing if that fails or takes too long.
    async fn connect(&self) -> Option<MultiplexedConnection> {
        let this = self.clone();
        let hear = move |push: PushInfo| {
            this.hear(push);
            Ok::<_, std::convert::Infallible>(())
        };
        let set_up = async {
            let mut connection = self.lines.listening(hear).await.ok()?;
            match psubscribe(&mut connection, layout::patterns(&self.namespace, self.interest))
                .await
            {
                Ok(()) => Some(connection),
                // An access list is asked for patterns as they are written, and may know only this one.
                Err(error) if error.code() == Some("NOPERM") => {
                    let all = vec![format!("{}:*", self.namespace)];
                    let subscribed = psubscribe(&mut connection, all).await;
                    subscribed.inspect_err(|error| self.refused(error)).ok().map(|()| connection)
                }
                Err(_) => None,
            }
        };
        within(&Clock::system(), CONNECT, set_up).await.flatten()
    }

    /// Takes one message. It is called by the reader of the connection, which must not wait.
    fn hear(&self, push: PushInfo) {
        if push.kind != PushKind::PMessage {
            return;
        }
        let mut parts = push.data.into_iter().skip(1);
        let channel = parts.next().and_then(|channel| String::from_redis_value(channel).ok());
        let message = parts.next().and_then(|message| Vec::<u8>::from_redis_value(message).ok());
        let topic = channel.and_then(|channel| layout::topic(&self.namespace, &channel));
        let Some((topic, message)) = topic.zip(message) else { return };
        if self.interest == Interest::Signals && matches!(topic, Topic::Changes(_)) {
            return;
        }
        let news = News::Message(topic, Bytes::from(message));
        if let Err(TrySendError::Full(_)) = self.news.try_send(news) {
            self.has_missed.store(true, Ordering::SeqCst);
        }
    }

    fn refused(&self, error: &RedisError) {
        tracing::error!(
            %error,
            namespace = &*self.namespace,
            "the server does not let the user listen; its access list must allow the channels `&<namespace>:*`"
        );
    }

    /// Sees to it that the connection lives, until it does not.
    async fn attend(&self, mut connection: MultiplexedConnection) {
        loop {
            let Some(beat) = timer(&Clock::system(), HEARTBEAT) else { return };
            if let Either::Right(_) = select(beat, pin!(self.news.closed())).await {
                return;
            }
            if self.has_missed.swap(false, Ordering::SeqCst) {
                let _ = self.news.send(News::Gap).await;
            }
            let ping = async { redis::cmd("PING").query_async::<()>(&mut connection).await };
            if !matches!(within(&Clock::system(), CONNECT, ping).await, Some(Ok(()))) {
                return;
            }
        }
    }
}

async fn psubscribe(
    connection: &mut MultiplexedConnection,
    patterns: Vec<String>,
) -> Result<(), RedisError> {
    for pattern in patterns {
        connection.psubscribe(pattern).await?;
    }
    Ok(())
}

/// How many messages may wait for a slow listener.
const WAITING: usize = 4_096;

/// How often the connection is asked for a sign of life.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// How long connecting, and an answer to that, may take.
const CONNECT: Duration = Duration::from_secs(1);

const LONGEST_PAUSE: Duration = Duration::from_millis(250);

const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(10))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times()
    .with_jitter();
