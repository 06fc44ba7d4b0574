// What an audit says: pure readings of `AuditInfo`.

const key = ({ line, guidance }) => `${line} ${guidance ?? ''}`;

/** Every place that could be left out on account of the findings of these codes, once. */
export function placesOf(findings, codes) {
  const places = findings.filter(({ code }) => codes.has(code)).flatMap((finding) => finding.leave_out);
  return [...new Map(places.map((place) => [key(place), place])).values()];
}

/** How many of the places are the preferences of a line, and how many are guidance examples. */
export function partsOf(places) {
  const examples = places.filter(({ guidance }) => typeof guidance === 'number').length;
  return { lists: places.length - examples, examples };
}
