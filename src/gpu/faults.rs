//! Where errors wait until someone asks for a result: error scopes, the uncaptured, the lost device.
//!
//! A browser reports errors long after the call that caused them; nothing here decides what to do.

use super::GpuError;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the device's own callbacks said; shared with them.
#[derive(Clone, Default)]
pub(super) struct Faults {
    state: Arc<Mutex<FaultState>>,
}

#[derive(Default)]
struct FaultState {
    /// Stays set: nothing works on a lost device.
    lost: Option<String>,
    /// An error that no scope caught; reported once.
    uncaptured: Option<GpuError>,
}

impl Faults {
    /// Registers the callbacks of `device`.
    pub(super) fn watch(device: &wgpu::Device) -> Self {
        let faults = Self::default();
        let on_lost = faults.clone();
        device.set_device_lost_callback(move |reason, message| {
            on_lost.lock().lost = Some(format!("{reason:?}: {message}"));
        });
        let on_error = faults.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            on_error.lock().uncaptured.get_or_insert(error.into());
        }));
        faults
    }

    /// Returns a pending fault, the lost device first.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let mut state = self.lock();
        if let Some(message) = &state.lost {
            return Err(GpuError::DeviceLost(message.clone()));
        }
        state.uncaptured.take().map_or(Ok(()), Err)
    }

    fn lock(&self) -> MutexGuard<'_, FaultState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type ScopeFuture = Pin<Box<dyn Future<Output = Option<wgpu::Error>>>>;

/// Open error scopes around a batch. Declared innermost first, the order in which they must close.
pub(super) struct ErrorScopes {
    internal: wgpu::ErrorScopeGuard,
    validation: wgpu::ErrorScopeGuard,
    out_of_memory: wgpu::ErrorScopeGuard,
}

impl ErrorScopes {
    pub(super) fn open(device: &wgpu::Device) -> Self {
        let out_of_memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
        Self { internal, validation, out_of_memory }
    }

    fn close(self) -> [ScopeFuture; 3] {
        [Box::pin(self.internal.pop()), Box::pin(self.validation.pop()), Box::pin(self.out_of_memory.pop())]
    }
}

/// The verdict on one or more submitted batches: to be awaited before their results are believed.
#[derive(Default)]
pub(super) struct Verdict {
    refused: Option<GpuError>,
    scopes: Vec<ScopeFuture>,
}

impl Verdict {
    /// Whether something was refused already on the host, so that recording further is pointless.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Notes an error found on the host; the first one is kept, the rest follow from it.
    pub(super) fn refuse(&mut self, error: GpuError) {
        self.refused.get_or_insert(error);
    }

    /// Closes the scopes of a submitted batch and keeps what they will say.
    pub(super) fn add(&mut self, scopes: ErrorScopes) {
        self.scopes.extend(scopes.close());
    }

    /// Waits for what the scopes caught.
    pub(super) async fn settle(self, faults: &Faults) -> Result<(), GpuError> {
        let mut first = self.refused;
        for scope in self.scopes {
            if let Some(error) = scope.await {
                first.get_or_insert(error.into());
            }
        }
        faults.check()?;
        first.map_or(Ok(()), Err)
    }
}
