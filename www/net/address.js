// Where a server lies, and what a browser will not let a page do before anything is sent.

/** How private an address is, by the names of the Local Network Access permissions. */
const PRIVACY = { public: 0, local: 1, loopback: 2 };

/** The address without a slash at its end, a query or a fragment; `null` if the text is no http address. */
export function httpBase(text) {
  const given = text.trim();
  const whole = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  if (!given || !URL.canParse(whole)) return null;
  const { protocol, origin, pathname } = new URL(whole);
  return ['http:', 'https:'].includes(protocol) ? origin + pathname.replace(/\/+$/, '') : null;
}

/** `loopback`, `local` or `public`, as far as a host's name tells. */
export function addressSpace(hostname) {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\./.test(host)) return 'loopback';
  const isPrivate =
    host.endsWith('.local') ||
    /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(host) ||
    /^(f[cd]|fe[89ab])[\da-f]*:/.test(host);
  return isPrivate ? 'local' : 'public';
}

/** Whether a secure page asks for an insecure address that no browser makes an exception for. */
export function isMixedContent(base, page) {
  const { protocol, hostname } = new URL(base);
  return page.protocol === 'https:' && protocol === 'http:' && addressSpace(hostname) === 'public';
}

/** Whether browsers with Local Network Access ask the person before this page may reach that address. */
export function needsLocalAccess(base, page) {
  return PRIVACY[addressSpace(new URL(base).hostname)] > PRIVACY[addressSpace(page.hostname)];
}

/** State of that permission: `granted`, `denied` or `prompt`; `null` where the browser does not know it. */
export async function localAccess(base, permissions = globalThis.navigator?.permissions) {
  for (const name of [`${addressSpace(new URL(base).hostname)}-network`, 'local-network-access']) {
    try {
      return (await permissions.query({ name })).state;
    } catch {
      // The name is newer or older than this browser.
    }
  }
  return null;
}
