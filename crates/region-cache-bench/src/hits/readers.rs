//! Those who read a row from a server.

use std::future::Future;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo};
use region_cache::{BoxError, Region};

use super::KEY;
use crate::row::Row;

/// One of many tasks that read. Its clones share a connection.
pub(super) trait Reader: Clone + Send + 'static {
    fn read(&mut self) -> impl Future<Output = Result<Row, BoxError>> + Send;
}

/// The redis crate as it comes, but with `TCP_NODELAY`: a read asks for a field of a hash, and decodes.
#[derive(Clone)]
pub(super) struct Raw(MultiplexedConnection);

/// `get`.
#[derive(Clone)]
pub(super) struct Getting(pub(super) Region);

/// `get_or_compute` of a value that is there.
#[derive(Clone)]
pub(super) struct Computing(pub(super) Region);

impl Raw {
    pub(super) async fn connect(url: &str) -> Result<Self, BoxError> {
        let settings = TcpSettings::default().set_nodelay(true);
        let info = url.into_connection_info()?.set_tcp_settings(settings);
        let mut connection = Client::open(info)?.get_multiplexed_async_connection().await?;
        let mut store = redis::cmd("HSET");
        store.arg(HASH).arg(KEY).arg(rmp_serde::to_vec_named(&Row::sample())?);
        store.query_async::<()>(&mut connection).await?;
        redis::cmd("EXPIRE").arg(HASH).arg(3600).query_async::<()>(&mut connection).await?;
        Ok(Self(connection))
    }
}

impl Reader for Raw {
    async fn read(&mut self) -> Result<Row, BoxError> {
        let mut command = redis::cmd("HGET");
        command.arg(HASH).arg(KEY);
        let bytes: Option<Vec<u8>> = command.query_async(&mut self.0).await?;
        Ok(rmp_serde::from_slice(&bytes.ok_or("it is there")?)?)
    }
}

impl Reader for Getting {
    async fn read(&mut self) -> Result<Row, BoxError> {
        Ok(self.0.get(KEY).await?.ok_or("it is there")?)
    }
}

impl Reader for Computing {
    async fn read(&mut self) -> Result<Row, BoxError> {
        let absent = async || Err("it is there");
        Ok(self.0.get_or_compute(KEY, absent).await?)
    }
}

const HASH: &str = "region-cache-bench";
