// How a lesson goes, in three small charts over one axis of steps: mix, validation, loss.

import { svg } from '../dom.js';
import { fixed } from '../format.js';
import { usesGuidance, usesPreferences } from '../methods.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { lastMark, plannedLines } from './plan.js';
import { ROUND_NAMES_HEIGHT, roundMarks } from './round-marks.js';
import { linear, path, ticks } from './scale.js';

const w = words.chart;
const GUTTER = 52;
const PANELS = { mix: { top: 28, height: 108 }, validation: { top: 182, height: 88 }, loss: { top: 316, height: 64 } };

const AXIS_HEIGHT = 30;
const LABEL_HEIGHT = 30;

/** The drawing; `steps` are the steps done, `kept` the step that was kept, `focus` the index of the one pointed at. */
export function curriculum({ settings, steps, rounds, base, kept, focus, width }) {
  const x = linear([1, lastMark(settings)], [GUTTER, width - 8]);
  // Before the first step only the plan can be drawn.
  const begun = steps.length > 0;
  const names = begun ? Object.keys(PANELS) : ['mix'];
  const floor = range(names.at(-1))[0];
  const hasRounds = rounds.length > 1;
  const height = floor + AXIS_HEIGHT + (hasRounds ? ROUND_NAMES_HEIGHT : 0);
  const panels = names.map((name) => range(name).reverse());
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': w.curriculum },
    mix(settings, steps, x, hasRounds && roundMarks(rounds, { x, right: width - 8, panels, nameY: height - 8 })),
    begun && validation(steps, { base, kept }, x, width),
    begun && loss(steps, x, width),
    stepAxis(settings.steps, x, floor),
    focus === null ? null : cursor(x(steps[focus].step)),
  );
}

/** The figure that validation is held against: the base model's on the same lines. `steps` are those done so far. */
export function validationBase(taught, steps) {
  const value = steps.at(-1)?.validation_before ?? taught?.validation?.[0];
  if (typeof value !== 'number') return null;
  return { value, label: isBaseKept(taught) ? words.chart.baseKept(value) : words.chart.base(value) };
}

/** Inverse of the axis: index of the step nearest to a horizontal place. */
export function stepAt(px, width, settings, steps) {
  const wanted = linear([GUTTER, width - 8], [1, lastMark(settings)])(px);
  const nearest = steps.findLastIndex((step) => step.step <= wanted + 0.5);
  return Math.max(nearest, 0);
}

function panel(name, title, ...children) {
  const { top } = PANELS[name];
  return svg('g', {}, svg('text', { x: 0, y: top - 14, class: 'chart-title' }, title), ...children);
}

function range(name) {
  const { top, height } = PANELS[name];
  return [top + height, top];
}

/** The marks lie under every line and label. */
function mix(settings, steps, x, marks) {
  const y = linear([0, 1], range('mix'));
  const lines = plannedLines(settings);
  const planned = lines.map((line) => line.map(([step, share]) => [x(step), y(share)]));
  const done = steps.map((step) => [x(step.step), y(step.preference_share)]);
  const shown = done.length > 1 ? [done] : planned;
  const [left, right] = [x(1), x(lastMark(settings))];
  return panel(
    'mix',
    w.mixTitle,
    svg('rect', { x: left, y: y(1), width: right - left, height: y(0) - y(1), class: 'mix-guidance' }),
    svg('path', { d: area(planned.at(-1), y(0)), class: 'mix-planned' }),
    done.length > 1 && svg('path', { d: area(done, y(0)), class: 'mix-preferences' }),
    ...shown.map((line) => svg('path', { d: path(line), class: shown.length > 1 ? 'mix-edge mix-bound' : 'mix-edge' })),
    marks,
    ...[0, 0.5, 1].map((share) => axisLabel(y(share), `${share * 100} %`)),
    ...(shown.length > 1 ? [pacedLabel(settings, x, y)] : mixLabels(settings, planned[0].at(-1)[1], x, y)),
  );
}

/** Names of the two areas, those that there are; `edge` is the height at which the plan ends. */
function mixLabels(settings, edge, x, y) {
  const right = x(lastMark(settings)) - 10;
  // Within the area, or on top of one that is too low for it.
  const labelY = y(0) - edge < LABEL_HEIGHT ? edge - 8 : y(0) - 10;
  return [
    usesGuidance(settings) && svg('text', { x: x(1) + 10, y: y(1) + 18, class: 'chart-label' }, w.guidance),
    usesPreferences(settings) &&
      svg('text', { x: right, y: labelY, class: 'chart-label strong', 'text-anchor': 'end' }, w.preferences),
  ];
}

const pacedLabel = (settings, x, y) =>
  svg(
    'text',
    { x: (x(1) + x(lastMark(settings))) / 2, y: y(0.5) + 5, class: 'chart-label', 'text-anchor': 'middle' },
    w.paced(settings),
  );

const area = (points, floor) =>
  `${path(points)}L${points.at(-1)[0].toFixed(1)} ${floor}L${points[0][0].toFixed(1)} ${floor}Z`;

function validation(steps, { base, kept }, x, width) {
  const measured = steps.filter((step) => typeof step.validation === 'number');
  const values = [...measured.map((step) => step.validation), ...(base ? [base.value] : [])];
  const [low, high] = values.length > 0 ? padded(values, 0.02) : [0, 1];
  const y = linear([low, high], range('validation'));
  const points = measured.map((step) => [x(step.step), y(step.validation)]);
  const last = measured.at(-1);
  const isLastKept = last?.step === kept;
  const isBelow = Boolean(base && last && last.validation < base.value);
  return panel(
    'validation',
    w.validationTitle,
    ...ticks(low, high, 3).map((value) => gridLine(y(value), width, fixed(value, 2))),
    base && svg('path', { d: `M${GUTTER} ${y(base.value)}H${width - 8}`, class: 'base-line' }),
    base &&
      svg(
        'text',
        { x: width - 10, y: y(base.value) + (isBelow ? -7 : 15), class: 'chart-label on-line', 'text-anchor': 'end' },
        base.label,
      ),
    points.length > 0 && svg('path', { d: path(points), class: 'validation-line' }),
    ...points.map(([px, py]) => svg('circle', { cx: px, cy: py, r: 3, class: 'validation-dot' })),
    ...points.filter((_, i) => measured[i].step === kept).flatMap((point) => keptMark(point, isLastKept)),
    last && endLabel(points.at(-1), isLastKept ? w.kept(last.validation) : fixed(last.validation), isBelow, width),
  );
}

/** A ring around the state that was kept; the last one is named by its own label. */
const keptMark = ([cx, cy], isLast) => [
  svg('circle', { cx, cy, r: 7, class: 'kept-ring' }),
  !isLast &&
    svg('text', { x: cx, y: cy - 12, class: 'chart-label strong on-line', 'text-anchor': 'middle' }, w.keptHere),
];

function loss(steps, x, width) {
  const high = Math.max(...steps.map((step) => step.loss)) * 1.05;
  const y = linear([0, high], range('loss'));
  const points = steps.map((step) => [x(step.step), y(step.loss)]);
  return panel(
    'loss',
    w.lossTitle,
    ...ticks(0, high, 2).map((value) => gridLine(y(value), width, fixed(value, 1))),
    points.length > 1 && svg('path', { d: path(points), class: 'loss-line' }),
    points.length === 1 && svg('circle', { cx: points[0][0], cy: points[0][1], r: 2, class: 'loss-dot' }),
  );
}

function padded(values, least) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = Math.max((high - low) * 0.25, least);
  return [low - pad, high + pad];
}

function endLabel([px, py], text, isBelow, width) {
  const flip = px > width - 100;
  const place = { x: flip ? px - 2 : px + 8, y: isBelow ? py + 19 : py - 9, 'text-anchor': flip ? 'end' : 'start' };
  return svg('text', { ...place, class: 'chart-label strong on-line' }, text);
}

const axisLabel = (y, text) =>
  svg('text', { x: GUTTER - 8, y: y + 4, class: 'chart-tick', 'text-anchor': 'end' }, text);

const gridLine = (y, width, text) =>
  svg('g', {}, svg('path', { d: `M${GUTTER} ${y}H${width - 8}`, class: 'grid-line' }), axisLabel(y, text));

function stepAxis(steps, x, floor) {
  const marks = [1, ...ticks(1, steps, 4).filter((tick) => tick > 1 && Number.isInteger(tick))];
  return svg(
    'g',
    {},
    ...marks.map((tick, i) =>
      svg(
        'text',
        {
          x: x(tick),
          y: floor + 20,
          class: 'chart-tick',
          'text-anchor': i === 0 ? 'start' : tick === steps ? 'end' : 'middle',
        },
        i === 0 ? `${w.steps} ${tick}` : String(tick),
      ),
    ),
  );
}

const cursor = (px) =>
  svg('path', { d: `M${px} ${PANELS.mix.top}V${PANELS.loss.top + PANELS.loss.height}`, class: 'cursor' });
