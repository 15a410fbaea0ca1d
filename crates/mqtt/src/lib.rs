//! An MQTT 3.1.1 and 5 broker core that knows nothing of what its messages mean. `codec`, `topic` and `session`
//! are pure (bytes and packets in, packets out); `broker` adds sockets, tasks and time, and asks a [`Handler`]
//! for every decision.

mod broker;
pub mod codec;
mod port;
pub mod session;
pub mod topic;

pub use broker::{Broker, Limits, Origin, Outgoing, SendError, SendReceipt, TlsProvider};
pub use port::{Disconnected, Handler, Hello, Message, Outcome, Refusal, Welcome};
