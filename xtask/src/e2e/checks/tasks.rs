//! Whether the page answers while the engine works: no task of its thread may take longer than a person can feel.
//!
//! The browser tells how long tasks took by the clock, which a busy machine draws out; by how much, the thread's own
//! time tells.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::e2e::page::Page;

/// Longer ones can be felt; the browser tells of those alone.
const LONGEST_MS: f64 = 50.0;

/// The clock since when tasks count.
pub(super) struct Watch {
    task_seconds: f64,
    thread_seconds: f64,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn begin(page: &Page) -> Result<Self> {
        let script = "
            window.longTasks?.disconnect();
            window.longTasks = new PerformanceObserver((list) => window.taskTimes.push(...list.getEntries().map((e) => e.duration)));
            window.taskTimes = [];
            window.longTasks.observe({ type: 'longtask' });";
        page.browser.script(script, json!([]))?;
        page.browser.devtools("Performance.enable", json!({}))?;
        Self::now(page)
    }

    /// Fails if a task since the beginning was too long to answer a person.
    pub(super) fn end(&self, page: &Page, what: &str) -> Result<()> {
        page.settle()?;
        let times = page.value("window.taskTimes")?;
        let longest = times.as_array().into_iter().flatten().filter_map(Value::as_f64).fold(0.0, f64::max);
        let stretch = self.stretch(&Self::now(page)?);
        eprintln!(
            "e2e:   {what}: the longest task took {longest:.0} ms, tasks were drawn out {stretch:.2} times"
        );
        let bound = bound_ms(stretch);
        ensure!(
            longest <= bound,
            "{what} kept the page's thread for {longest:.0} ms, more than {bound:.0} ms"
        );
        Ok(())
    }

    fn now(page: &Page) -> Result<Self> {
        let told = page.browser.devtools("Performance.getMetrics", json!({}))?;
        let metrics = told["metrics"].as_array().context("the browser gave no metrics")?;
        let seconds = |name: &str| {
            let metric = metrics.iter().find(|metric| metric["name"] == name);
            metric.and_then(|metric| metric["value"].as_f64()).with_context(|| format!("there is no {name}"))
        };
        Ok(Self { task_seconds: seconds("TaskDuration")?, thread_seconds: seconds("ThreadTime")? })
    }

    /// How much longer tasks took by the clock than by the time of the thread, on average.
    fn stretch(&self, later: &Self) -> f64 {
        let ratio = (later.task_seconds - self.task_seconds) / (later.thread_seconds - self.thread_seconds);
        if ratio.is_finite() { ratio.max(1.0) } else { 1.0 }
    }
}

/// Squared, because other work comes in bursts: a single task may be drawn out more than the average.
fn bound_ms(stretch: f64) -> f64 {
    LONGEST_MS * stretch * stretch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_allowed_for() {
        let [start, end] = [(1.0, 1.0), (4.0, 3.0)]
            .map(|(task_seconds, thread_seconds)| Watch { task_seconds, thread_seconds });
        assert_eq!(bound_ms(start.stretch(&end)), 112.5);
        assert_eq!(bound_ms(start.stretch(&start)), LONGEST_MS);
    }
}
