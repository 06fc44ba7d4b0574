// Of several tabs, one keeps a project.

/** A page that is being reloaded lets go of its projects only when it has gone. */
const PATIENCE_MS = 2000;

/** Takes hold of a project; gives what lets go of it, or `null` while another tab holds it. */
export function hold(id, locks = navigator.locks) {
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const held = () => new Promise((release) => resolve(release));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    locks.request(`figret-project-${id}`, { signal }, held).catch(() => resolve(null));
  });
}
