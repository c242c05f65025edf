//! Going through a region page by page.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

use crate::backend::{Cursor, Envelope, Found, Page};
use crate::engine::Engine;
use crate::error::Result;
use crate::key::Key;
use crate::link::Effect;
use crate::place::Place;
use crate::wire::Value;

/// The keys of a region: see [`Region::keys`](crate::Region::keys).
#[must_use = "streams do nothing unless polled"]
pub struct Keys(BoxStream<'static, Result<Key>>);

/// The entries of a region: see [`Region::entries`](crate::Region::entries).
#[must_use = "streams do nothing unless polled"]
pub struct Entries<T>(BoxStream<'static, Result<(Key, T)>>);

impl Engine {
    pub(crate) async fn len(&self, place: &Place) -> Result<u64> {
        let mut count = 0;
        let mut from = None;
        loop {
            let Page { entries, next } = self.page(place, from).await?;
            count +=
                entries.iter().filter(|(_, found)| self.is_present(place, found)).count() as u64;
            match next {
                Some(next) => from = Some(next),
                None => return Ok(count),
            }
        }
    }

    pub(crate) async fn children(&self, place: &Place) -> Result<Vec<String>> {
        self.replay.make_good(&place.address, None).await?;
        self.link.call(Effect::Reads, |backend| backend.children(&place.address)).await
    }

    pub(crate) fn keys(self: Arc<Self>, place: Result<Place>) -> Keys {
        Keys(self.present(place, |engine, place, (key, found)| {
            engine.is_present(place, &found).then_some(key)
        }))
    }

    pub(crate) fn entries<T: Value>(self: Arc<Self>, place: Result<Place>) -> Entries<T> {
        Entries(self.present(place, |engine, place, (key, found)| {
            if !engine.is_present(place, &found) {
                return None;
            }
            let value = engine.coder.open(&found.envelope, &place.settings)?;
            Some((key, value))
        }))
    }

    /// All that is present, as it is stored: readable or not.
    pub(crate) fn envelopes(
        self: Arc<Self>,
        place: Result<Place>,
    ) -> BoxStream<'static, Result<(Key, Envelope)>> {
        self.present(place, |_, _, (key, found)| Some((key, found.envelope)))
    }

    /// What `choose` makes of every entry of a region that has not expired.
    fn present<T: Send + 'static>(
        self: Arc<Self>,
        place: Result<Place>,
        choose: fn(&Self, &Place, (Key, Found)) -> Option<T>,
    ) -> BoxStream<'static, Result<T>> {
        let place = match place {
            Ok(place) => Arc::new(place),
            Err(error) => return stream::once(ready(Err(error))).boxed(),
        };
        // The outer option ends the stream, the inner one is the first page's cursor.
        let pages = stream::try_unfold(Some(None), move |from| {
            let (engine, place) = (Arc::clone(&self), Arc::clone(&place));
            async move {
                let Some(from) = from else { return Ok(None) };
                let Page { entries, next } = engine.page(&place, from).await?;
                let chosen: Vec<_> = entries
                    .into_iter()
                    .filter(|(_, found)| found.is_fresh())
                    .filter_map(|entry| choose(&engine, &place, entry).map(Ok))
                    .collect();
                Ok(Some((stream::iter(chosen), next.map(Some))))
            }
        });
        pages.try_flatten().boxed()
    }

    async fn page(&self, place: &Place, from: Option<Cursor>) -> Result<Page> {
        self.replay.make_good(&place.address, None).await?;
        self.link.call(Effect::Reads, |backend| backend.scan(&place.address, from, PAGE)).await
    }
}

impl Stream for Keys {
    type Item = Result<Key>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Key>>> {
        self.0.poll_next_unpin(context)
    }
}

impl<T> Stream for Entries<T> {
    type Item = Result<(Key, T)>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Key, T)>>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl<T> fmt::Debug for Entries<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entries")
    }
}

/// How many entries one page brings.
const PAGE: usize = 500;
