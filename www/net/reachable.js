// Whether a server answers at all, where its answers cannot be read.

const PROBE_SECONDS = 10;

/** A report comes a moment after the request has failed. */
const REPORT_MS = 300;

/** `true` if something answered, `false` if nothing did, `null` if this browser does not tell. */
export async function isReachable(url) {
  const block = watchForBlock(url);
  try {
    await fetch(url, { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(PROBE_SECONDS * 1000) });
    return true;
  } catch {
    return await block.seen();
  } finally {
    block.end();
  }
}

/**
 * A page that is isolated from other origins, as threads need it, may not have such an answer even unread: the
 * request fails like one that nobody answers. Chromium reports the difference to the page.
 */
function watchForBlock(url) {
  const { crossOriginIsolated, ReportingObserver } = globalThis;
  if (!crossOriginIsolated) return { seen: () => false, end: () => {} };
  if (!ReportingObserver) return { seen: () => null, end: () => {} };
  let isBlocked = false;
  const look = (reports) => {
    // Chromium shows what is in such a report only as JSON.
    isBlocked ||= reports.some(({ body }) => body?.toJSON?.().blockedURL === url);
  };
  const observer = new ReportingObserver(look, { types: ['coep'] });
  observer.observe();
  const seen = async () => {
    await new Promise((resolve) => setTimeout(resolve, REPORT_MS));
    look(observer.takeRecords());
    return isBlocked;
  };
  return { seen, end: () => observer.disconnect() };
}
