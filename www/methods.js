// What teaches: each method as the few settings that make it up, as the engine tells them.

const FIELDS = ['preference_from', 'preference_to', 'contrastive_weight', 'preference_weight'];

/** The settings that make up every method, out of what the engine says when it is ready. */
export function methods(known) {
  const fields = (settings) => Object.fromEntries(FIELDS.map((name) => [name, settings[name]]));
  return Object.fromEntries(known.map(({ name, settings }) => [name, fields(settings)]));
}

/** A change of settings; what is trained brings its learning rate along. */
export function withLearningRate(patch, { settings, scopes }) {
  if (!patch.scope || patch.scope === settings.scope || 'learning_rate' in patch) return patch;
  const scope = scopes.find(({ name }) => name === patch.scope);
  return scope ? { ...patch, learning_rate: scope.learning_rate } : patch;
}

/** Name of the method that the settings are, or `null` for a mix of one's own. */
export const methodOf = (settings, known) => fitting(methods(known), settings);

/** Whether some step may teach by preference. */
export const usesPreferences = ({ preference_from: from, preference_to: to }) => Math.max(from, to) > 0;

/** Whether some step may teach by guidance. */
export const usesGuidance = ({ preference_from: from, preference_to: to }) => Math.min(from, to) < 1;

/** Name of the first preset whose every value the settings have, or `null`. */
export function fitting(presets, settings) {
  const fits = (preset) => Object.keys(preset).every((key) => preset[key] === settings[key]);
  return Object.keys(presets).find((name) => fits(presets[name])) ?? null;
}
