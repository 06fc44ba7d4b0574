// The bar at the top: name, collection, engine badge, help, theme.

import { fill, h, svg } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.header;

class Header extends FigretElement {
  build() {
    this.collection = h('a', { class: 'collection-name', href: '#data' });
    this.badge = h('figret-badge', {});
    this.theme = h('button', { class: 'icon-button', type: 'button', onclick: () => this.send('theme') });
    const help = h(
      'button',
      { class: 'icon-button', type: 'button', popovertarget: 'help', 'aria-label': w.help, title: w.help },
      '?',
    );
    const home = h(
      'a',
      { class: 'wordmark', href: '#compare' },
      mark(),
      h('strong', {}, w.name),
      h('span', {}, w.place),
    );
    fill(
      this,
      h(
        'header',
        { class: 'bar' },
        h('div', { class: 'bar-inner' }, home, this.collection, this.badge, help, this.theme),
      ),
    );
  }

  update({ collection, engineInfo, theme }) {
    this.badge.state = { engineInfo };
    fill(
      this.collection,
      h('span', {}, collection ? collection.name : w.opening),
      collection?.is_sample && h('span', { class: 'tag' }, w.sample),
    );
    this.theme.setAttribute('aria-label', w.theme[theme]);
    this.theme.title = w.theme[theme];
    fill(this.theme, theme === 'light' ? moon() : sun());
  }
}

function mark() {
  return svg(
    'svg',
    { class: 'mark', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    svg('path', { d: 'M4 6C12 6 12 18 20 18', class: 'mark-faint' }),
    svg('path', { d: 'M4 18C12 18 12 6 20 6' }),
  );
}

const icon = (...children) => svg('svg', { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true' }, ...children);

const moon = () => icon(svg('path', { d: 'M15.5 12A6.5 6.5 0 0 1 8 4.5 6.5 6.5 0 1 0 15.5 12Z' }));

function sun() {
  const rays = 'M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4';
  return icon(svg('circle', { cx: 10, cy: 10, r: 3.2 }), svg('path', { d: rays }));
}

customElements.define('figret-header', Header);
