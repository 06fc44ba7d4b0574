// What a taught state says about itself: pure readings of `TaughtInfo`.

/** Where a sample may stand, those that want most attention first. */
export const STANDINGS = ['poor', 'relapsed', 'mastered', 'fine'];

/** Whether nothing was better than the base model, so that teaching has changed nothing. */
export const isBaseKept = (taught) => taught?.origin === 'taught' && taught.kept_step === 0;

/** Whether only queries are embedded otherwise, so that vectors of passages stay valid. */
export const leavesPassages = (taught) => taught?.towers === 'query';

/** Whether an earlier state than the last was kept. */
export const isEarlierKept = ({ kept_step: kept, steps }) => kept > 0 && kept < steps;

/** Why a lesson ended: `whole` after its last step, `stopped` by the person, `none_poor` or `no_gain` by itself. */
export function ending({ stopped_early: isEarly, steps, rounds }) {
  if (!isEarly) return 'whole';
  const last = rounds.at(-1);
  if (last?.steps_done !== steps) return 'stopped';
  return last.poor === 0 ? 'none_poor' : 'no_gain';
}

/** Whether a report tells of the end rather than of a round that follows; `taught` is `null` during the lesson. */
export const isEnd = ({ round, rounds, steps_done: done }, taught) => round > rounds || done === taught?.steps;

/** Where a sample stands at last. */
export const standingOf = (story) => story.standings.at(-1);

/** The stories that end in a standing, or `all`. */
export function storiesOf(stories, standing) {
  return standing === 'all' ? stories : stories.filter((story) => standingOf(story) === standing);
}
