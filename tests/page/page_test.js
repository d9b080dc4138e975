// SPDX-License-Identifier: GPL-2.0-or-later
/* picture/page.js on pages that sluice wrote (arguments: a server with VFs, a host with shared groups and names that attack). */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const vm = require('node:vm');
const { documentOf } = require('./dom.js');

const [serverFile, oddFile] = process.argv.slice(2);

/* The page with its own script run in it: nothing but the document and what the language has. */
function open(file) {
  const html = fs.readFileSync(file, 'utf8');
  const page = documentOf(html);
  const script = /<script>\n('use strict';\n[^]*?)<\/script>/.exec(html)[1];

  class Event { constructor(type) { this.type = type; } }
  vm.runInNewContext(script, { document: page.document, Event });
  page.text = () => page.aside.textContent;
  page.box = id => page.document.getElementById(id);
  page.node = wanted => page.model.nodes.find(wanted);
  page.key = (key, more) => page.document.activeElement.fire('keydown', { key, ...more });
  page.type = text => { page.box('search').value = text; page.box('search').fire('input'); };
  return page;
}

const pf = page => page.node(node => node.vfs && node.vfs.count > 9);

const tests = {
  'begins with the host, and how to go on'() {
    const page = open(oddFile);
    assert.match(page.text(), new RegExp(page.model.summary));
    assert.match(page.text(), /Esc to let go/);
    const shared = page.model.groups.filter(group => group.shared);
    assert.ok(shared.length > 1);
    for (const group of shared) assert.ok(page.text().includes('IOMMU group ' + group.iommu_group + ', '));
  },
  'shows what is pointed at, until something is chosen'() {
    const page = open(serverFile), one = pf(page), other = page.node(node => node.kind === 'port');
    page.box(one.id).fire('pointermove');
    assert.ok(page.text().startsWith(one.title));
    page.box(other.id).fire('pointermove');
    assert.ok(page.text().includes(other.address));
    page.box(one.id).click();
    page.box(other.id).fire('pointermove');
    page.box(other.id).fire('focusin');
    assert.ok(page.text().includes(one.address));
    assert.ok(page.box(one.id).classList.contains('chosen'));
  },
  'lets go at Escape and beside the boxes, and then follows the pointer again'() {
    const page = open(serverFile), one = pf(page), begin = page.text();
    for (const leave of [() => page.key('Escape'), () => page.main.click()]) {
      page.box(one.id).fire('pointermove');
      page.box(one.id).click();
      leave();
      assert.strictEqual(page.text(), begin);
      assert.ok(!page.box(one.id).classList.contains('chosen'));
      page.box(one.id).fire('pointermove');
      assert.ok(page.text().startsWith(one.title));
      page.key('Escape');
    }
  },
  'is usable from the keyboard'() {
    const page = open(serverFile), one = pf(page), box = page.box(one.id);
    assert.strictEqual(box.tabIndex, 0);
    assert.strictEqual(box.attributes.role, 'button');
    box.focus();
    assert.ok(page.text().startsWith(one.title));
    for (const key of ['Enter', ' ']) {
      assert.ok(page.key(key).prevented);
      assert.ok(box.classList.contains('chosen'));
      page.key('Escape');
      assert.ok(!box.classList.contains('chosen'));
      box.focus();
    }
    assert.ok(!page.key('a').prevented);
  },
  'unfolds the VFs of a PF, and leads from one to the other'() {
    const page = open(serverFile), one = pf(page);
    page.box(one.id + '-vfs').click();
    const rows = page.aside.all('tr');
    assert.strictEqual(rows.length, 1 + one.vfs.count);
    const vf = page.node(node => node.kind === 'vf' && node.parent === one.id && node.vf_index === 3);
    const link = page.aside.all('a').find(a => a.textContent === vf.address);
    assert.strictEqual(page.box(vf.id).tabIndex, -1);
    link.fire('keydown', { key: 'Enter' });
    assert.ok(page.text().startsWith(vf.title));
    assert.strictEqual(page.document.activeElement, page.box(vf.id));
    assert.strictEqual(page.box(vf.id).scrolled, 1);
    page.aside.all('a')[0].click();
    assert.ok(page.text().includes(one.address));
  },
  'folds a list that is long'() {
    const page = open(serverFile), one = page.node(node => node.users && node.users.length > 8);
    page.box(one.id).click();
    const summaries = page.aside.all('summary').map(summary => summary.textContent);
    assert.ok(summaries.includes('Users (' + one.users.length + ')'));
    assert.ok(!page.aside.all('details')[0].open);
    assert.match(page.text(), /\(blocks\)/);
  },
  'shows a group, its cause and its members'() {
    const page = open(oddFile), group = page.model.groups.find(one => one.shared && one.viable === false);
    page.box('group-' + group.index + '-part-0').click();
    assert.ok(page.text().startsWith('IOMMU group ' + group.iommu_group + ': ' + group.members.length + ' functions, not viable'));
    assert.ok(page.text().includes(group.reason));
    assert.strictEqual(page.aside.all('a').length, group.members.length);
    page.aside.all('a')[1].click();
    assert.ok(page.text().includes('(this)'));
  },
  'searches, and goes from hit to hit both ways'() {
    const page = open(serverFile), count = page.box('count'), search = page.box('search');
    assert.ok(page.key('/').prevented);
    assert.strictEqual(page.document.activeElement, search);
    assert.ok(!page.key('/').prevented);
    page.type('  NVMe ');
    const hits = page.svg.children.filter(box => box.classList.contains('found'));
    assert.ok(hits.length > 2);
    assert.strictEqual(count.textContent, hits.length + ' found');
    assert.ok(page.svg.classList.contains('searching'));
    const at = more => { page.key('Enter', more); return count.textContent + ' ' + hits.findIndex(box => box.classList.contains('chosen')); };
    assert.strictEqual(at(), '1 of ' + hits.length + ' 0');
    assert.strictEqual(at(), '2 of ' + hits.length + ' 1');
    assert.strictEqual(at({ shiftKey: true }), '1 of ' + hits.length + ' 0');
    assert.strictEqual(at({ shiftKey: true }), hits.length + ' of ' + hits.length + ' ' + (hits.length - 1));
    page.key('Escape');
    assert.strictEqual(search.value + count.textContent, '');
    assert.ok(!page.svg.classList.contains('searching'));
    page.type('no device is called that');
    page.key('Enter');
    assert.strictEqual(count.textContent, '0 found');
    page.type('group ' + pf(page).iommu_group);
    assert.ok(page.box(pf(page).id).classList.contains('found'));
  },
  'begins a backward search at the last hit'() {
    const page = open(serverFile);
    page.box('search').focus();
    page.type('nvme');
    const hits = page.svg.children.filter(box => box.classList.contains('found'));
    page.key('Enter', { shiftKey: true });
    assert.strictEqual(page.box('count').textContent, hits.length + ' of ' + hits.length);
  },
  'fits the width and back'() {
    const page = open(serverFile), button = page.box('fit');
    button.click();
    assert.ok(page.main.classList.contains('fit'));
    assert.strictEqual(button.attributes['aria-pressed'], 'true');
    button.click();
    assert.strictEqual(button.attributes['aria-pressed'], 'false');
  },
  'takes every box, and what devices call themselves for text'() {
    for (const file of [serverFile, oddFile]) {
      const page = open(file);
      for (const box of page.svg.children) {
        const before = page.aside.children;
        box.click();
        assert.notStrictEqual(page.aside.children, before, box.id);
        assert.ok(page.text().length > 3, box.id);
      }
    }
    const page = open(oddFile), attacker = page.node(node => /<script>/.test(node.driver));
    page.box(attacker.id).click();
    assert.ok(page.text().includes('<script>alert('));
    assert.strictEqual(page.aside.all('script').length, 0);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    test();
  } catch (error) {
    failed++;
    console.error('FAIL  page ' + name + '\n' + error.stack);
  }
}
console.log(Object.keys(tests).length - failed + ' passed, ' + failed + ' failed, 0 skipped');
process.exitCode = failed ? 1 : 0;
