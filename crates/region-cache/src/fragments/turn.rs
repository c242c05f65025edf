//! Between the thread that renders, which may block, and the task that asks the cache, which may not.
//!
//! A template is rendered by one thread from its beginning to its end. When that needs a fragment it starts
//! a task, which asks the cache, and waits for the task's word: the fragment; or that it is this thread's
//! **turn** to render it. While it does so the task keeps the lease, and stores the fragment afterwards. So
//! the thread never waits within a future, and fragments may stand within fragments.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, channel};

use futures::channel::oneshot;

use super::call::Fragment;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::key::Key;
use crate::load::Chain;
use crate::region::Region;

thread_local! {
    /// The computations that this thread's rendering is part of; none where it may not block.
    static WITHIN: RefCell<Option<Chain>> = const { RefCell::new(None) };
}

/// What became of a fragment.
pub(super) enum Rendered {
    Is(Fragment),
    /// Its body failed, in this thread.
    Failed(minijinja::Error),
    /// There is no fragment, for a reason of the cache's, or because it failed for another.
    NoCache(Error),
    /// This thread is not to ask the cache.
    Uncached,
}

/// The task's word.
enum Word {
    /// Render it, as a part of this chain, and hand it over.
    Turn(Chain, oneshot::Sender<Result<Fragment, BoxError>>),
    Done(Result<Fragment>),
}

/// Runs something in this thread, which may block, with fragments from the cache.
pub(super) fn within<T>(chain: Chain, work: impl FnOnce() -> T) -> T {
    /// Puts back what was there, also when the work panics: the thread is used again.
    struct Before(Option<Chain>);
    impl Drop for Before {
        fn drop(&mut self) {
            WITHIN.replace(self.0.take());
        }
    }
    let _before = Before(WITHIN.replace(Some(chain)));
    work()
}

/// The fragment, from the cache, or rendered here if it is this thread's turn.
pub(super) fn cached(
    region: &Region,
    key: Key,
    render: impl FnOnce() -> Result<Fragment, minijinja::Error>,
) -> Rendered {
    let Some(chain) = WITHIN.with_borrow(Clone::clone) else { return Rendered::Uncached };
    let words = ask(chain, region.clone(), key);
    match words.recv() {
        Ok(Word::Done(Ok(fragment))) => Rendered::Is(fragment),
        Ok(Word::Done(Err(error))) => Rendered::NoCache(error),
        Ok(Word::Turn(chain, given)) => match within(chain, render) {
            Ok(fragment) => {
                // Whatever becomes of it there, it is good for this page.
                let _ = given.send(Ok(fragment.clone()));
                if let Ok(Word::Done(Err(error))) = words.recv() {
                    tracing::warn!(%region, %error, "a fragment is not cached");
                }
                Rendered::Is(fragment)
            }
            Err(error) => {
                let _ = given.send(Err(error.to_string().into()));
                match words.recv() {
                    // One that has run out of time stands in.
                    Ok(Word::Done(Ok(fragment))) => Rendered::Is(fragment),
                    _ => Rendered::Failed(error),
                }
            }
        },
        Err(_) => Rendered::NoCache(Error::new(ErrorKind::Closed, "the cache was shut down")),
    }
}

/// Starts the task that asks the cache.
fn ask(chain: Chain, region: Region, key: Key) -> Receiver<Word> {
    let (say, words) = channel();
    let engine = region.engine().clone();
    engine.tasks.keep(chain.scope(async move {
        let turn = say.clone();
        let fragment = region.get_or_compute(key, move || async move {
            let (give, given) = oneshot::channel();
            // One who does not listen any more gives nothing either.
            let _ = turn.send(Word::Turn(Chain::current(), give));
            given.await.unwrap_or_else(|_| Err("its rendering ended early".into()))
        });
        let fragment = fragment.await;
        let _ = say.send(Word::Done(fragment));
    }));
    words
}
