//! Time that passes without waiting for it.

use std::time::Duration;

use super::Server;

impl Server {
    /// Lets time pass for everything that a cache keeps on this server: times to live, expiries within
    /// envelopes, and deadlines of leases all come closer to their end by `time`.
    ///
    /// The server's own clock goes on as it does, so what is measured is exact but for the
    /// milliseconds that the test itself takes. A client may have learnt how long fences live: after
    /// more than half a minute in all, it should be a new one.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    pub async fn age(&self, time: Duration) {
        self.pass(time, "0").await;
    }

    /// The same for entries and leases only. Fences live longer than what hangs on them, and a client
    /// that has learnt for how long need not know of the time that was made to pass.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    pub async fn age_entries(&self, time: Duration) {
        self.pass(time, "1").await;
    }

    async fn pass(&self, time: Duration, spares_fences: &str) {
        let has_field_lives = if self.knows("HPEXPIRE").await { "1" } else { "0" };
        let millis = time.as_millis().to_string();
        let script = include_str!("age.lua");
        let command = ["EVAL", script, "0", &millis, has_field_lives, spares_fences];
        let reply = self.call(&command).await;
        assert!(!reply.is_error(), "{reply:?}");
    }
}
