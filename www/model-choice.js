// Which model the page teaches: the one that ships, or a folder of the person's choice. Kept for the next visit.

const KEY = 'figret-model';
const HUGGING_FACE = /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+?)(?:\/(?:tree|resolve|blob)\/([\w.-]+))?\/?$/;

/** What was chosen at an earlier visit; `null` for the model that ships. */
export function rememberedModel() {
  try {
    const choice = JSON.parse(localStorage.getItem(KEY));
    return typeof choice?.url === 'string' && typeof choice.name === 'string' ? choice : null;
  } catch {
    return null;
  }
}

/** Keeps a choice for the next visit; `null` goes back to the model that ships. */
export function rememberModel(choice) {
  if (choice) localStorage.setItem(KEY, JSON.stringify(choice));
  else localStorage.removeItem(KEY);
}

/** The choice of a folder at an address; `null` if that is none. A model's page on Hugging Face stands for its files. */
export function choiceOfAddress(text) {
  const [, name, revision = 'main'] = HUGGING_FACE.exec(text.trim()) ?? [];
  if (name) return { name, url: `https://huggingface.co/${name}/resolve/${revision}/`, isOnline: true };
  try {
    const { protocol, origin, pathname } = new URL(text.trim());
    const url = `${origin}${pathname.replace(/\/?$/, '/')}`;
    return /^https?:$/.test(protocol) ? { name: nameIn(pathname), url, isOnline: true } : null;
  } catch {
    return null;
  }
}

/** The choice of a folder's files; they are kept under an address of this page that nothing is fetched from. */
export function choiceOfFiles(files, base) {
  const [first] = files;
  const path = first.path || first.webkitRelativePath || '';
  const name = path.includes('/') ? path.split('/')[0] : 'model';
  return { name, url: new URL(`models/given/${encodeURIComponent(name)}/`, base).href, isOnline: false };
}

/** A choice with words in front of queries and passages; empty ones leave it to the folder. */
export const withPrefixes = (choice, { query, passage }) => ({
  ...choice,
  queryPrefix: query || null,
  passagePrefix: passage || null,
});

/** The choice as the engine takes it. */
export const wishOf = (choice) =>
  choice && {
    name: choice.name,
    url: choice.url,
    is_online: choice.isOnline,
    query_prefix: choice.queryPrefix ?? null,
    passage_prefix: choice.passagePrefix ?? null,
  };

/** Whether two choices are the same model with the same prefixes. */
export const isSameModel = (a, b) => JSON.stringify(wishOf(a ?? null)) === JSON.stringify(wishOf(b ?? null));

function nameIn(pathname) {
  const [, ofResolve] = /([^/]+\/[^/]+)\/resolve\//.exec(pathname) ?? [];
  return ofResolve ?? pathname.split('/').filter(Boolean).at(-1) ?? 'model';
}
