//! Which kernels were the fastest on this machine's GPU, kept in the browser for the next start.
//!
//! Nothing depends on it: without a cache, or with another adapter, the kernels are measured again.

use super::model_files::{cached, keep, open_cache};
use crate::engine::Tilings;

const CACHE: &str = "figret-kernels";
/// Of a file that no server has.
const NAME: &str = "kernels.json";

/// What was kept at an earlier start.
pub(super) async fn kept() -> Option<Tilings> {
    let cache = open_cache(CACHE).await;
    serde_json::from_slice(&cached(cache.as_ref(), NAME).await?).ok()
}

/// Keeps what was measured, unless it is what is there.
pub(super) async fn keep_measured(measured: Option<Tilings>, kept: Option<&Tilings>) {
    let Some(measured) = measured.filter(|measured| Some(measured) != kept) else { return };
    if let Ok(bytes) = serde_json::to_vec(&measured) {
        keep(open_cache(CACHE).await.as_ref(), NAME, &bytes).await;
    }
}
