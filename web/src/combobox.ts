/** An editable combobox with list autocomplete (ARIA Authoring Practices): typing asks, arrows choose, Escape closes. */

import { isWorthAsking, readSuggestions, type Suggestion } from './suggestions';

const DEBOUNCE_MS = 150;
const LIMIT = 7;

export interface ComboboxEvents {
  /** A suggestion was chosen. */
  readonly choose: (suggestion: Suggestion) => void;
  /** Something to say to screen readers and eyes. */
  readonly say: (message: string) => void;
}

export class Combobox {
  private suggestions: readonly Suggestion[] = [];
  private active = -1;
  private timer: number | undefined;
  private pending: AbortController | null = null;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly list: HTMLUListElement,
    private readonly events: ComboboxEvents,
  ) {
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('autocomplete', 'off');
    list.setAttribute('role', 'listbox');
    input.addEventListener('input', () => {
      this.schedule();
    });
    input.addEventListener('keydown', (event) => {
      this.onKey(event);
    });
    input.addEventListener('blur', () => {
      this.close();
    });
    // mousedown, not click: the input must not lose focus before the choice is read
    list.addEventListener('mousedown', (event) => {
      event.preventDefault();
      const option = (event.target as Element).closest('[role="option"]');
      if (option !== null) this.choose(Number((option as HTMLElement).dataset['index']));
    });
  }

  /** Show a text without asking for suggestions. */
  set(text: string): void {
    this.cancel();
    this.input.value = text;
    this.close();
  }

  /** Forget what is being asked: the form was sent. */
  cancel(): void {
    window.clearTimeout(this.timer);
    this.pending?.abort();
    this.pending = null;
  }

  private schedule(): void {
    this.cancel();
    if (!isWorthAsking(this.input.value)) {
      this.close();
      return;
    }
    this.timer = window.setTimeout(() => void this.ask(this.input.value.trim()), DEBOUNCE_MS);
  }

  private async ask(typed: string): Promise<void> {
    const asking = new AbortController();
    this.pending = asking;
    try {
      const params = new URLSearchParams({ q: typed, autocomplete: '1', limit: String(LIMIT) });
      const response = await fetch(`/v1/geocode/search?${params.toString()}`, {
        signal: AbortSignal.any([asking.signal, AbortSignal.timeout(15_000)]),
      });
      if (!response.ok) throw new Error(String(response.status));
      const answer: unknown = await response.json();
      if (!asking.signal.aborted) this.show(readSuggestions(answer).slice(0, LIMIT));
    } catch {
      if (asking.signal.aborted) return; // a newer question is on its way
      this.close();
      this.events.say('Les suggestions ne viennent pas. Vous pouvez terminer l’adresse et chercher.');
    }
  }

  private show(suggestions: readonly Suggestion[]): void {
    this.suggestions = suggestions;
    this.list.replaceChildren(...suggestions.map((suggestion, index) => this.option(suggestion, index)));
    this.list.hidden = suggestions.length === 0;
    this.input.setAttribute('aria-expanded', String(suggestions.length > 0));
    this.activate(-1);
    const count = suggestions.length;
    this.events.say(
      count === 0
        ? 'Aucune suggestion. Vérifiez l’orthographe, ou essayez la commune.'
        : `${count} suggestion${count > 1 ? 's' : ''}. Flèches pour choisir, Entrée pour valider.`,
    );
  }

  private option(suggestion: Suggestion, index: number): HTMLLIElement {
    const item = document.createElement('li');
    item.id = `${this.list.id}-${index}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', 'false');
    item.dataset['index'] = String(index);
    const label = document.createElement('span');
    label.textContent = suggestion.label;
    const detail = document.createElement('span');
    detail.className = 'detail';
    detail.textContent = suggestion.detail;
    item.append(label, detail);
    return item;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    const count = this.suggestions.length;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        if (!open) {
          this.schedule();
          return;
        }
        const step = event.key === 'ArrowDown' ? 1 : -1;
        const start = this.active === -1 && step === -1 ? count : this.active;
        this.activate((start + step + count) % count);
        return;
      }
      case 'Enter':
        if (open && this.active >= 0) {
          event.preventDefault();
          this.choose(this.active);
        }
        return;
      case 'Escape':
        if (open) {
          event.preventDefault();
          this.close();
        } else {
          this.input.value = '';
        }
        return;
      default:
    }
  }

  private activate(index: number): void {
    this.active = index;
    for (const [position, item] of Array.from(this.list.children).entries()) {
      item.setAttribute('aria-selected', String(position === index));
      if (position === index) item.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) this.input.removeAttribute('aria-activedescendant');
    else this.input.setAttribute('aria-activedescendant', `${this.list.id}-${index}`);
  }

  private choose(index: number): void {
    const suggestion = this.suggestions[index];
    if (suggestion === undefined) return;
    this.set(suggestion.label);
    this.events.choose(suggestion);
  }

  private close(): void {
    this.list.hidden = true;
    this.suggestions = [];
    this.list.replaceChildren();
    this.activate(-1);
    this.input.setAttribute('aria-expanded', 'false');
  }
}
