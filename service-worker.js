// Keeps the page's files for use without a network, and isolates the page where the host does not.
//
// `pkg/files.js` names every file with its hash. The browser compares both scripts with the host's at each visit, so a
// list that has changed is a new version. Files are kept by name and hash: what is the same in both is not fetched
// again. The model is not kept here, since the engine keeps it; requests to other hosts are not touched.

const LIST = 'pkg/files.js';

importScripts(LIST);

const { asksHostFirst, files } = self.figretFiles;
const SCOPE = new URL(self.registration.scope);

/** Several pages may share an origin, each below its own path. */
const STORE = `figret-page ${SCOPE.pathname}`;

/** What a page needs that wants threads, and each of its files. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const names = Object.keys(files);

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('fetch', (event) => {
  const name = nameOf(event.request);
  if (name) event.respondWith(answer(name));
});

self.addEventListener('message', (event) => {
  const { kind, folders } = event.data;
  if (kind === 'take-over') self.skipWaiting();
  if (kind === 'keep') event.waitUntil(keepModules(folders).then((isKept) => event.ports[0]?.postMessage({ isKept })));
});

/** Keeps all files but modules that this browser has not used; one file that fails is the end of it. */
async function install() {
  const store = await caches.open(STORE);
  const kept = new Set((await store.keys()).map(({ url }) => url));
  const known = new Set([...kept].map((url) => new URL(url).pathname));
  const isWanted = (name) => !isModule(name) || known.has(address(name).pathname);
  const missing = names.filter((name) => isWanted(name) && !kept.has(keyOf(name)));
  await Promise.all(missing.map(async (name) => store.put(keyOf(name), await fetched(name))));
  // Where the host is asked first an older version gives nothing that a newer page would stumble over.
  if (asksHostFirst) await self.skipWaiting();
}

/** Drops what belongs to older versions. */
async function activate() {
  const store = await caches.open(STORE);
  const current = new Set(names.map(keyOf));
  const old = (await store.keys()).filter(({ url }) => !current.has(url));
  await Promise.all(old.map((request) => store.delete(request)));
  await self.clients.claim();
}

/** Keeps the engine's modules of these folders; gives whether they are all there now. */
async function keepModules(folders) {
  const wanted = names.filter((name) => folders.some((folder) => name.startsWith(`pkg/${folder}/`)));
  try {
    await Promise.all(wanted.map((name) => keptOrFetched(name)));
    const store = await caches.open(STORE);
    const found = await Promise.all(wanted.map((name) => store.match(keyOf(name))));
    return found.every(Boolean);
  } catch {
    return false;
  }
}

/** The listed file that a request asks for. */
function nameOf({ method, url }) {
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== SCOPE.origin || !pathname.startsWith(SCOPE.pathname)) return null;
  const name = pathname.slice(SCOPE.pathname.length) || 'index.html';
  return name === LIST || Object.hasOwn(files, name) ? name : null;
}

async function answer(name) {
  if (!asksHostFirst) return keptOrFetched(name);
  try {
    return isolated(await fetch(address(name), { cache: 'no-cache' }));
  } catch {
    return keptOrFetched(name);
  }
}

async function keptOrFetched(name) {
  if (name === LIST) return theList();
  // A browser that keeps nothing still gets its files.
  const store = await caches.open(STORE).catch(() => null);
  const kept = await store?.match(keyOf(name));
  if (kept) return kept;
  const response = await fetched(name);
  await store?.put(keyOf(name), response.clone()).catch(() => {});
  return response;
}

/** The list by which this version was installed; it cannot hold its own hash. */
function theList() {
  const text = `self.figretFiles = ${JSON.stringify(self.figretFiles)};`;
  return isolated(new Response(text, { headers: { 'Content-Type': 'text/javascript' } }));
}

/** The host's file, if it is the one on the list. */
async function fetched(name) {
  try {
    const response = await fetch(address(name), { integrity: files[name], cache: 'no-cache' });
    if (!response.ok) throw new Error(`${name}: the host answered ${response.status}`);
    return isolated(response);
  } catch (error) {
    // The host may have a newer version by now.
    if (self.registration.active) self.registration.update().catch(() => {});
    throw error;
  }
}

/** The same body, with no more of the host's headers than its type. */
function isolated({ body, status, statusText, headers }) {
  const type = headers.get('Content-Type') ?? 'application/octet-stream';
  return new Response(body, { status, statusText, headers: { 'Content-Type': type, ...ISOLATION } });
}

function isModule(name) {
  return name.startsWith('pkg/');
}

function address(name) {
  return new URL(name, SCOPE);
}

function keyOf(name) {
  const key = address(name);
  key.search = files[name];
  return key.href;
}
