//! Bytes to records to events. Pure; allocates nothing on the way of a transfer.

pub mod event;
pub mod figure;
pub mod framing;
pub mod kind;
pub mod meaning;
pub mod record;
mod remark;
pub mod scan;
pub mod slow;
pub mod stamp;
pub mod task;
pub mod template;
