// What moves although the person wants no motion.

const found = document
  .getAnimations()
  .map((animation) => `it moves: ${animation.effect?.target?.outerHTML.slice(0, 160)}`);
const isLong = (durations) => durations.split(',').some((duration) => parseFloat(duration) > 0);
for (const element of document.querySelectorAll('*')) {
  for (const part of [null, '::before', '::after', '::backdrop']) {
    const style = getComputedStyle(element, part);
    const isMoved = style.animationName !== 'none' && isLong(style.animationDuration);
    const isSmooth = style.scrollBehavior === 'smooth';
    const isSlow = style.transitionProperty !== 'none' && isLong(style.transitionDuration);
    if (isMoved || isSmooth || isSlow) found.push(`it may move: ${element.outerHTML.slice(0, 160)} ${part ?? ''}`);
  }
}
return found;
