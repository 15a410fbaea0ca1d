//! An MQTT 3.1.1 and 5 broker core that knows nothing of what its messages mean. `codec`, `topic` and `session`
//! are pure (bytes and packets in, packets out); `broker` adds sockets, tasks and time, and asks a [`Handler`]
//! for every decision.

mod broker;
pub mod codec;
mod journal;
mod port;
pub mod session;
pub mod topic;

pub use broker::{
    Broker, ClientView, Ground, Limits, Origin, Outgoing, Overheard, RetainedView, SendError, SendReceipt,
    TenantMetrics, TenantQuota, TlsProvider, TraceLine, WallClock, Watch,
};
pub use journal::{FileJournal, Journal, Record};
pub use port::{
    Alarm, AuthAnswer, AuthExchange, Disconnected, Handler, Hello, Message, Outcome, Refusal, Welcome,
};
