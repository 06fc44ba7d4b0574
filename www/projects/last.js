// Which project to open next time.

const LAST = 'figret.project';

/** The project that was open last; `null` for the sample. */
export const lastProject = () => localStorage.getItem(LAST);

/** Remembers a project for the next time; `null` for the sample. */
export function rememberLast(id) {
  if (id) localStorage.setItem(LAST, id);
  else localStorage.removeItem(LAST);
}
