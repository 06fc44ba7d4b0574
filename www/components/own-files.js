// The way to one's own files, beside the headline.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

class OwnFiles extends FigretElement {
  build() {
    fill(
      this,
      h(
        'button',
        { class: 'button', type: 'button', 'data-test': 'open-upload', onclick: () => this.send('own-files') },
        words.header.ownFiles,
      ),
      h('span', { class: 'quiet' }, words.header.ownFilesHint),
    );
  }
}

customElements.define('figret-own-files', OwnFiles);
