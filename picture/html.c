// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page around the SVG: a search box, a panel with the details of what is pointed at or chosen, and a PF's VFs unfolded in it.
 * All of it is in the one file; the script reads the model as JSON, builds text nodes only, and runs from file:// without a
 * network. Without script the picture is still there, with its titles.
 */
#include <errno.h>

#include "picture/svg.h"

struct page_colors {
	const char *page, *panel, *line, *ink, *soft, *accent;
};

static const struct page_colors light_colors = { "#f8fafc", "#ffffff", "#b6c2d1", "#0f172a", "#475569", "#1d4ed8" };
static const struct page_colors dark_colors = { "#0b1220", "#1d2a40", "#4a5a75", "#e8edf5", "#a9b6c9", "#8ab4ff" };

static const char style[] =
	"*{box-sizing:border-box}\n"
	"body{margin:0;font:14px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;height:100vh;"
	"display:grid;grid-template:auto 1fr/1fr 360px;grid-template-areas:'bar bar' 'picture panel'}\n"
	"header{grid-area:bar;display:flex;gap:12px;align-items:center;padding:10px 16px;border-bottom:1px solid}\n"
	"header h1{font-size:16px;margin:0;flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\n"
	"input,button{font:inherit;padding:5px 10px;border:1px solid;border-radius:7px}\n"
	"input{width:300px}button{cursor:pointer}button[disabled]{cursor:default;opacity:.55}\n"
	"main{grid-area:picture;overflow:auto}svg{display:block}\n"
	"main.fit svg{width:100%;height:auto}\n"
	"aside{grid-area:panel;overflow:auto;padding:14px 16px;border-left:1px solid}\n"
	"aside h2{font-size:15px;margin:0 0 2px;overflow-wrap:anywhere}aside h3{font-size:13px;margin:14px 0 4px}\n"
	"dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:8px 0}dd{margin:0;overflow-wrap:anywhere}\n"
	"dt,.soft-text{opacity:1}ul{margin:4px 0;padding-left:18px}li{overflow-wrap:anywhere}\n"
	"table{border-collapse:collapse;width:100%;font-size:12.5px}td,th{text-align:left;padding:2px 6px 2px 0}\n"
	"a.jump{cursor:pointer;text-decoration:underline}\n"
	".box[tabindex]{cursor:pointer;outline:none}\n"
	".box[tabindex]:focus-visible>rect:first-of-type,.chosen>rect:first-of-type{stroke-width:3}\n"
	"svg.searching .box.device:not(.found),svg.searching .box.bridge:not(.found),svg.searching "
	".box.vf:not(.found){opacity:.22}\n"
	"@media (max-width:900px){body{grid-template:auto 1fr auto/1fr;grid-template-areas:'bar' 'picture' 'panel';}"
	"aside{border-left:0;border-top:1px solid;max-height:45vh}header{flex-wrap:wrap}}\n"
	"@media print{body{display:block;height:auto}header,aside{display:none}main{overflow:visible}main "
	"svg{width:100%;height:auto}}\n";

static const char script[] =
	"'use strict';\n"
	"const model = JSON.parse(document.getElementById('model').textContent);\n"
	"const nodes = new Map(model.nodes.map(node => [node.id, node]));\n"
	"const children = new Map();\n"
	"for (const node of model.nodes) {\n"
	"  if (!children.has(node.parent)) children.set(node.parent, []);\n"
	"  children.get(node.parent).push(node);\n"
	"}\n"
	"const svg = document.querySelector('main svg'), panel = document.querySelector('aside');\n"
	"const search = document.getElementById('search'), count = document.getElementById('count');\n"
	"let chosen = null;\n"
	"function make(name, text, parent) {\n"
	"  const element = document.createElement(name);\n"
	"  if (text !== undefined && text !== null) element.textContent = text;\n"
	"  if (parent) parent.append(element);\n"
	"  return element;\n"
	"}\n"
	"function row(list, name, value) {\n"
	"  if (value === null || value === undefined || value === '') return;\n"
	"  make('dt', name, list); make('dd', value, list);\n"
	"}\n"
	"function jump(node, parent, text) {\n"
	"  const link = make('a', text || ((node.address ? node.address + ' ' : '') + node.title), parent);\n"
	"  link.className = 'jump'; link.tabIndex = 0;\n"
	"  link.onclick = () => choose(document.getElementById(node.id), true);\n"
	"  link.onkeydown = event => { if (event.key === 'Enter') link.onclick(); };\n"
	"}\n"
	"function list(title, items, parent, put) {\n"
	"  if (!items.length) return;\n"
	"  make('h3', title, parent);\n"
	"  const ul = make('ul', null, parent);\n"
	"  for (const item of items) put(item, make('li', null, ul));\n"
	"}\n"
	"function groupName(group) {\n"
	"  return group.iommu_group === null ? 'would be one IOMMU group' : 'IOMMU group ' + group.iommu_group;\n"
	"}\n"
	"function showGroup(group, parent, self) {\n"
	"  if (!group.shared) return;\n"
	"  make('h3', groupName(group) + ': ' + group.members.length + ' functions' +\n"
	"    (group.viable === false ? ', not viable' : ''), parent);\n"
	"  if (group.cause) make('div', group.cause, parent);\n"
	"  if (group.reason) make('div', group.reason, parent);\n"
	"  const ul = make('ul', null, parent);\n"
	"  for (const id of group.members.slice(0, 300)) {\n"
	"    const li = make('li', null, ul);\n"
	"    if (id === self) li.textContent = nodes.get(id).address + ' (this)'; else jump(nodes.get(id), li);\n"
	"  }\n"
	"}\n"
	"function showVfs(node, parent) {\n"
	"  const vfs = (children.get(node.id) || []).filter(child => child.kind === 'vf');\n"
	"  if (!vfs.length) return;\n"
	"  const box = make('details', null, parent);\n"
	"  box.open = true;\n"
	"  make('summary', vfs.length + ' VFs', box);\n"
	"  const table = make('table', null, box), head = make('tr', null, table);\n"
	"  for (const name of ['VF', 'address', 'owner', 'group']) make('th', name, head);\n"
	"  for (const vf of vfs) {\n"
	"    const tr = make('tr', null, table);\n"
	"    make('td', vf.vf_index, tr); jump(vf, make('td', null, tr), vf.address);\n"
	"    make('td', vf.owner_text, tr); make('td', vf.iommu_group === null ? '-' : vf.iommu_group, tr);\n"
	"  }\n"
	"}\n"
	"function showNode(node) {\n"
	"  panel.replaceChildren();\n"
	"  make('h2', node.title, panel);\n"
	"  if (node.detail) make('div', node.detail, panel);\n"
	"  const facts = make('dl', null, panel);\n"
	"  row(facts, 'address', node.address); row(facts, 'ids', node.ids); row(facts, 'vendor', node.vendor);\n"
	"  row(facts, 'class', node.class_name); row(facts, 'driver', node.driver); row(facts, 'owner', "
	"node.owner_text);\n"
	"  row(facts, 'NUMA node', node.numa_node); row(facts, 'IOMMU group', node.iommu_group);\n"
	"  row(facts, 'VF', node.vf_index);\n"
	"  if (node.parent && nodes.has(node.parent)) {\n"
	"    make('dt', 'below', facts); jump(nodes.get(node.parent), make('dd', null, facts));\n"
	"  }\n"
	"  list('What to know', node.badges || [], panel, (badge, li) => li.textContent =\n"
	"    (badge.level === 'info' ? '' : badge.level + ': ') + badge.text + (badge.detail ? ': ' + badge.detail : "
	"''));\n"
	"  list('Users', node.users || [], panel, (user, li) => li.textContent = user.what +\n"
	"    (user.severity === 'blocks' ? ' (blocks)' : ''));\n"
	"  list('Against giving it away', node.blockers || [], panel, (code, li) => li.textContent = code +\n"
	"    ' (sluice explain ' + code + ')');\n"
	"  showVfs(node, panel);\n"
	"  if (node.group !== null && node.group !== undefined) showGroup(model.groups[node.group], panel, node.id);\n"
	"}\n"
	"function show(box) {\n"
	"  if (!box) return;\n"
	"  const id = box.dataset.of || box.id;\n"
	"  if (nodes.has(id)) showNode(nodes.get(id));\n"
	"  else if (box.dataset.group) { panel.replaceChildren(); showGroup(model.groups[box.dataset.group], panel); "
	"}\n"
	"}\n"
	"function choose(box, scroll) {\n"
	"  if (!box) return;\n"
	"  if (chosen) chosen.classList.remove('chosen');\n"
	"  chosen = box; box.classList.add('chosen'); show(box);\n"
	"  if (scroll) { box.scrollIntoView({ block: 'center', inline: 'center' }); box.focus({ preventScroll: true "
	"}); }\n"
	"}\n"
	"const boxes = [...svg.querySelectorAll('.box[id]')];\n"
	"for (const box of boxes) {\n"
	"  box.tabIndex = box.classList.contains('vf') ? -1 : 0;\n"
	"  box.setAttribute('role', 'button');\n"
	"  box.addEventListener('mouseenter', () => { if (!chosen) show(box); });\n"
	"  box.addEventListener('click', event => { event.stopPropagation(); choose(box); });\n"
	"  box.addEventListener('keydown', event => {\n"
	"    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(box); }\n"
	"  });\n"
	"}\n"
	"function hint() {\n"
	"  panel.replaceChildren();\n"
	"  make('h2', model.host, panel); make('div', model.summary, panel);\n"
	"  for (const note of model.notes) make('p', note, panel);\n"
	"  make('p', 'Point at a box to see more, click or press Enter to keep it, Esc to let go. Tab goes from box to "
	"box, / to the search.', panel);\n"
	"  const shared = model.groups.filter(group => group.shared);\n"
	"  list('Groups of several', shared, panel, (group, li) => {\n"
	"    jump(nodes.get(group.members[0]), li, groupName(group) + ', ' + group.members.length + ' functions');\n"
	"  });\n"
	"}\n"
	"function letGo() {\n"
	"  if (chosen) chosen.classList.remove('chosen');\n"
	"  chosen = null; hint();\n"
	"}\n"
	"let hits = [], at = -1;\n"
	"function words(node) {\n"
	"  return [node.id, node.address, node.title, node.detail, node.driver, node.owner_text, node.vendor, "
	"node.ids,\n"
	"    node.class_name, 'group ' + node.iommu_group, ...(node.badges || []).map(badge => badge.text),\n"
	"    ...(node.users || []).map(user => user.what)].join(' ').toLowerCase();\n"
	"}\n"
	"search.addEventListener('input', () => {\n"
	"  const wanted = search.value.trim().toLowerCase();\n"
	"  hits = []; at = -1;\n"
	"  svg.classList.toggle('searching', wanted !== '');\n"
	"  for (const box of boxes) {\n"
	"    const node = nodes.get(box.id);\n"
	"    const hit = wanted !== '' && node && node.address && words(node).includes(wanted);\n"
	"    box.classList.toggle('found', Boolean(hit));\n"
	"    if (hit) hits.push(box);\n"
	"  }\n"
	"  count.textContent = wanted === '' ? '' : hits.length + ' found';\n"
	"});\n"
	"search.addEventListener('keydown', event => {\n"
	"  if (event.key === 'Enter' && hits.length) {\n"
	"    at = (at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;\n"
	"    choose(hits[at]); hits[at].scrollIntoView({ block: 'center', inline: 'center' });\n"
	"    count.textContent = (at + 1) + ' of ' + hits.length;\n"
	"  }\n"
	"});\n"
	"document.addEventListener('keydown', event => {\n"
	"  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }\n"
	"  if (event.key === 'Escape') {\n"
	"    if (search.value) { search.value = ''; search.dispatchEvent(new Event('input')); } else letGo();\n"
	"  }\n"
	"});\n"
	"document.querySelector('main').addEventListener('click', letGo);\n"
	"document.getElementById('fit').addEventListener('click', event => {\n"
	"  const fits = document.querySelector('main').classList.toggle('fit');\n"
	"  event.target.setAttribute('aria-pressed', fits);\n"
	"});\n"
	"hint();\n";

static void put_page_colors(FILE *out, const struct page_colors *colors)
{
	fprintf(out,
		"body,header{background:%s;color:%s;border-color:%s}aside{background:%s;border-color:%s}\n"
		"input,button{background:%s;color:%s;border-color:%s}dt,header span{color:%s}a.jump{color:%s}\n",
		colors->page, colors->ink, colors->line, colors->panel, colors->line, colors->panel, colors->ink,
		colors->line, colors->soft, colors->accent);
}

static void put_head(const struct picture *picture, enum picture_theme theme, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>PCI topology of ",
		out);
	picture_put_xml(out, picture->host);
	fputs("</title>\n<style>\n", out);
	fputs(style, out);
	put_page_colors(out, theme == PICTURE_DARK ? &dark_colors : &light_colors);
	if (theme == PICTURE_AUTO) {
		fputs("@media screen and (prefers-color-scheme:dark){\n", out);
		put_page_colors(out, &dark_colors);
		fputs("}\n", out);
	}
	fputs("</style>\n</head>\n", out);
}

/* In a script element only "<" could end it early; in JSON it is within strings alone, where this means the same. */
static void put_json(FILE *out, const char *json)
{
	for (; *json; json++) {
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
	}
}

int picture_html(const struct picture *picture, enum picture_theme theme, const char *json, FILE *out)
{
	put_head(picture, theme, out);
	fputs("<body>\n<header><h1>", out);
	picture_put_xml(out, picture->host);
	fputs("</h1><span id=\"count\" role=\"status\"></span><input id=\"search\" type=\"search\" "
	      "placeholder=\"search: address, name, driver, guest (press /)\" aria-label=\"search\"><button "
	      "id=\"fit\" aria-pressed=\"false\">fit width</button></header>\n<main>\n",
		out);
	if (svg_write(picture, theme, false, out) < 0)
		return -ENOMEM;
	fputs("</main>\n<aside aria-live=\"polite\"></aside>\n<script type=\"application/json\" id=\"model\">", out);
	put_json(out, json);
	fputs("</script>\n<script>\n", out);
	fputs(script, out);
	fputs("</script>\n</body>\n</html>\n", out);
	return 0;
}
