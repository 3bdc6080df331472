/** What people take away: the link, a table, a layer for a map program, an image. */

import { drawCard } from './card';
import { type Fields, searchOf } from './question';
import { type Answer, csvOf, fileName, geojsonOf } from './tables';
import { troubleOf, troubleOfError } from './troubles';

export interface ExportNeeds {
  readonly fields: () => Fields;
  readonly say: (message: string) => void;
}

export function offerExports(needs: ExportNeeds): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button[data-action]');
    const action = button?.dataset['action'];
    if (action === 'copy') void copyLink(needs);
    else if (action === 'csv' || action === 'geojson') void download(action, needs);
    else if (action === 'card') void shareCard(needs);
  });
}

/** The permanent link: the whole question, its date included, without the embedding. */
export function permalink(fields: Fields): string {
  return `${location.origin}/?${searchOf(fields)}`;
}

async function copyLink(needs: ExportNeeds): Promise<void> {
  const link = permalink(needs.fields());
  try {
    await navigator.clipboard.writeText(link);
    needs.say('Lien copié.');
  } catch {
    needs.say(`Le navigateur refuse la copie. Le lien : ${link}`);
  }
}

async function download(kind: 'csv' | 'geojson', needs: ExportNeeds): Promise<void> {
  try {
    const response = await fetch(`/v1/assess?${searchOf(needs.fields())}`, { signal: AbortSignal.timeout(30_000) });
    const found = troubleOf(response.status, response.headers.get('Retry-After'));
    if (found !== null) {
      needs.say(`${found.title} ${found.advice}`);
      return;
    }
    const answer = (await response.json()) as Answer;
    if (kind === 'csv') save(new Blob([csvOf(answer)], { type: 'text/csv;charset=utf-8' }), fileName(answer.place.label, 'csv'));
    else save(new Blob([JSON.stringify(geojsonOf(answer))], { type: 'application/geo+json' }), fileName(answer.place.label, 'geojson'));
    needs.say('Fichier enregistré.');
  } catch (error) {
    const found = troubleOfError(error);
    needs.say(`${found.title} ${found.advice}`);
  }
}

async function shareCard(needs: ExportNeeds): Promise<void> {
  const text = (selector: string): string => document.querySelector(selector)?.textContent.replaceAll(/\s+/g, ' ').trim() ?? '';
  const canvas = drawCard({ sentence: text('#reponse-titre'), sum: text('.sum'), where: text('.where'), link: permalink(needs.fields()) });
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (blob === null) {
    needs.say('L’image n’a pas pu être faite.');
    return;
  }
  save(blob, fileName(text('#reponse-titre strong'), 'png'));
  needs.say('Image enregistrée.');
}

/** Hand a file to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000);
}
