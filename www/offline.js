// The page's side of the service worker: isolation at the first visit, what is kept, and newer versions.
//
// Without a service worker, on a plain http page for example, the page is as it would be on any host.

import { modulesFor } from './modules.js';
import { scriptUrl } from './scripts.js';

/** How long the first visit waits for the files that a page with threads needs. */
const ISOLATION_LIMIT_MS = 10_000;

/** In this tab's storage once it has reloaded to become isolated. */
const RELOADED = 'figret.reloaded';

const services = navigator.serviceWorker;

let registering = null;

/** Registers the service worker, once; `null` where there is none. */
function register() {
  registering ??= registered().catch(() => null);
  return registering;
}

async function registered() {
  if (!services) return null;
  // The list of files counts for whether there is a newer version, so neither script may come from a cache.
  return services.register(scriptUrl('service'), { updateViaCache: 'none' });
}

/**
 * Makes a page isolated that wants `threads` and whose host does not isolate it, by a service worker and one reload.
 * Gives whether it reloads: nothing needs to be started then. A tab reloads once at most, whatever comes of it.
 */
export async function isolate(threads) {
  if (self.crossOriginIsolated || threads < 2 || !services || !mayReload()) return false;
  const limit = new Promise((resolve) => setTimeout(resolve, ISOLATION_LIMIT_MS, false));
  if (!(await Promise.race([activated(), limit]))) return false;
  sessionStorage.setItem(RELOADED, '1');
  location.reload();
  return true;
}

/** Without storage nothing would end a row of reloads. */
function mayReload() {
  try {
    return !sessionStorage.getItem(RELOADED);
  } catch {
    return false;
  }
}

/** Whether a service worker has all files and answers for this page; one that cannot be installed never does. */
async function activated() {
  const registration = await register();
  const worker = registration?.active ?? registration?.waiting ?? registration?.installing;
  if (!worker) return false;
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === 'activated') resolve(true);
      if (worker.state === 'redundant') resolve(false);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

/** Has the engine's modules kept that this browser uses; gives whether the page then works without a network. */
export async function keep(threads) {
  if (!(await register()) || !(await activated())) return false;
  const { active } = await register();
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data.isKept);
  });
  active.postMessage({ kind: 'keep', folders: modulesFor(threads) }, [port2]);
  return kept;
}

/** Calls `tell` when a newer version has all its files and waits, or has taken over from another tab. */
export async function watchVersions(tell) {
  const wasControlled = Boolean(services?.controller);
  const registration = await register();
  if (!registration) return;
  const look = () => registration.active && registration.waiting && tell();
  const follow = () => registration.installing?.addEventListener('statechange', look);
  registration.addEventListener('updatefound', follow);
  services.addEventListener('controllerchange', () => wasControlled && tell());
  follow();
  look();
}

/** Lets the newer version take over and loads the page anew. */
export async function takeNewVersion() {
  const registration = await register();
  if (!registration?.waiting) {
    location.reload();
    return;
  }
  services.addEventListener('controllerchange', () => location.reload(), { once: true });
  registration.waiting.postMessage({ kind: 'take-over' });
}
