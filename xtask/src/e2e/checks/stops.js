// Counts the controls that the tabulator is to reach, notes those that it does, and tells at the end what was wrong.

const CONTROLS = 'a[href], button, input, select, textarea, summary, [tabindex]';

const isStop = (element) => element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility();

/** Of a group of radio buttons one alone is a stop. */
const isOther = (element) =>
  element.type === 'radio' &&
  !element.checked &&
  document.querySelectorAll(`input[type=radio][name="${element.name}"]`).length > 1;

/** A field may be hidden behind its label, which shows the focus then. */
const faces = (element) => [element, element.closest('label'), element.parentElement].filter(Boolean);

function hasRing(element) {
  return faces(element).some((face) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(face);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  });
}

/** Whether anything of it can be seen, also under what stays in its place. */
function isSeen(element) {
  // The browser may scroll a frame later.
  element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
  return faces(element).some((face) => {
    const { left, top, width, height } = face.getBoundingClientRect();
    const points = [0.5, 0.1, 0.9].flatMap((x) => [0.5, 0.1, 0.9].map((y) => [left + x * width, top + y * height]));
    return points.some(([x, y]) => face.contains(document.elementFromPoint(x, y)));
  });
}

const name = (element) => `${element.closest('[data-place]')?.dataset.place ?? ''} ${element.outerHTML.slice(0, 160)}`;

const stops = [...document.querySelectorAll(CONTROLS)].filter((element) => isStop(element) && !isOther(element));
const reached = new Set();
const found = [];

function note({ key }) {
  const { activeElement: element } = document;
  if (key !== 'Tab' || !element || element === document.body) return;
  if (!reached.has(element) && !hasRing(element)) found.push(`the focus is not seen: ${name(element)}`);
  if (!reached.has(element) && !isSeen(element)) found.push(`it is covered: ${name(element)}`);
  reached.add(element);
}

document.addEventListener('keyup', note);
window.endOfStops = () => {
  document.removeEventListener('keyup', note);
  const missed = stops.filter((element) => !reached.has(element)).map((element) => `not reached: ${name(element)}`);
  return [...found, ...missed];
};
return stops.length;
