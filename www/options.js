// What the page's address asks for: backend, software adapter, threads, settings of the lesson.

import { rememberedModel } from './model-choice.js';
import { usefulThreads } from './threads.js';

/** Options from the query string; `baseURI` is where the page's files lie. */
export function optionsOf({ search, hash }, baseURI) {
  const asked = new URLSearchParams(search);
  return {
    backend: asked.get('backend') ?? 'auto',
    allowSoftware: asked.get('software') === '1',
    threads: wholeNumber(asked, 'threads', 'count').count ?? usefulThreads(),
    modelBase: new URL('models/all-MiniLM-L6-v2/', baseURI).href,
    /** Another model than the one that ships, if one was chosen. */
    model: rememberedModel(),
    /** Files of the model that the person gave. */
    modelFiles: [],
    hash,
    presets: {
      ...wholeNumber(asked, 'steps', 'steps'),
      ...wholeNumber(asked, 'batch', 'batch_queries'),
    },
  };
}

function wholeNumber(asked, name, setting) {
  const value = Number(asked.get(name));
  return Number.isInteger(value) && value > 0 ? { [setting]: value } : {};
}
