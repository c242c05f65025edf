//! Where clients knock: a port that can be shut and opened.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Poll, Waker};

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// While it is shut the kernel refuses connections, as it does where no server runs.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    listening: Mutex<Listening>,
    /// Bound to the port, and never listening: while the door is shut nobody else gets the port.
    _claim: TcpSocket,
}

#[derive(Debug)]
struct Listening {
    listener: Option<TcpListener>,
    waiting: Option<Waker>,
    ended: bool,
}

impl Door {
    /// A free port, open.
    pub(super) fn new() -> io::Result<Self> {
        let claim = socket(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = claim.local_addr()?;
        let listener = Some(listen(address)?);
        let listening = Mutex::new(Listening { listener, waiting: None, ended: false });
        Ok(Self { address, listening, _claim: claim })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses connections from now on, and says whether it was open.
    pub(super) fn close(&self) -> bool {
        self.listening.lock().listener.take().is_some()
    }

    /// Refuses connections for good.
    pub(super) fn end(&self) {
        self.listening.lock().ended = true;
        self.close();
    }

    /// Accepts connections from now on.
    pub(super) fn open(&self) {
        let mut listening = self.listening.lock();
        if listening.listener.is_none() && !listening.ended {
            listening.listener = Some(listen(self.address).expect("the proxy's own port"));
        }
        if let Some(waiting) = listening.waiting.take() {
            waiting.wake();
        }
    }

    /// The next client.
    pub(super) async fn accept(&self) -> TcpStream {
        poll_fn(|context| {
            let mut listening = self.listening.lock();
            listening.waiting = Some(context.waker().clone());
            let Some(listener) = &listening.listener else { return Poll::Pending };
            match listener.poll_accept(context) {
                Poll::Ready(Ok((client, _))) => Poll::Ready(client),
                // The client was faster to leave, or no descriptor is left for the moment.
                Poll::Ready(Err(_)) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    socket(address)?.listen(1024)
}

/// `SO_REUSEPORT` lets the claim and the listener have the port together.
fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}
