'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const PAGE = 30;
const RANK = {failed: 0, 'not yet': 1, deliberate: 2, passed: 3};
const SIGN = {failed: '✗', 'not yet': '…', deliberate: '≠', passed: '✓'};

// An element with attributes and children; strings become text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}
const chip = (status) => make('span', {class: 'chip ' + status.replace(' ', '-')}, SIGN[status] + ' ' + status);
const code = (text) => make('code', {}, text);
const brief = (text) => (text.length > 90 ? text.slice(0, 88) + ' …' : text);
const count = (number) => number.toLocaleString('en');

// A table in a box that scrolls by itself. Columns: {title, cell(row), number, label}.
function table(columns, rows, {caption, cards = false}) {
  const head = make('tr', {}, ...columns.map((c) => make('th', {scope: 'col', class: c.number ? 'n' : ''}, c.title)));
  const body = rows.map((row) => make('tr', {}, ...columns.map((column, index) => {
    const attributes = {class: column.number ? 'n' : ''};
    if (index === 0) attributes.scope = 'row';
    else attributes['data-label'] = column.title;
    const content = column.cell(row);
    return make(index === 0 ? 'th' : 'td', attributes, ...(Array.isArray(content) ? content : [content ?? '']));
  })));
  return make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    make('table', {class: cards ? 'cards' : 'fixed'}, make('thead', {}, head), make('tbody', {}, ...body)));
}

// A table that shows PAGE rows and grows on demand.
function paged(place, columns, rows, options, shown = PAGE) {
  const parts = rows.length ? [table(columns, rows.slice(0, shown), options)] : [make('p', {}, options.none)];
  if (rows.length > shown) {
    const button = make('button', {type: 'button', class: 'more'}, `Show ${Math.min(PAGE * 4, rows.length - shown)} more of ${count(rows.length)}`);
    button.addEventListener('click', () => paged(place, columns, rows, options, shown + PAGE * 4));
    parts.push(button);
  }
  place.replaceChildren(...parts);
}

// ---- filter ------------------------------------------------------------------------------------
const FIELDS = ['text', 'ufunc', 'dtype', 'target', 'kind', 'status'];
const field = (name) => byId('f-' + name);
const wordsOf = (text) => text.split(/[^A-Za-z0-9_]+/);

function passes(row, filter, known) {
  const text = Object.values(row).filter((value) => typeof value === 'string').join(' ').toLowerCase();
  return filter.text.every((word) => text.includes(word))
    && (!filter.ufunc || row.ufunc === filter.ufunc)
    && (!filter.dtype || wordsOf(row.types || '').includes(filter.dtype))
    && (!filter.target || !known.target || (row.targets ? !row.targets.length || row.targets.includes(filter.target) : row.target === filter.target))
    && (!filter.kind || !known.kind || row.kind === filter.kind)
    && (!filter.status || !known.status || row.status === filter.status);
}
function currentFilter() {
  const filter = Object.fromEntries(FIELDS.map((name) => [name, field(name).value.trim()]));
  return {...filter, text: filter.text.toLowerCase().split(/\s+/).filter(Boolean)};
}
const chosen = (rows, known = {}) => {
  const filter = currentFilter();
  return rows.filter((row) => passes(row, filter, known));
};

// ---- differences -------------------------------------------------------------------------------
const differenceColumns = [
  {title: 'where', cell: (r) => [[r.ufunc || r.check, r.types].join(' '), make('small', {}, r.targets.length ? ' on ' + r.targets.join(', ') : '')]},
  {title: 'count', number: true, cell: (r) => count(r.count)},
  {title: 'first case', cell: (r) => (r.examples[0].case === r.types ? '' : code(r.examples[0].case))},
  {title: 'quern', cell: (r) => code(r.examples[0].quern)},
  {title: 'expected', cell: (r) => code(r.examples[0].expected)},
];
// Differences of one kind under a line that says what and how many; the table is made when opened.
function block(status, rows, total, ...text) {
  const place = make('div', {});
  const details = make('details', {}, make('summary', {}, chip(status), ' ', make('b', {}, count(total)), ' ', ...text), place);
  details.addEventListener('toggle', () => paged(place, differenceColumns, rows, {caption: 'Differences', cards: true, none: ''}), {once: true});
  return details;
}
function failureBlock(rows) {
  const [first] = rows;
  const example = first.examples[0];
  return block('failed', rows, first.group, make('b', {}, [first.check, first.ufunc].filter(Boolean).join(': ')), ' ',
    code(brief(`${example.case}: ${example.quern}`)), ', expected ', code(brief(example.expected)));
}
function showDifferences() {
  const rows = chosen(data.differences, {target: true, status: true});
  const groups = new Map();
  for (const row of rows.filter((row) => row.status === 'failed')) {
    const key = row.check + '|' + row.ufunc;
    groups.set(key, [...(groups.get(key) || []), row]);
  }
  const anyFailed = data.differences.some((row) => row.status === 'failed');
  const none = make('p', {class: anyFailed ? '' : 'passed'}, anyFailed ? 'No failure matches the filter.' : '✓ Nothing fails.');
  byId('failures').replaceChildren(...(groups.size ? [...groups.values()].map(failureBlock) : [none]));
  const blocks = data.rules.map((rule) => {
    const found = rows.filter((row) => row.rule === rule.name);
    return found.length ? block(rule.status, found, rule.count, rule.reason) : null;
  });
  byId('explained').replaceChildren(...blocks.filter(Boolean));
}

// ---- loops, hashes, speed ----------------------------------------------------------------------
const figure = (value, digits) => (value === null || value === undefined ? '' : value.toFixed(digits));
const loopColumns = [
  {title: 'loop', cell: (r) => [r.ufunc, make('small', {}, ' ' + r.types)]},
  {title: 'target', cell: (r) => r.target},
  {title: 'status', cell: (r) => chip(r.status)},
  {title: 'kernel ran on', cell: (r) => r.ran_on},
  {title: 'kind', cell: (r) => make('span', {class: 'loop-kind ' + r.kind}, r.kind)},
  {title: 'cases', number: true, cell: (r) => count(r.cases)},
  {title: 'failed', number: true, cell: (r) => count(r.failed)},
  {title: 'deliberate', number: true, cell: (r) => count(r.deliberate)},
  {title: 'promise', cell: (r) => r.promise},
  {title: 'worst ULP', number: true, cell: (r) => figure(r.worst_ulp, 4)},
  {title: 'hash', cell: (r) => make('span', {class: 'hash', title: r.hash || ''}, (r.hash || '').slice(0, 12))},
  ...data.sizes.map((size) => ({title: 'speed, n=' + count(+size), number: true, cell: (r) => figure(r['speed_' + size], 2)})),
  {title: 'spec', cell: (r) => r.origin},
];
const hashColumns = [
  {title: 'of', cell: (r) => [r.ufunc, make('small', {}, ' ' + r.types)]},
  {title: 'what', cell: (r) => r.what},
  {title: 'hash', cell: (r) => make('span', {class: 'hash'}, r.hash)},
];
const ratioOf = (row, size) => row.sizes[size]?.ratio ?? Infinity;
function ratioCell(row, size) {
  const entry = row.sizes[size];
  if (!entry) return '';
  const bar = make('span', {class: entry.ratio < 0.95 ? 'bar slow' : 'bar', style: `width:${Math.min(5, entry.ratio) * 0.8}rem`});
  return [make('span', {title: `quern ${entry.quern_ns.toFixed(1)} ns, NumPy ${entry.numpy_ns.toFixed(1)} ns`}, entry.ratio.toFixed(2) + '×'), bar];
}
const speedColumns = [
  {title: 'loop', cell: (r) => [r.ufunc, make('small', {}, ' ' + r.types)]},
  ...data.sizes.map((size) => ({title: 'n=' + count(+size), cell: (r) => ratioCell(r, size)})),
];
function showSpeed() {
  const order = byId('s-order').value;
  const rows = chosen(data.speed);
  if (order) rows.sort((a, b) => ratioOf(a, order) - ratioOf(b, order));
  paged(byId('speed-table'), speedColumns, rows, {caption: 'Speed', none: 'No loop matches the filter.'});
}
function showAll() {
  const loops = chosen(data.rows, {target: true, kind: true, status: true}).sort((a, b) => RANK[a.status] - RANK[b.status]);
  byId('f-count').textContent = `${count(loops.length)} of ${count(data.rows.length)} rows of loops shown.`;
  showDifferences();
  paged(byId('loop-table'), loopColumns, loops, {caption: 'Loops', none: 'No loop matches the filter.'});
  paged(byId('hash-table'), hashColumns, chosen(data.hashes), {caption: 'Hashes', none: 'No hash matches the filter.'}, 12);
  showSpeed();
}

// ---- types -------------------------------------------------------------------------------------
const withoutUnit = (text, view) => (view.unit ? text.replaceAll(view.unit, '') : text);
function typeCell(entry, cell, view) {
  const outcome = entry.cells[cell];
  const text = entry.outcomes[outcome];
  const [inputs, output] = withoutUnit(entry.short[outcome], view).split(' → ');
  const same = output && new Set(inputs.split(', ')).size === 1 ? inputs.split(', ')[0] : inputs;
  const shown = text === 'refused' ? '–' : same + (output !== same ? ' → ' + output : '');
  const status = entry.status[cell];
  const mark = status === 'failed' ? ' wrong' : status ? ' differs' : '';
  return make('td', {class: (text === 'refused' ? '' : entry.kinds[outcome]) + mark, title: text + (status ? ', ' + status : '')}, shown);
}
function showTypes() {
  const entry = data.types.find((item) => item.ufunc === byId('t-ufunc').value);
  if (!entry) return;
  byId('t-first-label').hidden = entry.nin < 3;
  const names = data.dtypes;
  const view = data.views.find((item) => item.title === byId('t-view').value);
  const start = entry.nin < 3 ? 0 : names.indexOf(byId('t-first').value) * names.length ** 2;
  const head = (place, scope) => make('th', {scope}, make('abbr', {title: names[place]}, withoutUnit(data.shorts[names[place]], view)));
  const line = (row) => view.places.map((column) => typeCell(entry, start + row * names.length + column, view));
  const rows = entry.nin === 1 ? [make('tr', {}, make('td', {}, ''), ...line(0))]
    : view.places.map((row) => make('tr', {}, head(row, 'row'), ...line(row)));
  byId('t-table').replaceChildren(make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Loops of ' + entry.ufunc},
    make('table', {class: 'matrix'}, make('thead', {}, make('tr', {}, make('td', {}), ...view.places.map((place) => head(place, 'col')))), make('tbody', {}, ...rows))));
}

for (const entry of data.types) byId('t-ufunc').append(make('option', {}, entry.ufunc));
for (const view of data.views) byId('t-view').append(make('option', {}, view.title));
for (const name of data.dtypes) byId('t-first').append(make('option', {}, name));
byId('s-order').append(make('option', {value: ''}, 'as computed'),
  ...data.sizes.map((size) => make('option', {value: size}, 'slowest first, n=' + count(+size))));
if (data.sizes.length) byId('s-order').value = data.sizes[data.sizes.length - 1];
for (const id of ['t-ufunc', 't-view', 't-first']) byId(id).addEventListener('change', showTypes);
byId('s-order').addEventListener('change', showSpeed);
byId('filter').addEventListener('input', showAll);
byId('filter').addEventListener('submit', (event) => event.preventDefault());
byId('filter').addEventListener('reset', () => setTimeout(showAll));
if (window.matchMedia('(max-width: 40rem)').matches) byId('filter-box').open = false;
showTypes();
showAll();
