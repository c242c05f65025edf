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
        let has_field_lives = if self.knows("HPEXPIRE").await { "1" } else { "0" };
        let millis = time.as_millis().to_string();
        let reply = self.call(&["EVAL", include_str!("age.lua"), "0", &millis, has_field_lives]).await;
        assert!(!reply.is_error(), "{reply:?}");
    }
}
