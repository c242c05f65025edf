//! A disk in memory that does as it is told.

use std::io::{Error, ErrorKind};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use redb::StorageBackend;

/// A disk. Cloning gives another handle to the same one.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    content: Vec<u8>,
    limit: usize,
    flushes: usize,
    is_stopped: bool,
    waiting: usize,
    fails_next: bool,
    is_broken: bool,
    refuses_reads: bool,
}

impl Disk {
    pub(super) fn flushes(&self) -> usize {
        self.0.0.lock().flushes
    }

    pub(super) fn length(&self) -> usize {
        self.0.0.lock().content.len()
    }

    /// How long it may become.
    pub(super) fn limit(&self, limit: usize) {
        self.0.0.lock().limit = limit;
    }

    /// From now on each flush waits.
    pub(super) fn stop(&self) {
        self.0.0.lock().is_stopped = true;
    }

    pub(super) fn go_on(&self) {
        self.0.0.lock().is_stopped = false;
        self.0.1.notify_all();
    }

    /// Waits until a flush waits.
    pub(super) fn until_waited_for(&self) {
        let mut state = self.0.0.lock();
        while state.waiting == 0 {
            self.0.1.wait(&mut state);
        }
    }

    pub(super) fn fail_next_flush(&self) {
        self.0.0.lock().fails_next = true;
    }

    pub(super) fn refuse_reads(&self, refuses: bool) {
        self.0.0.lock().refuses_reads = refuses;
    }

    /// Nothing can be written or flushed.
    pub(super) fn break_down(&self, is_broken: bool) {
        self.0.0.lock().is_broken = is_broken;
    }
}

impl Default for Disk {
    fn default() -> Self {
        let state = State {
            content: Vec::new(),
            limit: usize::MAX,
            flushes: 0,
            is_stopped: false,
            waiting: 0,
            fails_next: false,
            is_broken: false,
            refuses_reads: false,
        };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }
}

impl State {
    fn check(&self) -> Result<(), Error> {
        if self.is_broken { Err(Error::other("the disk is broken")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.length() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.0.0.lock();
        if state.refuses_reads {
            return Err(Error::other("the disk cannot be read"));
        }
        let offset = usize::try_from(offset).unwrap();
        let part = state.content.get(offset..offset + out.len());
        out.copy_from_slice(part.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut state = self.0.0.lock();
        state.check()?;
        let length = usize::try_from(length).unwrap();
        if length > state.limit.max(state.content.len()) {
            return Err(ErrorKind::StorageFull.into());
        }
        state.content.resize(length, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut state = self.0.0.lock();
        state.waiting += 1;
        self.0.1.notify_all();
        while state.is_stopped {
            self.0.1.wait(&mut state);
        }
        state.waiting -= 1;
        state.check()?;
        if std::mem::take(&mut state.fails_next) {
            return Err(Error::other("the flush failed"));
        }
        state.flushes += 1;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut state = self.0.0.lock();
        state.check()?;
        let offset = usize::try_from(offset).unwrap();
        let part = state.content.get_mut(offset..offset + data.len());
        part.ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}
