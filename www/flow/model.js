// The taught model as one zip. It is as large as the model itself, so only one is kept, and none that is out of date.

import { requests } from '../protocol.js';
import { aside } from './outcome.js';

/** Asks for the model and keeps it as a link to download; a second click while it is being made does nothing. */
export async function exportModel(engine) {
  const { store } = engine;
  const { taught, model } = store.state;
  if (!taught || model) return;
  store.update({ model: { of: taught, stage: 'wait' } });
  const isWanted = () => store.state.model?.of === taught;
  const onProgress = ({ stage }) => isWanted() && store.patch('model', { stage });
  const reply = await aside(store, () => engine.request(requests.exportModel({}), { onProgress }));
  // Something else may have been taught meanwhile.
  if (isWanted()) store.update({ model: reply ? { of: taught, ...kept(reply) } : null });
}

function kept({ file: { name, bytes }, check_cosine: cosine }) {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }));
  return { cosine, file: { name, url, sizeBytes: bytes.length } };
}

/** Lets go of a model as soon as something else is taught. */
export function forgetOutdated(store) {
  store.subscribe(({ model, taught }) => {
    if (!model || model.of === taught) return;
    if (model.file) URL.revokeObjectURL(model.file.url);
    store.update({ model: null });
  });
}
