// The colour class of a change.

/** `tone-up` or `tone-down`; what rounds to nothing has none. */
export const tone = (change) => (Math.abs(change) < 0.0005 ? '' : change > 0 ? 'tone-up' : 'tone-down');
