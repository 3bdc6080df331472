/** What to tell people when an answer does not come: one message a cause, each with something to do. */

export type Cause = 'offline' | 'slow' | 'busy' | 'refused' | 'broken' | 'denied' | 'unlocated' | 'vague';

export interface Trouble {
  readonly cause: Cause;
  readonly title: string;
  readonly advice: string;
  readonly retryAfterS: number | null;
}

const WORDS: Readonly<Record<Cause, readonly [string, string]>> = {
  offline: ['Le service ne répond pas.', 'Vérifiez votre connexion, ou que le service est démarré, puis réessayez.'],
  slow: ['La réponse tarde trop.', 'Le service est peut-être surchargé. Réessayez dans un instant.'],
  busy: ['Trop de demandes à la fois.', 'Attendez un instant avant de reposer la question.'],
  refused: ['La question n’a pas été comprise.', 'Corrigez le lieu, la date ou la précision donnée.'],
  broken: ['Le service a rencontré une erreur.', 'Réessayez. Si cela dure, signalez-le à son exploitant.'],
  denied: ['Votre position n’est pas partagée.', 'Autorisez la localisation dans le navigateur, ou tapez une adresse.'],
  vague: ['Votre position est trop imprécise.', 'L’appareil ne la connaît qu’à plus de 10 km près. Tapez une adresse, ou cliquez sur la carte.'],
  unlocated: ['Votre position n’a pas pu être trouvée.', 'Tapez une adresse, ou cliquez sur la carte.'],
};

export function trouble(cause: Cause, retryAfterS: number | null = null): Trouble {
  const [title, advice] = WORDS[cause];
  const wait = cause === 'busy' && retryAfterS !== null ? ` (${retryAfterS} s)` : '';
  return { cause, title, advice: wait === '' ? advice : advice.replace('un instant', `un instant${wait}`), retryAfterS };
}

/** The trouble behind an HTTP status, or null when the answer can be shown. */
export function troubleOf(status: number, retryAfter: string | null): Trouble | null {
  const seconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  if (status === 429 || status === 503) return trouble('busy', seconds);
  if (status >= 500) return trouble('broken');
  if (status >= 400) return trouble('refused');
  return null;
}

/** The trouble behind a failed fetch. */
export function troubleOfError(error: unknown): Trouble {
  return trouble(error instanceof DOMException && error.name === 'TimeoutError' ? 'slow' : 'offline');
}
