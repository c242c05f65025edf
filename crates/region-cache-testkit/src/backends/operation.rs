/// What a [`Backend`](region_cache::backend::Backend) or one of its sessions is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are the methods of the same names")]
pub enum Operation {
    Read,
    Lease,
    Fill,
    Renew,
    Wait,
    Release,
    Write,
    Begin,
    /// [`Session::read`](region_cache::backend::Session::read).
    SessionRead,
    Commit,
    Invalidate,
    Guard,
    Unguard,
    Walk,
    Scan,
    Children,
    Ping,
    Close,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Read,
        Self::Lease,
        Self::Fill,
        Self::Renew,
        Self::Wait,
        Self::Release,
        Self::Write,
        Self::Begin,
        Self::SessionRead,
        Self::Commit,
        Self::Invalidate,
        Self::Guard,
        Self::Unguard,
        Self::Walk,
        Self::Scan,
        Self::Children,
        Self::Ping,
        Self::Close,
    ];
}
