//! What the writer is told to do.

use futures::channel::oneshot;

use super::tables::Stored;
use super::visit::Visit;
use crate::error::{Error, Result};

/// A message to the writer.
pub(super) enum Message {
    Job(Box<dyn Job>),
    /// To end, and to say so.
    Close(oneshot::Sender<()>),
}

/// A change, and who waits for it.
pub(super) trait Job: Send {
    /// Makes the change. It counts only when the visit as a whole does.
    fn run(&mut self, visit: &mut Visit<'_>) -> Stored<()>;

    /// Whether it counts as done as soon as readers see it.
    fn is_soft(&self) -> bool;

    /// Says what became of it: it counts by now, or failed.
    fn settle(self: Box<Self>, failed: Option<&Error>);
}

struct Task<F, T> {
    is_soft: bool,
    act: Option<F>,
    done: Option<T>,
    answer: oneshot::Sender<Result<T>>,
}

/// A job that runs `act`, and where its answer will come.
pub(super) fn job<T: Send + 'static>(
    is_soft: bool,
    act: impl FnOnce(&mut Visit<'_>) -> Stored<T> + Send + 'static,
) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
    let (answer, answered) = oneshot::channel();
    (Box::new(Task { is_soft, act: Some(act), done: None, answer }), answered)
}

impl<F, T> Job for Task<F, T>
where
    F: FnOnce(&mut Visit<'_>) -> Stored<T> + Send,
    T: Send,
{
    fn run(&mut self, visit: &mut Visit<'_>) -> Stored<()> {
        if let Some(act) = self.act.take() {
            self.done = Some(act(visit)?);
        }
        Ok(())
    }

    fn is_soft(&self) -> bool {
        self.is_soft
    }

    fn settle(self: Box<Self>, failed: Option<&Error>) {
        let answer = match (self.done, failed) {
            (Some(done), None) => Ok(done),
            (_, Some(error)) => Err(error.clone()),
            // It was never run, so it is told that nobody is there.
            (None, None) => return,
        };
        // Whoever does not wait any more need not know.
        drop(self.answer.send(answer));
    }
}
