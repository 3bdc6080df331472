/** The comparison: places come by address, click or list; the server draws the table. */

import { Combobox } from './combobox';
import { need } from './element';
import { dataIn, FragmentLoader } from './fragment';
import { type DeskData, MapDesk } from './map/desk';
import type { NumberedPlace } from './map/shapes';
import { type Fields, pointFields, tradeFields } from './question';
import { Ranking } from './ranking';

const data = dataIn('page-donnees') as DeskData & { readonly fields: Fields };
const status = need('etat', HTMLElement);
const input = need('adresse', HTMLInputElement);
const trade = need('metier', HTMLSelectElement);
const situation = need('situation', HTMLSelectElement);
const date = need('date', HTMLInputElement);
const loader = new FragmentLoader();

let asked = new URLSearchParams(location.search);
normalise();

function say(message: string): void {
  status.textContent = message;
}

/** Forms of a browser without script name things their own way: one writing for the address bar. */
function normalise(): void {
  const list = (asked.get('lieux') ?? '').split(/\r?\n/);
  asked.delete('lieux');
  asked.delete('metier');
  for (const line of list) if (line.trim() !== '') asked.append('lieu', line.trim());
  for (const [name, value] of Object.entries({ ...data.fields, date: date.value })) asked.set(name, value);
}

function person(): Fields {
  return Object.fromEntries([...asked].filter(([name]) => name !== 'lieu'));
}

async function show(isReturn = false): Promise<void> {
  const search = asked.toString();
  if (!isReturn) history.pushState(null, '', `/comparer?${search}${location.hash}`);
  document.body.classList.add('loading');
  status.classList.add('busy');
  say('Comparaison…');
  const outcome = await loader.load(`/comparer/tableau?${search}`);
  if (outcome.kind === 'superseded') return;
  document.body.classList.remove('loading');
  status.classList.remove('busy');
  if (outcome.kind === 'trouble') {
    say(`${outcome.trouble.title} ${outcome.trouble.advice}`);
    return;
  }
  afterAnswer();
  say('Comparaison mise à jour.');
}

function afterAnswer(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>('[data-needs-js]')) hidden.hidden = false;
  const places = dataIn('comparaison-donnees') as readonly NumberedPlace[] | null;
  if (places !== null) void map.showPlaces(places);
}

function add(place: string): void {
  if (!asked.getAll('lieu').includes(place)) asked.append('lieu', place);
  combobox.set('');
  void show();
}

function textOf(place: Fields): string {
  if (place['citycode'] !== undefined) return `insee:${place['citycode']}`;
  if (place['lon'] !== undefined && place['lat'] !== undefined) return `point:${place['lon']},${place['lat']}${place['uncertainty_m'] === undefined ? '' : `,${place['uncertainty_m']}`}`;
  return place['address'] ?? '';
}

const combobox = new Combobox(input, need('suggestions', HTMLUListElement), {
  choose: (suggestion) => {
    add(textOf(suggestion.place));
  },
  say,
});

const map = new MapDesk(data, date.value, {
  ask: (lon, lat) => {
    add(textOf(pointFields(lon, lat)));
  },
  day: (day) => {
    date.value = day;
    change({ date: day });
  },
});

function change(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value === '') asked.delete(name);
    else asked.set(name, value);
  }
  void show();
}

need('question', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const typed = input.value.trim();
  if (typed === '') say('Tapez une adresse ou une commune.');
  else add(typed);
});
need('liste', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const area = need('lieux', HTMLTextAreaElement);
  const lines = area.value.split('\n').map((line) => line.trim()).filter(Boolean);
  if (lines.length === 0) return;
  for (const line of lines) if (!asked.getAll('lieu').includes(line)) asked.append('lieu', line);
  area.value = '';
  void show();
});
trade.addEventListener('change', () => {
  change(tradeFields(trade.value));
});
situation.addEventListener('change', () => {
  change({ status: situation.value });
});
date.addEventListener('change', () => {
  if (!date.validity.valid || date.value === '') return;
  map.setDay(date.value);
  change({ date: date.value });
});

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  const action = target.closest<HTMLElement>('button[data-action]')?.dataset['action'];
  if (action === 'print') window.print();
  if (action === 'copy') {
    navigator.clipboard.writeText(`${location.origin}/comparer?${asked.toString()}`).then(
      () => {
        say('Lien copié.');
      },
      () => {
        say('Le navigateur refuse la copie : le lien est dans la barre d’adresse.');
      },
    );
  }
  const link = target.closest('a');
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link === null || !isPlain || link.origin !== location.origin || link.pathname !== '/comparer' || link.closest('#comparaison') === null) return;
  event.preventDefault();
  asked = new URLSearchParams(link.search);
  void show().then(() => {
    need('comparaison-titre', HTMLElement).focus();
  });
});

window.addEventListener('popstate', () => {
  asked = new URLSearchParams(location.search);
  void show(true);
});

new Ranking(need('fichier', HTMLInputElement), person);
afterAnswer();
document.body.dataset['ready'] = 'yes';
void map.open();
