//! What a node's log says of the node beside transfers and work: contact with satellites, its clock, its orders. Made
//! by `log`, kept by `store`, judged by `analysis`.

/// What it is about. The order is that of the database: what is new comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A check-in with a satellite failed; it is tried again.
    Unreached,
    /// No more tries until the next hour's check-in.
    GivenUp,
    /// It is online, but QUIC or the like does not work.
    OnlineWithError,
    /// Its clock differs from a satellite's.
    ClockWrong,
    /// Its clock fits those of its satellites.
    ClockRight,
    /// Orders could not be settled with a satellite: unpaid egress, if it stays so.
    OrdersKept,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unreached,
        Self::GivenUp,
        Self::OnlineWithError,
        Self::ClockWrong,
        Self::ClockRight,
        Self::OrdersKept,
    ];
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark<Id = String> {
    /// What it is about.
    pub subject: Subject,
    /// The satellite, where it is about one.
    pub satellite: Option<Id>,
    /// How often it was tried, where the log says so.
    pub attempts: Option<u32>,
    /// The log's own words.
    pub text: Option<String>,
}

impl<Id> Remark<Id> {
    /// The same for another holder of ids.
    pub fn with_satellite<Other>(self, id: impl FnOnce(Id) -> Other) -> Remark<Other> {
        Remark {
            subject: self.subject,
            satellite: self.satellite.map(id),
            attempts: self.attempts,
            text: self.text,
        }
    }
}
