//! A small client of Redis' protocol, RESP2 and RESP3.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Value;

/// One connection. It never reconnects, and gives up on a reply after a while.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    patience: Duration,
}

impl Client {
    /// Connects to a server, or to a proxy before one.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), patience: PATIENCE })
    }

    /// How long it waits for a reply, 10 seconds if this is not called. The error is `TimedOut`.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a command and takes one reply. An error reply is a value too.
    pub async fn call<A: AsRef<[u8]>>(&mut self, command: &[A]) -> io::Result<Value> {
        self.send(&[command]).await?;
        self.receive().await
    }

    /// Sends commands in one write and takes as many replies.
    pub async fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[&[A]]) -> io::Result<Vec<Value>> {
        self.send(commands).await?;
        let mut replies = Vec::with_capacity(commands.len());
        for _ in commands {
            replies.push(self.receive().await?);
        }
        Ok(replies)
    }

    /// Sends commands in one write, and waits for nothing.
    pub async fn send<A: AsRef<[u8]>>(&mut self, commands: &[&[A]]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for command in commands {
            bytes.extend(format!("*{}\r\n", command.len()).bytes());
            for word in command.iter().map(AsRef::as_ref) {
                bytes.extend(format!("${}\r\n", word.len()).bytes());
                bytes.extend(word);
                bytes.extend(b"\r\n");
            }
        }
        timeout(self.patience, self.stream.write_all(&bytes)).await?
    }

    /// Takes the next reply or push.
    pub async fn receive(&mut self) -> io::Result<Value> {
        timeout(self.patience, read(&mut self.stream)).await?
    }

    /// Takes bytes as they come, up to a number of them: for what is not a whole reply. Nothing
    /// means that the connection was closed.
    pub async fn receive_raw(&mut self, at_most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; at_most];
        let count = timeout(self.patience, self.stream.read(&mut bytes)).await??;
        bytes.truncate(count);
        Ok(bytes)
    }
}

/// Boxed, since values lie in values.
fn read(stream: &mut BufReader<TcpStream>) -> BoxFuture<'_, io::Result<Value>> {
    Box::pin(async move {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((kind, rest)) =
            line.strip_suffix("\r\n").and_then(|line| line.split_at_checked(1))
        else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        match kind {
            "+" | "," | "(" => Ok(Value::Text(rest.to_owned())),
            "#" => Ok(Value::Integer(i64::from(rest == "t"))),
            "-" => Ok(Value::Error(rest.to_owned())),
            "_" => Ok(Value::Nil),
            ":" => number(rest).map(Value::Integer),
            "$" | "=" | "!" => match usize::try_from(number(rest)?) {
                Ok(length) => bytes(stream, length).await.map(Value::Bytes),
                Err(_) => Ok(Value::Nil),
            },
            "*" | "~" | ">" | "%" | "|" => match number(rest)? {
                ..0 => Ok(Value::Nil),
                count => aggregate(stream, kind, count).await,
            },
            _ => Err(garbage(&line)),
        }
    })
}

async fn bytes(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length + 2];
    stream.read_exact(&mut bytes).await?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Attributes (`|`) are of no interest, and the value that they belong to follows them.
async fn aggregate(stream: &mut BufReader<TcpStream>, kind: &str, count: i64) -> io::Result<Value> {
    let mut items = Vec::new();
    if !matches!(kind, "%" | "|") {
        for _ in 0..count {
            items.push(read(stream).await?);
        }
        return Ok(if kind == ">" { Value::Push(items) } else { Value::List(items) });
    }
    let mut pairs = Vec::new();
    for _ in 0..count {
        pairs.push((read(stream).await?, read(stream).await?));
    }
    if kind == "|" { read(stream).await } else { Ok(Value::Map(pairs)) }
}

fn number(text: &str) -> io::Result<i64> {
    text.parse().map_err(|_| garbage(text))
}

fn garbage(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not Redis' protocol: {text:?}"))
}

const PATIENCE: Duration = Duration::from_secs(10);
