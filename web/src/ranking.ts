/** Ranks the candidates of a file through `/v1/score`, part after part: scores do not depend on the other candidates. */

import { type Candidate, decode, readCandidates, UnreadableTable } from './csv';
import { need } from './element';
import { save } from './exports';
import { euros } from './format';
import type { Fields } from './question';
import { cell } from './tables';
import { troubleOf, troubleOfError } from './troubles';

const PART = 25;
const MOST = 1000;
const LARGEST_BYTES = 5_000_000;
const NOT_APPLICANT = new Set(['address', 'postcode', 'lon', 'lat', 'citycode', 'date', 'known_on', 'lieu', 'lieux']);

export interface Ranked {
  readonly id: string | null;
  readonly score: number;
  readonly amount_eur: number;
  readonly aids_available: readonly string[];
  readonly aids_to_check: readonly string[];
  readonly parts: readonly { readonly criterion: string; readonly points: number; readonly weight: number; readonly because: string }[];
  readonly place: Readonly<Record<string, string | number | null>>;
}

interface Unranked {
  readonly id: string | null;
  readonly message: string;
}

interface ScoreAnswer {
  readonly results: readonly Ranked[];
  readonly unranked: readonly Unranked[];
}

/** Best first; equal scores share their rank and keep the order of the file. */
export function ranks(results: readonly Ranked[]): { readonly rank: number; readonly row: Ranked }[] {
  const sorted = [...results].sort((a, b) => b.score - a.score);
  return sorted.map((row) => ({ rank: 1 + sorted.findIndex((other) => other.score === row.score), row }));
}

/** Facts of the applicant as the JSON body wants them: numbers and flags are not texts. */
export function applicantOf(fields: Fields): Record<string, unknown> {
  const texts = new Set(['profession', 'specialty', 'status', 'sector', 'group', 'tax_regime', 'opens', 'placement']);
  const facts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (NOT_APPLICANT.has(name)) continue;
    if (name === 'coordinated') facts[name] = value.split(',');
    else if (value === 'true' || value === 'false') facts[name] = value === 'true';
    else facts[name] = !texts.has(name) && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return facts;
}

export class Ranking {
  private run = 0;

  constructor(
    private readonly file: HTMLInputElement,
    private readonly fields: () => Fields,
  ) {
    file.addEventListener('change', () => {
      const chosen = file.files?.[0];
      if (chosen !== undefined) void this.rank(chosen);
    });
  }

  private async rank(file: File): Promise<void> {
    this.run += 1;
    const { run } = this;
    const place = need('classement', HTMLElement);
    place.replaceChildren();
    try {
      if (file.size > LARGEST_BYTES) throw new UnreadableTable('Ce fichier dépasse 5 Mo. Utilisez /v1/batch ou la commande zonage batch.');
      const { candidates, unread } = readCandidates(decode(await file.arrayBuffer()));
      if (candidates.length === 0) throw new UnreadableTable('Ce fichier ne contient aucun lieu lisible.');
      if (candidates.length > MOST) throw new UnreadableTable(`Au plus ${MOST} lieux ici, ce fichier en a ${candidates.length}. Utilisez /v1/batch ou la commande zonage batch.`);
      const results: Ranked[] = [];
      const unranked: Unranked[] = unread.map((row) => ({ id: `ligne ${row}`, message: 'Aucun lieu lisible sur cette ligne.' }));
      for (let start = 0; start < candidates.length; start += PART) {
        this.progress(start, candidates.length);
        const answer = await this.score(candidates.slice(start, start + PART));
        if (run !== this.run) return;
        results.push(...answer.results);
        unranked.push(...answer.unranked);
      }
      this.progress(candidates.length, candidates.length);
      place.replaceChildren(...tableOf(results, unranked));
    } catch (error) {
      if (run !== this.run) return;
      need('avancement', HTMLElement).hidden = true;
      place.replaceChildren(noticeOf(error));
    }
    this.file.value = '';
  }

  private async score(candidates: readonly Candidate[]): Promise<ScoreAnswer> {
    const fields = this.fields();
    const response = await fetch('/v1/score', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ candidates, applicant: applicantOf(fields), date: fields['date'], known_on: fields['known_on'] }),
      signal: AbortSignal.timeout(60_000),
    });
    const found = troubleOf(response.status, response.headers.get('Retry-After'));
    if (found !== null) throw new UnreadableTable(`${found.title} ${found.advice}`);
    return (await response.json()) as ScoreAnswer;
  }

  private progress(done: number, total: number): void {
    need('avancement', HTMLElement).hidden = false;
    const bar = need('barre', HTMLElement) as HTMLProgressElement;
    bar.max = total;
    bar.value = done;
    need('avancement-mots', HTMLElement).textContent = done === total ? `${total} lieux traités.` : `${done} lieux traités sur ${total}…`;
  }
}

function element(tag: string, text = '', className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

function noticeOf(error: unknown): HTMLElement {
  const found = troubleOfError(error);
  const notice = element('div', '', 'notice bad');
  notice.setAttribute('role', 'alert');
  notice.append(element('p', error instanceof UnreadableTable ? error.message : `${found.title} ${found.advice}`));
  return notice;
}

const HEAD = ['Rang', 'Lieu', 'Note sur 100', 'Aides ouvertes', 'À vérifier', 'Cumul', 'Pourquoi'];

function tableOf(results: readonly Ranked[], unranked: readonly Unranked[]): HTMLElement[] {
  const table = document.createElement('table');
  const caption = table.createCaption();
  caption.textContent = 'Candidats, du mieux au moins bien noté';
  const head = table.createTHead().insertRow();
  for (const text of HEAD) {
    const title = element('th', text);
    title.setAttribute('scope', 'col');
    head.append(title);
  }
  const body = table.createTBody();
  const ranked = ranks(results);
  for (const { rank, row } of ranked) {
    const line = body.insertRow();
    const why = document.createElement('ul');
    why.className = 'plain small';
    for (const part of row.parts) why.append(element('li', `${part.points} sur ${part.weight} : ${part.because}`));
    const cells = [String(rank), labelOf(row), String(row.score).replace('.', ','), String(row.aids_available.length), String(row.aids_to_check.length), euros(row.amount_eur)];
    for (const text of cells) line.insertCell().textContent = text;
    line.insertCell().append(why);
  }
  const scroll = element('div', '', 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'Classement');
  scroll.append(table);
  const button = element('button', 'Enregistrer ce classement (CSV)');
  button.addEventListener('click', () => {
    save(new Blob([rankingCsv(ranked)], { type: 'text/csv;charset=utf-8' }), 'zonage-classement.csv');
  });
  const parts: HTMLElement[] = [scroll, button];
  if (unranked.length > 0) {
    const list = document.createElement('ul');
    list.className = 'plain';
    for (const { id, message } of unranked) list.append(element('li', `${id ?? 'sans nom'} : ${message}`));
    const notice = element('div', '', 'notice');
    notice.append(element('p', `${unranked.length} lieu${unranked.length > 1 ? 'x' : ''} sans note :`), list);
    parts.push(notice);
  }
  return parts;
}

function labelOf(row: Ranked): string {
  const label = row.place['label'] ?? row.place['city'] ?? '';
  return [row.id, label === row.id ? '' : label].filter(Boolean).join(' · ');
}

export function rankingCsv(ranked: readonly { readonly rank: number; readonly row: Ranked }[]): string {
  const rows = ranked.map(({ rank, row }) => [
    rank, row.id, labelOf(row), row.score, row.aids_available.join(' '), row.aids_to_check.join(' '), row.amount_eur,
    row.parts.map((part) => part.because).join(' | '),
  ]);
  const head = ['rang', 'id', 'lieu', 'note', 'aides ouvertes', 'aides à vérifier', 'cumul en euros', 'pourquoi'];
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}
