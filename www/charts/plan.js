// The share of preferences that the settings ask for, before a lesson has done anything.

const POINTS = 61;

/** Right end of the axis of steps; a single step too gets some width. */
export const lastMark = ({ steps }) => Math.max(steps, 2);

/** The planned share as lines of `[step, share]`: one, or the two between which a paced share moves. */
export function plannedLines(settings) {
  const last = lastMark(settings);
  const steps = Array.from({ length: POINTS }, (_, i) => 1 + ((last - 1) * i) / (POINTS - 1));
  // A single step stays at the first share.
  const progress = (step) => (settings.steps > 1 ? (step - 1) / (settings.steps - 1) : 0);
  return shapes(settings).map((share) => steps.map((step) => [step, share(progress(step))]));
}

/** Shares as functions of the progress, 0 to 1; a paced one follows success, so that only its bounds are known. */
function shapes({ preference_from: from, preference_to: to, schedule }) {
  if (schedule === 'paced') return [() => Math.min(from, to), () => Math.max(from, to)];
  if (schedule === 'step') return [(t) => (t < 0.5 ? from : to)];
  return [(t) => from + (to - from) * t];
}
