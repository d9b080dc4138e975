'use strict';
const model = JSON.parse(document.getElementById('model').textContent);
const nodes = new Map(model.nodes.map(node => [node.id, node]));
const children = new Map();
for (const node of model.nodes) {
  if (!children.has(node.parent)) children.set(node.parent, []);
  children.get(node.parent).push(node);
}
const main = document.querySelector('main'), svg = document.querySelector('main svg');
const panel = document.querySelector('aside');
const search = document.getElementById('search'), count = document.getElementById('count');

/* The panel: text nodes only, whatever a device calls itself. */
function make(name, text, parent) {
  const element = document.createElement(name);
  if (text !== undefined && text !== null) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}
function row(list, name, value) {
  if (value === null || value === undefined || value === '') return;
  make('dt', name, list); make('dd', value, list);
}
function jump(node, parent, text) {
  const link = make('a', text || ((node.address ? node.address + ' ' : '') + node.title), parent);
  link.className = 'jump'; link.tabIndex = 0;
  link.setAttribute('role', 'button');
  link.addEventListener('click', () => choose(document.getElementById(node.id), true));
  link.addEventListener('keydown', event => { if (event.key === 'Enter') link.click(); });
}
/* A long list is folded: what comes behind it would be out of sight. */
function list(title, items, parent, put) {
  if (!items.length) return;
  let into = parent;
  if (items.length > 8) {
    into = make('details', null, parent);
    make('summary', title + ' (' + items.length + ')', into);
  } else {
    make('h3', title, parent);
  }
  const ul = make('ul', null, into);
  for (const item of items) put(item, make('li', null, ul));
}
function groupName(group) {
  return group.iommu_group === null ? 'would be one IOMMU group' : 'IOMMU group ' + group.iommu_group;
}
function showGroup(group, parent, self, heading) {
  if (!group.shared) return;
  make(heading, groupName(group) + ': ' + group.members.length + ' functions' +
    (group.viable === false ? ', not viable' : ''), parent);
  if (group.cause) make('div', group.cause, parent);
  if (group.reason) make('div', group.reason, parent);
  const ul = make('ul', null, parent);
  for (const id of group.members.slice(0, 300)) {
    const li = make('li', null, ul);
    if (id === self) li.textContent = nodes.get(id).address + ' (this)'; else jump(nodes.get(id), li);
  }
  if (group.members.length > 300) make('div', 'and ' + (group.members.length - 300) + ' more', parent);
}
function showVfs(node, parent) {
  const vfs = (children.get(node.id) || []).filter(child => child.kind === 'vf');
  if (!vfs.length) return;
  const box = make('details', null, parent);
  box.open = true;
  make('summary', vfs.length + ' VFs', box);
  const table = make('table', null, box), head = make('tr', null, table);
  for (const name of ['VF', 'address', 'owner', 'group']) make('th', name, head);
  for (const vf of vfs) {
    const tr = make('tr', null, table);
    make('td', vf.vf_index, tr); jump(vf, make('td', null, tr), vf.address);
    make('td', vf.owner_text, tr); make('td', vf.iommu_group === null ? '-' : vf.iommu_group, tr);
  }
}
function showNode(node) {
  panel.replaceChildren();
  make('h2', node.title, panel);
  if (node.detail) make('div', node.detail, panel);
  const facts = make('dl', null, panel);
  row(facts, 'address', node.address); row(facts, 'ids', node.ids); row(facts, 'vendor', node.vendor);
  row(facts, 'class', node.class_name); row(facts, 'driver', node.driver); row(facts, 'owner', node.owner_text);
  row(facts, 'NUMA node', node.numa_node); row(facts, 'IOMMU group', node.iommu_group);
  row(facts, 'VF', node.vf_index);
  if (node.parent && nodes.has(node.parent)) {
    make('dt', 'below', facts); jump(nodes.get(node.parent), make('dd', null, facts));
  }
  list('What to know', node.badges || [], panel, (badge, li) => li.textContent =
    (badge.level === 'info' ? '' : badge.level + ': ') + badge.text + (badge.detail ? ': ' + badge.detail : ''));
  list('Users', node.users || [], panel, (user, li) => li.textContent = user.what +
    (user.severity === 'block' ? ' (blocks)' : ''));
  list(node.assignable_other_vmm ? "Against 'sluice run' (another VMM can have it)" : 'Against giving it away', node.blockers || [], panel, (code, li) => li.textContent = code +
    ' (sluice explain ' + code + ')');
  showVfs(node, panel);
  if (node.group !== null && node.group !== undefined) showGroup(model.groups[node.group], panel, node.id, 'h3');
}
function hint() {
  panel.replaceChildren();
  make('h2', model.host, panel); make('div', model.summary, panel);
  for (const note of model.notes) make('p', note, panel);
  make('p', 'Point at a box to see more, click or press Enter to keep it, Esc to let go. Tab goes from box to box, ' +
    '/ to the search, where Enter goes from hit to hit.', panel);
  const shared = model.groups.filter(group => group.shared);
  list('Groups of several', shared, panel, (group, li) => {
    jump(nodes.get(group.members[0]), li, groupName(group) + ', ' + group.members.length + ' functions');
  });
}

/* What is shown: the chosen box, or without one what is pointed at or has the focus. */
let chosen = null, shown = null;
function show(box) {
  if (!box || box === shown) return;
  const id = box.dataset.of || box.id;
  shown = box;
  if (nodes.has(id)) showNode(nodes.get(id));
  else if (box.dataset.group) { panel.replaceChildren(); showGroup(model.groups[box.dataset.group], panel, '', 'h2'); }
  panel.scrollTop = 0;
}
function choose(box, scroll) {
  if (!box) return;
  if (chosen) chosen.classList.remove('chosen');
  chosen = box; box.classList.add('chosen'); show(box);
  if (scroll) { box.scrollIntoView({ block: 'center', inline: 'center' }); box.focus({ preventScroll: true }); }
}
function letGo() {
  if (chosen) chosen.classList.remove('chosen');
  chosen = null; shown = null; hint();
}
function boxOf(event) {
  return event.target.closest('.box[id]');
}
const boxes = [...svg.querySelectorAll('.box[id]')];
for (const box of boxes) {
  box.tabIndex = box.classList.contains('vf') ? -1 : 0;
  box.setAttribute('role', 'button');
}
svg.addEventListener('pointermove', event => { if (!chosen) show(boxOf(event)); });
svg.addEventListener('focusin', event => { if (!chosen) show(boxOf(event)); });
svg.addEventListener('keydown', event => {
  if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(boxOf(event)); }
});
main.addEventListener('click', event => {
  const box = boxOf(event);
  if (box) choose(box); else letGo();
});

/* The search. */
let hits = [], at = -1;
function words(node) {
  return [node.id, node.address, node.title, node.detail, node.driver, node.owner_text, node.vendor, node.ids,
    node.class_name, 'group ' + node.iommu_group, ...(node.badges || []).map(badge => badge.text),
    ...(node.users || []).map(user => user.what)].join(' ').toLowerCase();
}
search.addEventListener('input', () => {
  const wanted = search.value.trim().toLowerCase();
  hits = []; at = -1;
  svg.classList.toggle('searching', wanted !== '');
  for (const box of boxes) {
    const node = nodes.get(box.id);
    const hit = wanted !== '' && node && node.address && words(node).includes(wanted);
    box.classList.toggle('found', Boolean(hit));
    if (hit) hits.push(box);
  }
  count.textContent = wanted === '' ? '' : hits.length + ' found';
});
search.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !hits.length) return;
  at = event.shiftKey ? (at > 0 ? at : hits.length) - 1 : (at + 1) % hits.length;
  choose(hits[at]); hits[at].scrollIntoView({ block: 'center', inline: 'center' });
  count.textContent = (at + 1) + ' of ' + hits.length;
});
document.addEventListener('keydown', event => {
  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  if (event.key === 'Escape') {
    if (search.value) { search.value = ''; search.dispatchEvent(new Event('input')); } else letGo();
  }
});
document.getElementById('fit').addEventListener('click', event => {
  const fits = main.classList.toggle('fit');
  event.target.setAttribute('aria-pressed', fits);
});
hint();
