/** The map with its tools: which zoning, its legend, its opacity, its day. Everything else works when it cannot open. */

import { need } from '../element';
import { longDay } from '../format';
import { viewOf } from '../question';
import { drawLegend, legendOf, type Swatches } from '../swatches';
import { type Layer, positionOf, sliderDays, yearMarks, type Zoning, zoningOn } from '../timeline';
import { type AnswerData, answerScene, type NumberedPlace, placesScene, type Scene } from './shapes';
import type { MapPane, MapTrouble } from './view';

export interface DeskData {
  readonly today: string;
  readonly layers: readonly Layer[];
  readonly swatches: Swatches;
  /** The profession's own layer: shown first when it is installed. */
  readonly layer: string | null;
  readonly worker: string;
  /** Style of an online base map, when the operator chose one. */
  readonly base_map: string | null;
}

export interface DeskEvents {
  /** A point of the map is asked about. */
  readonly ask: (lon: number, lat: number) => void;
  /** The slider was moved to a day. */
  readonly day: (day: string) => void;
}

const SETTLE_MS = 350;

export class MapDesk {
  private readonly layer = need('couche', HTMLSelectElement);
  private readonly slider = need('jour', HTMLInputElement);
  private readonly said = need('jour-dit', HTMLOutputElement);
  private readonly days: readonly string[];
  private pane: MapPane | null = null;
  private state: 'closed' | 'opening' | 'open' | MapTrouble = 'closed';
  private scene: Scene | null = null;
  private planned = '';
  private settling: number | undefined;
  private day: string;

  constructor(
    private readonly data: DeskData,
    day: string,
    private readonly events: DeskEvents,
  ) {
    this.day = day;
    this.days = sliderDays(data.layers, data.today, [day]);
    this.slider.max = String(this.days.length - 1);
    for (const layer of data.layers) this.layer.add(new Option(layer.label, layer.id));
    if (data.layers.some(({ id }) => id === data.layer)) this.layer.value = data.layer ?? '';
    this.layer.addEventListener('change', () => {
      this.draw();
    });
    this.slider.addEventListener('input', () => {
      this.move();
    });
    need('opacite', HTMLInputElement).addEventListener('input', (event) => {
      this.pane?.setOpacity(Number((event.target as HTMLInputElement).value) / 100);
    });
    need('carte-encore', HTMLButtonElement).addEventListener('click', () => void this.open());
    this.setDay(day);
    this.mark();
  }

  /** Load the map's code and open it; where it cannot, say so and show the plan instead. */
  async open(): Promise<void> {
    if (this.state === 'opening' || this.state === 'open') return;
    this.state = 'opening';
    need('carte', HTMLElement).hidden = false;
    need('sans-carte', HTMLElement).hidden = true;
    if (matchMedia('(max-width: 56rem)').matches) need('couches', HTMLDetailsElement).open = false;
    const view = await import('./view').catch(() => null);
    if (view === null) {
      this.giveUp('network');
      return;
    }
    try {
      this.pane = new view.MapPane(need('map', HTMLElement), this.data.worker, this.data.swatches, viewOf(location.hash) ?? this.scene, this.data.base_map, {
        ask: this.events.ask,
        moved: (hash) => {
          history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
        },
        credits: (text) => {
          need('credits', HTMLElement).textContent = text;
        },
        trouble: (cause) => {
          this.giveUp(cause);
        },
      });
    } catch (error) {
      console.warn('The map cannot open here:', error);
      this.giveUp('webgl');
      return;
    }
    this.state = 'open';
    this.draw();
    if (this.scene !== null) await this.pane.showScene(this.scene, false);
  }

  async showAnswer(answer: AnswerData, move: boolean): Promise<void> {
    this.planned = answer.place.label;
    await this.show(answerScene(answer), move);
  }

  async showPlaces(places: readonly NumberedPlace[]): Promise<void> {
    await this.show(placesScene(places), true);
  }

  private async show(scene: Scene, move: boolean): Promise<void> {
    this.scene = scene;
    if (this.state === 'network') await this.open(); // the service answers again: its map may come too
    else if (this.pane === null) this.showPlan();
    else await this.pane.showScene(scene, move);
  }

  setDay(day: string): void {
    this.day = day;
    this.slider.value = String(positionOf(this.days, day));
    this.tell();
    this.draw();
  }

  private move(): void {
    const day = this.days[Number(this.slider.value)];
    if (day === undefined) return;
    this.day = day;
    this.tell();
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => {
      this.draw();
      this.events.day(day);
    }, SETTLE_MS);
  }

  private tell(): void {
    const words = longDay(this.day);
    this.said.textContent = words;
    this.slider.setAttribute('aria-valuetext', `${words}${this.zoning === undefined ? '' : `, ${this.zoning.label}`}`);
  }

  private get zoning(): Zoning | undefined {
    const layer = this.data.layers.find((candidate) => candidate.id === this.layer.value) ?? this.data.layers[0];
    return layer === undefined ? undefined : zoningOn(layer, this.day);
  }

  private draw(): void {
    const { zoning } = this;
    if (zoning === undefined) return;
    this.tell();
    this.explain(zoning);
    this.pane?.showZoning(zoning, this.day, this.data.swatches).catch(() => {
      need('credits', HTMLElement).textContent = 'Ce zonage ne peut pas être dessiné pour l’instant : le service ne répond pas.';
    });
  }

  private explain(zoning: Zoning): void {
    const list = need('legende', HTMLUListElement);
    list.dataset['zoning'] = zoning.key;
    const rows = legendOf(zoning, this.data.swatches).flatMap(({ image, text }) => {
      const swatch = this.data.swatches[image];
      if (swatch === undefined) return [];
      const picture = document.createElement('img');
      picture.src = drawLegend(swatch).toDataURL();
      picture.alt = '';
      const words = document.createElement('span');
      words.textContent = text;
      const row = document.createElement('li');
      row.append(picture, words);
      return [row];
    });
    need('legende-titre', HTMLElement).textContent = zoning.label;
    list.replaceChildren(...rows);
  }

  private mark(): void {
    const marks = yearMarks(this.days, 3).map(({ at, text }) => {
      const mark = document.createElement('li');
      mark.style.left = `${at}%`;
      mark.textContent = text;
      return mark;
    });
    need('jalons', HTMLUListElement).replaceChildren(...marks);
  }

  private giveUp(cause: MapTrouble): void {
    if (this.state === cause) return;
    this.state = cause;
    this.pane?.close();
    this.pane = null;
    need('carte', HTMLElement).hidden = true;
    need('sans-carte', HTMLElement).hidden = false;
    need('sans-carte-webgl', HTMLElement).hidden = cause !== 'webgl';
    need('sans-carte-reseau', HTMLElement).hidden = cause !== 'network';
    document.body.dataset['mapIdle'] = 'none';
    this.showPlan();
  }

  /** The plan drawn by the server, where the map cannot be. */
  private showPlan(): void {
    const plan = need('plan', HTMLImageElement);
    if (need('sans-carte', HTMLElement).hidden || this.planned === '' || location.search === '') return;
    plan.src = `/fiche/plan.svg${location.search}`;
    plan.alt = `Plan autour de ${this.planned}`;
    plan.hidden = false;
  }
}
