// Texts whose contrast is too low, also where axe cannot tell, and a page that is wider than the screen.

const probe = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const known = new Map();

/** Red, green and blue from 0 to 255, opacity from 0 to 1. */
function parse(color) {
  if (!known.has(color)) {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = color;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
    known.set(color, [r, g, b, a / 255]);
  }
  return known.get(color);
}

const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));

/** What lies behind an element, by the backgrounds of what holds it. */
function ground(element) {
  if (!element) return [255, 255, 255];
  const color = parse(getComputedStyle(element).backgroundColor);
  return color[3] === 1 ? color.slice(0, 3) : over(color, ground(element.parentElement));
}

function luminance(color) {
  const [r, g, b] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG asks less of large letters. */
function asked({ fontSize, fontWeight }) {
  const size = parseFloat(fontSize);
  return size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
}

const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());

const isDisabled = (element) => element.closest(':disabled, [aria-disabled="true"]');

const found = [];
for (const element of document.body.querySelectorAll('*')) {
  if (!hasText(element) || !element.checkVisibility() || isDisabled(element)) continue;
  if (getComputedStyle(element).clipPath !== 'none' || element.closest('title, .drop-overlay')) continue;
  const style = getComputedStyle(element);
  const behind = ground(element);
  const ink = over(parse(element.ownerSVGElement ? style.fill : style.color), behind);
  const ratio = contrast(ink, behind);
  if (ratio < asked(style)) found.push(`contrast ${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 160)}`);
}

const excess = document.documentElement.scrollWidth - innerWidth;
if (excess > 0) found.push(`${excess} pixels wider than the screen`);
return found;
