//! Reads the health page every node has on its public port: one word for all satellites.

use serde_json::Value;

use crate::domain::host::Health;

/// What the page says, whatever its status: 503 is an answer, too.
///
/// # Errors
/// When it is no health page.
pub fn parse(body: &[u8]) -> Result<Health, String> {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let all_healthy = told.as_ref().and_then(|told| told.get("AllHealthy")?.as_bool());
    let all_healthy = all_healthy.ok_or("it is no health page: is this the node's public port?")?;
    Ok(Health { all_healthy })
}
