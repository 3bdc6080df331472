/** The page of the question: reads it, asks the service, puts the answer in its place, and keeps the address bar true. */

import { offerExports } from './exports';
import { Combobox } from './combobox';
import { need } from './element';
import { dataIn, FragmentLoader } from './fragment';
import { type DeskData, MapDesk } from './map/desk';
import type { AnswerData } from './map/shapes';
import { fieldsOf, type Fields, hasPlace, placeOf, pointFields, positionFields, searchOf, tradeFields, WIDEST_UNCERTAINTY_M, withFields, withPlace } from './question';
import { trouble, type Trouble } from './troubles';

const data = dataIn('page-donnees') as DeskData & { readonly fields: Fields };
const isEmbedded = document.body.classList.contains('embedded');
const form = need('question', HTMLFormElement);
const input = need('adresse', HTMLInputElement);
const trade = need('metier', HTMLSelectElement);
const situation = need('situation', HTMLSelectElement);
const date = need('date', HTMLInputElement);
const status = need('etat', HTMLElement);
const loader = new FragmentLoader();

let fields: Fields = withFields(data.fields, { date: data.fields['date'] ?? data.today });

const combobox = new Combobox(input, need('suggestions', HTMLUListElement), {
  choose: (suggestion) => void ask(withPlace(fields, suggestion.place)),
  say,
});

const map = new MapDesk(data, fields['date'] ?? data.today, {
  ask: (lon, lat) => void ask(withPlace(fields, pointFields(lon, lat)), { quietMap: true }),
  day: (day) => {
    date.value = day;
    void change({ date: day });
  },
});

interface AskOptions {
  /** Leave the history as it is: we are moving in it. */
  readonly isReturn?: boolean;
  /** Keep the keyboard where it is: only a detail changed. */
  readonly keepFocus?: boolean;
  /** Do not move the map: the person just clicked on it. */
  readonly quietMap?: boolean;
}

async function ask(next: Fields, options: AskOptions = {}): Promise<void> {
  fields = next;
  const search = searchOf(fields);
  if (options.isReturn !== true) {
    const address = `/?${isEmbedded ? 'integre=1&' : ''}${search}${location.hash}`;
    history.pushState(null, '', address);
  }
  busy(true);
  say('Recherche…');
  const outcome = await loader.load(`/reponse?${search}`);
  if (outcome.kind === 'superseded') return;
  busy(false);
  if (outcome.kind === 'trouble') {
    showTrouble(outcome.trouble, () => void ask(fields, { ...options, isReturn: true }));
    return;
  }
  say('');
  afterAnswer(options);
}

function afterAnswer(options: AskOptions): void {
  const title = document.getElementById('reponse-titre');
  const answer = dataIn('reponse-donnees') as AnswerData | null;
  revealScripted();
  if (answer !== null) {
    document.title = `${answer.place.label} · Zonage Santé`;
    if (fields['address'] === undefined || input.value === '') combobox.set(answer.place.label);
    void map.showAnswer(answer, options.quietMap !== true);
    if (options.keepFocus === true) say('Réponse mise à jour.');
  }
  if (options.keepFocus !== true && title !== null) {
    title.focus({ preventScroll: true });
    const { top } = title.getBoundingClientRect();
    if (top < 0 || top > innerHeight * 0.7) title.scrollIntoView({ block: 'start' });
  }
}

/** A detail of the question changed: ask again if there is a place to ask about. */
async function change(changes: Fields): Promise<void> {
  fields = withFields(fields, changes);
  if (hasPlace(fields)) await ask(fields, { keepFocus: true, quietMap: true });
}

function busy(isBusy: boolean): void {
  document.body.classList.toggle('loading', isBusy);
  status.classList.toggle('busy', isBusy);
  need('contenu', HTMLElement).setAttribute('aria-busy', String(isBusy));
}

function say(message: string): void {
  status.textContent = message;
}

function showTrouble(found: Trouble, retry: (() => void) | null): void {
  say('');
  const title = document.createElement('h2');
  title.id = 'reponse-titre';
  title.tabIndex = -1;
  title.textContent = found.title;
  const advice = document.createElement('p');
  advice.textContent = found.advice;
  const notice = document.createElement('div');
  notice.className = 'notice bad';
  notice.append(advice);
  if (retry !== null) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Réessayer';
    button.addEventListener('click', retry);
    const line = document.createElement('p');
    line.append(button);
    notice.append(line);
  }
  need('reponse', HTMLElement).replaceChildren(title, notice);
  need('details', HTMLElement).replaceChildren();
  title.focus();
}

/** Show a part of the page and read on from there. */
function goTo(id: string): void {
  const part = document.getElementById(id);
  if (part === null) return;
  if (!part.hasAttribute('tabindex')) part.tabIndex = -1;
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: 'start' });
}

function revealScripted(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>('[data-needs-js]')) hidden.hidden = false;
}

function syncForm(): void {
  const { profession = '', specialty = '', status: chosen = '' } = fields;
  const key = profession === 'medecin' ? `medecin-${specialty}` : profession;
  if (Array.from(trade.options).some((option) => option.value === key)) trade.value = key;
  if (Array.from(situation.options).some((option) => option.value === chosen)) situation.value = chosen;
  date.value = fields['date'] ?? data.today;
  map.setDay(date.value);
  combobox.set(fields['address'] ?? '');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  combobox.set(input.value);
  const typed = input.value.trim();
  if (typed === '') {
    say('Tapez une adresse ou une commune.');
    input.focus();
    return;
  }
  void ask(withPlace(fields, { address: typed }));
});
trade.addEventListener('change', () => void change(tradeFields(trade.value)));
situation.addEventListener('change', () => void change({ status: situation.value }));
date.addEventListener('change', () => {
  if (!date.validity.valid || date.value === '') return;
  map.setDay(date.value);
  void change({ date: date.value });
});

document.addEventListener('submit', (event) => {
  const facts = event.target;
  if (!(facts instanceof HTMLFormElement) || facts.dataset['facts'] === undefined) return;
  event.preventDefault();
  const given: Record<string, string> = {};
  for (const [name, value] of new FormData(facts)) {
    if (typeof value !== 'string' || value.trim() === '') continue;
    given[name] = given[name] !== undefined && name === 'coordinated' ? `${given[name]},${value}` : value.trim();
  }
  void ask(withFields(fields, given), { quietMap: true });
});

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest('a');
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link !== null && isPlain && link.getAttribute('href')?.startsWith('#') === true) {
    event.preventDefault(); // the fragment of the address belongs to the map
    goTo(link.hash.slice(1));
    return;
  }
  if (link === null || !isPlain || link.target !== '' || link.origin !== location.origin || link.pathname !== '/' || link.search === '') return;
  event.preventDefault();
  const asked = fieldsOf(link.search);
  const next = link.dataset['whole'] === undefined && Object.keys(placeOf(asked)).length === Object.keys(asked).length ? withPlace(fields, asked) : asked;
  fields = withFields(next, { date: next['date'] ?? date.value });
  syncForm();
  void ask(fields);
});

const position = need('position', HTMLButtonElement);
position.hidden = !('geolocation' in navigator);
position.addEventListener('click', () => {
  say('Recherche de votre position…');
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      if (coords.accuracy > WIDEST_UNCERTAINTY_M) showTrouble(trouble('vague'), null);
      else void ask(withPlace(fields, positionFields(coords.longitude, coords.latitude, coords.accuracy)));
    },
    (error) => {
      showTrouble(trouble(error.code === error.PERMISSION_DENIED ? 'denied' : 'unlocated'), null);
    },
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  );
});

window.addEventListener('popstate', () => {
  fields = withFields(fieldsOf(location.search), {});
  syncForm();
  void ask(withFields({ ...tradeFields(trade.value), status: situation.value, date: date.value }, fields), { isReturn: true });
});

offerExports({ fields: () => fields, say });
revealScripted();
if (document.getElementById('reponse-donnees') !== null) {
  void map.showAnswer(dataIn('reponse-donnees') as AnswerData, location.hash === '');
}
document.body.dataset['ready'] = 'yes';
performance.mark('ready');
void map.open();
