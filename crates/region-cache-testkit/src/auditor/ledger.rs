use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::Truth;

/// The truth in a file that several processes have open.
///
/// One at a time changes it, under the file's lock. Readers need no lock: each number is written twice,
/// side by side, so one that is seen while it is being written is seen to be half a number.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    /// The file's lock keeps other processes out, this one the other threads.
    changes: Mutex<()>,
}

impl Ledger {
    /// The truth about so many keys, as it stands in the file. In a file that is new each key is at
    /// version 0.
    ///
    /// # Panics
    ///
    /// Where the file cannot be had. So do the methods.
    pub fn open(path: &Path, keys: usize) -> Self {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.expect("a file for the truth");
        let (size, wanted) = (file.metadata().map(|it| it.len()), position(keys, Column::Version));
        if size.is_ok_and(|size| size < wanted) {
            file.set_len(wanted).expect("room for the truth");
        }
        Self { file, changes: Mutex::new(()) }
    }

    fn number(&self, position: u64) -> u64 {
        loop {
            let mut twice = [[0; NUMBER]; 2];
            self.file.read_exact_at(twice.as_flattened_mut(), position).expect("the truth");
            let [first, second] = twice;
            if first == second {
                return u64::from_be_bytes(first);
            }
        }
    }

    /// Changes a number; what it is then.
    fn change(&self, position: u64, change: impl FnOnce(u64) -> u64) -> u64 {
        let _alone = self.changes.lock();
        self.file.lock().expect("the lock of the truth");
        let number = change(self.number(position));
        let twice = [number.to_be_bytes(); 2];
        self.file.write_all_at(twice.as_flattened(), position).expect("a place for the truth");
        self.file.unlock().expect("the lock of the truth");
        number
    }
}

#[async_trait]
impl Truth for Ledger {
    async fn version(&self, key: usize) -> u64 {
        self.number(position(key, Column::Version))
    }

    async fn renew(&self, key: usize) -> u64 {
        self.change(position(key, Column::Version), |version| version + 1)
    }

    async fn confirm(&self, key: usize, version: u64) {
        self.change(position(key, Column::Confirmed), |confirmed| confirmed.max(version));
    }

    async fn confirmed(&self, key: usize) -> u64 {
        self.number(position(key, Column::Confirmed))
    }
}

#[derive(Clone, Copy)]
enum Column {
    Version,
    Confirmed,
}

fn position(key: usize, column: Column) -> u64 {
    let column = match column {
        Column::Version => 0,
        Column::Confirmed => 1,
    };
    (2 * key as u64 + column) * 2 * NUMBER as u64
}

const NUMBER: usize = size_of::<u64>();

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn ledgers_on_one_file_count_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth");
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            // Each has the file open for itself, as another process would.
            let ledger = Ledger::open(&path, 3);
            tasks.spawn(async move {
                for _ in 0..1_000 {
                    let version = ledger.renew(1).await;
                    ledger.confirm(1, version).await;
                    assert!(ledger.confirmed(1).await >= version);
                }
            });
        }
        tasks.join_all().await;
        let ledger = Ledger::open(&path, 3);
        assert_eq!((ledger.version(1).await, ledger.confirmed(1).await), (4_000, 4_000));
        for other in [0, 2] {
            assert_eq!((ledger.version(other).await, ledger.confirmed(other).await), (0, 0));
        }
    }
}
