// The address behind `#`: the place that is shown, and the settings of a lesson that differ from their defaults.

import { KINDS } from './components/settings-fields.js';

/** The places in their order. */
export const PLACES = ['data', 'before', 'teach', 'compare', 'home'];

/** Where the page opens if its address names no place. */
const OPENING = 'compare';

/** Values of each type out of the address; `undefined` for what is none. */
const readings = {
  boolean: (text) => new Map([['true', true], ['false', false]]).get(text),
  number: (text, { min, max, step }) => {
    const value = Number(text);
    const isOfKind = text !== '' && value >= min && value <= max && (step !== 1 || Number.isInteger(value));
    return isOfKind ? value : undefined;
  },
  string: (text, { choices }) => (Object.hasOwn(choices, text) ? text : undefined),
};

/** The place that `hash` names; an unknown one is the first. */
export function placeIn(hash) {
  const { place } = parts(hash);
  if (!place) return OPENING;
  return PLACES.includes(place) ? place : PLACES[0];
}

/** `defaults` with the settings that `hash` names; what is no setting, or out of its bounds, is passed over. */
export function settingsIn(hash, defaults) {
  const settings = { ...defaults };
  for (const [name, text] of parts(hash).settings) {
    if (!Object.hasOwn(defaults, name)) continue;
    settings[name] = readings[typeof defaults[name]](text, KINDS[name]) ?? defaults[name];
  }
  return settings;
}

/** What stands behind `#` for a place and settings. */
export function hashOf(place, settings, defaults) {
  const differing = Object.keys(defaults).filter((name) => settings[name] !== defaults[name]);
  const named = new URLSearchParams(differing.map((name) => [name, settings[name]])).toString();
  return `#${place}${named && `?${named}`}`;
}

function parts(hash) {
  const [place, named] = hash.slice(1).split('?');
  return { place, settings: new URLSearchParams(named) };
}

/** Keeps the page's address and its store in step. */
export class Address {
  #store;
  #presets;
  /** As it was read or written last; one that differs has not been read yet. */
  #known = null;

  /** `presets` are settings that another part of the address holds. */
  constructor(store, presets) {
    this.#store = store;
    this.#presets = presets;
  }

  /** Goes to a place, as a step that can be taken back. */
  goTo(place) {
    if (placeIn(location.hash) !== place) location.hash = place;
  }

  /**
   * Takes in what the address says. Settings are taken from an address that somebody wrote; one that the page wrote
   * and to which a person goes back is about the place.
   */
  read() {
    const { hash } = location;
    this.#known = hash;
    this.#store.update({ place: placeIn(hash) });
    const defaults = this.#defaults();
    if (defaults && hash.includes('?') && !history.state?.isOfPage)
      this.#store.update({ settings: settingsIn(hash, defaults) });
  }

  /** Writes the settings into the address, without a step that could be taken back. */
  write({ place, settings }) {
    const defaults = this.#defaults();
    if (!defaults || !settings || location.hash !== this.#known) return;
    const hash = hashOf(place, settings, defaults);
    if (hash === (location.hash || `#${OPENING}`)) return;
    history.replaceState({ isOfPage: true }, '', hash);
    this.#known = hash;
  }

  #defaults() {
    const { defaults } = this.#store.state;
    return defaults && { ...defaults, ...this.#presets };
  }
}
