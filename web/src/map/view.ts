/** The map: our own tiles as ground, one zoning over it, the answer on top. Loaded apart, after the question is usable. */

import {
  addProtocol,
  type ExpressionSpecification,
  type GeoJSONSource,
  Map as MapLibre,
  type MapOptions,
  NavigationControl,
  Popup,
  ScaleControl,
  setWorkerUrl,
  type StyleSpecification,
} from 'maplibre-gl';

import { hashOf, type MapView } from '../question';
import { drawSwatch, type Swatches, TILE } from '../swatches';
import type { Zoning } from '../timeline';
import { Queue } from './queue';
import type { Scene } from './shapes';

const FRANCE: [number, number, number, number] = [-5.3, 41.2, 9.8, 51.2];
const LOCALE: Readonly<Record<string, string>> = {
  'AttributionControl.ToggleAttribution': 'Afficher les sources',
  'AttributionControl.MapFeedback': 'Signaler une erreur de la carte',
  'Map.Title': 'Carte des zonages. Flèches pour se déplacer, plus et moins pour zoomer, Entrée pour interroger le centre.',
  'Marker.Title': 'Lieu',
  'NavigationControl.ResetBearing': 'Remettre le nord en haut',
  'NavigationControl.ZoomIn': 'Zoomer',
  'NavigationControl.ZoomOut': 'Dézoomer',
  'Popup.Close': 'Fermer',
  'ScaleControl.Feet': 'pi',
  'ScaleControl.Meters': 'm',
  'ScaleControl.Kilometers': 'km',
  'ScaleControl.Miles': 'mi',
  'ScaleControl.NauticalMiles': 'mn',
  'CooperativeGesturesHandler.WindowsHelpText': 'Ctrl + molette pour zoomer',
  'CooperativeGesturesHandler.MacHelpText': '⌘ + molette pour zoomer',
  'CooperativeGesturesHandler.MobileHelpText': 'Deux doigts pour déplacer la carte',
};
const FONT = ['system-ui', 'sans-serif'];
const ZONING = 'zonage';
const TILES = 'tuiles';
const TILES_AT_ONCE = 4;
const TILE_FAILURE = 'Failed to fetch a tile';
const UNDER = 'communes-trait';

export interface MapEvents {
  readonly ask: (lon: number, lat: number) => void;
  readonly moved: (hash: string) => void;
  /** Who is to be named for what is drawn. */
  readonly credits: (text: string) => void;
  /** The map cannot go on: its screen was lost, or a piece of its code or ground did not come. */
  readonly trouble: (cause: MapTrouble) => void;
}

export type MapTrouble = 'webgl' | 'network';

export class MapPane {
  private readonly map: MapLibre;
  private readonly ready: Promise<void>;
  private readonly credits: (text: string) => void;
  private wanted = '';
  private drawn = '';
  private isOpen = false;
  private isClosed = false;
  private opacity = 0.7;
  private popup: Popup | null = null;

  /** Raises an error when WebGL is missing. */
  constructor(container: HTMLElement, workerUrl: string, swatches: Swatches, start: MapView | Scene | null, baseMap: string | null, events: MapEvents) {
    setWorkerUrl(workerUrl);
    queueTiles();
    const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.map = new MapLibre({
      container,
      style: ground(),
      ...startOf(start, container.clientWidth > 640 ? 270 : 20),
      minZoom: 4,
      maxZoom: 17,
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      renderWorldCopies: false,
      fadeDuration: reduced ? 0 : 150,
      cooperativeGestures: matchMedia('(pointer: coarse)').matches,
      attributionControl: false,
      locale: { ...LOCALE },
      transformRequest: (url) => {
        const address = new URL(url, location.href);
        const isOurs = address.origin === location.origin && address.pathname.endsWith('.mvt');
        return { url: isOurs ? `${TILES}://${address.href}` : address.href };
      },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-left');
    for (const [name, swatch] of Object.entries(swatches)) {
      this.map.addImage(name, pixels(drawSwatch(swatch)), { pixelRatio: 2 });
    }
    if (baseMap !== null) void addBaseMap(this.map, baseMap);
    this.ready = new Promise((resolve) => {
      void this.map.once('load', () => {
        this.isOpen = true;
        resolve();
      });
    });
    this.credits = events.credits;
    this.listen(events);
    if (reduced) this.map.on('movestart', () => this.map.stop());
  }

  /** Draw a zoning as it stood on a day. A newer call replaces one that still waits for its description. */
  async showZoning(zoning: Zoning, day: string, swatches: Swatches): Promise<void> {
    const wanted = `${zoning.key} ${day}`;
    if (this.wanted === wanted) return;
    this.wanted = wanted;
    delete document.body.dataset['mapIdle'];
    const [described] = await Promise.all([describe(zoning.key, day), this.ready]);
    if (this.wanted !== wanted) return;
    for (const id of this.map.getLayersOrder()) {
      if (id.startsWith(ZONING)) this.map.removeLayer(id);
    }
    if (this.map.getSource(ZONING) !== undefined) this.map.removeSource(ZONING);
    const { tiles, minzoom, maxzoom } = described;
    this.map.addSource(ZONING, { type: 'vector', tiles: [...tiles], minzoom, maxzoom });
    this.credits(plainText(described.attribution));
    const paint = { 'fill-pattern': fillOf(zoning, swatches), 'fill-opacity': this.opacity, 'fill-antialias': false };
    for (const layer of [zoning.key, `${zoning.key}_zones`]) {
      if (!described.vector_layers.some(({ id }) => id === layer)) continue;
      this.map.addLayer({ id: `${ZONING}-aplat-${layer}`, type: 'fill', source: ZONING, 'source-layer': layer, paint }, UNDER);
    }
    if (zoning.kind === 'outline') this.addOutlines(zoning);
    this.drawn = wanted;
  }

  setOpacity(opacity: number): void {
    this.opacity = opacity;
    for (const id of this.fills()) this.map.setPaintProperty(id, 'fill-opacity', opacity);
  }

  /** Draw an answer or a list of places, and bring it into view when `move`. */
  async showScene(scene: Scene, move: boolean): Promise<void> {
    await this.ready;
    void (this.map.getSource('reponse') as GeoJSONSource).setData(scene.shapes);
    const { bounds } = scene;
    if (bounds === null || !move) return;
    const pane = this.map.getContainer();
    const wide = pane.clientWidth > 640;
    // a long flight would fetch tiles of every place on the way: only short moves are shown
    const isNear = this.map.getZoom() > 8 && this.map.getBounds().contains([(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]);
    this.map.fitBounds(bounds, {
      padding: wide ? { top: 60, bottom: 60, right: 60, left: 280 } : 30,
      maxZoom: 13,
      animate: isNear && !matchMedia('(prefers-reduced-motion: reduce)').matches,
      duration: 500,
    });
  }

  private fills(): string[] {
    return this.map.getLayersOrder().filter((id) => id.startsWith(`${ZONING}-aplat`));
  }

  private addOutlines(zoning: Zoning): void {
    this.map.addLayer({
      id: `${ZONING}-trait`, type: 'line', source: ZONING, 'source-layer': zoning.key,
      paint: { 'line-color': '#4b3487', 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1, 13, 2.5] },
    });
    this.map.addLayer({
      id: `${ZONING}-points`, type: 'circle', source: ZONING, 'source-layer': `${zoning.key}_labels`, maxzoom: 10,
      paint: { 'circle-radius': 4, 'circle-color': '#8e78b8', 'circle-stroke-color': '#4b3487', 'circle-stroke-width': 1.5 },
    });
  }

  private listen(events: MapEvents): void {
    const { map } = this;
    map.on('click', (event) => {
      events.ask(event.lngLat.lng, event.lngLat.lat);
    });
    map.on('error', (event) => {
      const { error } = event;
      const isWorker = error.message.startsWith('Worker failed to load');
      const isNetwork = isWorker || /^AJAXError|^Failed to fetch/.test(error.message);
      const isGround = (event as { sourceId?: string }).sourceId === 'fond' && !error.message.startsWith(TILE_FAILURE);
      // nothing is ever drawn without the worker or the ground's description: a map that waits for them must give way
      if (isNetwork && (isWorker || isGround) && !this.isOpen) events.trouble('network');
      else if (isNetwork) events.credits('La carte est incomplète : le service ne répond pas.');
      else console.error(error);
    });
    map.on('idle', () => {
      if (this.drawn === this.wanted) document.body.dataset['mapIdle'] = this.drawn;
    });
    map.on('moveend', () => {
      const { lng, lat } = map.getCenter();
      events.moved(hashOf({ zoom: map.getZoom(), lat, lon: lng }));
    });
    map.on('mousemove', (event) => {
      this.hover(event.point.x, event.point.y);
    });
    map.on('mouseout', () => {
      this.popup?.remove();
      this.popup = null;
    });
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const { lng, lat } = map.getCenter();
      events.ask(lng, lat);
    });
    map.getCanvas().addEventListener('webglcontextlost', () => {
      if (!this.isClosed) events.trouble('webgl');
    });
  }

  /** Let go of the screen and of the workers. */
  close(): void {
    this.isClosed = true; // removing the map loses its WebGL context too
    this.map.remove();
  }

  /** Name and class of what is under the pointer. */
  private hover(x: number, y: number): void {
    const layers = this.fills();
    const found = layers.length === 0 ? undefined : this.map.queryRenderedFeatures([x, y], { layers })[0];
    if (found === undefined) {
      this.popup?.remove();
      this.popup = null;
      return;
    }
    const { name, label } = found.properties as { name?: string; label?: string };
    const text = [name, label].filter(Boolean).join(' : ');
    this.popup ??= new Popup({ closeButton: false, closeOnClick: false, offset: 14, className: 'map-popup' }).addTo(this.map);
    this.popup.setLngLat(this.map.unproject([x, y])).setText(text);
  }
}

/** Our tiles wait for each other, so that a question is never behind them. */
function queueTiles(): void {
  const queue = new Queue(TILES_AT_ONCE);
  addProtocol(TILES, (request, { signal }) =>
    queue.run(async () => {
      const response = await fetch(request.url.slice(TILES.length + 3), { signal }).catch((error: unknown) => {
        throw signal.aborted ? error : new Error(`${TILE_FAILURE} (no answer)`);
      });
      if (!response.ok) throw new Error(`${TILE_FAILURE} (${response.status})`);
      return { data: await response.arrayBuffer() };
    }, signal),
  );
}

/** Where the map opens: the view of the address bar, what is already answered, or the whole country. */
function startOf(start: MapView | Scene | null, left: number): Partial<MapOptions> {
  const padding = { top: 40, bottom: 40, right: 40, left };
  if (start === null) return { bounds: FRANCE, fitBoundsOptions: { padding: { ...padding, top: 10, bottom: 10, right: 10 } } };
  if ('zoom' in start) return { center: [start.lon, start.lat], zoom: start.zoom };
  return { bounds: start.bounds ?? FRANCE, fitBoundsOptions: { padding, maxZoom: 13 } };
}

interface Description {
  readonly tiles: readonly string[];
  readonly minzoom: number;
  readonly maxzoom: number;
  readonly attribution: string;
  readonly vector_layers: readonly { readonly id: string }[];
}

/** The TileJSON of a zoning on a day: where its tiles are, and which layers they hold. */
async function describe(key: string, day: string): Promise<Description> {
  const response = await fetch(`/tiles/${key}.json?date=${day}`);
  if (!response.ok) throw new Error(`no tiles: ${response.status}`);
  return (await response.json()) as Description;
}

/** TileJSON writes its credits as HTML; only their text is shown. */
function plainText(html: string): string {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent;
}

function pixels(canvas: HTMLCanvasElement): ImageData {
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no 2D canvas');
  return pen.getImageData(0, 0, TILE, TILE);
}

/** The online base map the operator chose: its areas and lines above the land, under the zones; names stay ours. */
async function addBaseMap(map: MapLibre, address: string): Promise<void> {
  await map.once('load');
  const response = await fetch(address);
  if (!response.ok) return;
  const style = (await response.json()) as StyleSpecification;
  for (const [name, source] of Object.entries(style.sources)) map.addSource(`fond-${name}`, source);
  for (const layer of style.layers) {
    if (layer.type === 'symbol' || !('source' in layer) || /pattern/.test(JSON.stringify(layer.paint ?? {}))) continue;
    map.addLayer({ ...layer, id: `fond-${layer.id}`, source: `fond-${layer.source}` }, map.getLayersOrder().find((id) => id.startsWith(ZONING)) ?? UNDER);
  }
}

/** The image of each feature: by class code, else by state. Unknown is never drawn like a no. */
export function fillOf(zoning: Zoning, swatches: Swatches): ExpressionSpecification {
  const byState: ExpressionSpecification = ['match', ['get', 'state'], 'inside', 'inside', 'unknown', 'unknown', 'none'];
  const codes = Object.keys(zoning.codes).filter((code) => swatches[code] !== undefined);
  if (codes.length === 0) return byState;
  const branches = codes.flatMap((code) => [code, code]);
  return [
    'case',
    ['==', ['get', 'state'], 'unknown'],
    'unknown',
    ['match', ['coalesce', ['get', 'code'], ''], ...branches, byState],
  ] as unknown as ExpressionSpecification;
}

/** Departments, communes and their names, drawn from our own tiles; no font file: the browser draws the text. */
function ground(): StyleSpecification {
  const name = (layer: string, size: ExpressionSpecification | number, minzoom: number, maxzoom: number, colour: string): StyleSpecification['layers'][number] => ({
    id: `${layer}-noms`, type: 'symbol', source: 'fond', 'source-layer': `${layer}_labels`, minzoom, maxzoom,
    layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': size, 'text-max-width': 7, 'symbol-sort-key': ['-', 0, ['coalesce', ['get', 'population'], 0]] },
    paint: { 'text-color': colour, 'text-halo-color': 'rgba(255,255,255,0.92)', 'text-halo-width': 1.6 },
  });
  return {
    version: 8,
    sources: {
      fond: { type: 'vector', url: '/tiles/base.json' },
      reponse: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
    },
    layers: [
      { id: 'mer', type: 'background', paint: { 'background-color': '#dfe8ec' } },
      { id: 'terre', type: 'fill', source: 'fond', 'source-layer': 'departments', paint: { 'fill-color': '#f6f4ee' } },
      { id: UNDER, type: 'line', source: 'fond', 'source-layer': 'communes', minzoom: 8, paint: { 'line-color': '#ffffff', 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.4, 12, 1.6] } },
      { id: 'departements-trait', type: 'line', source: 'fond', 'source-layer': 'departments', paint: { 'line-color': '#77756b', 'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.4, 10, 1.6] } },
      { id: 'regions-trait', type: 'line', source: 'fond', 'source-layer': 'regions', paint: { 'line-color': '#4c585e', 'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.8, 10, 2] } },
      { id: 'reponse-disque', type: 'fill', source: 'reponse', filter: ['==', ['get', 'role'], 'disc'], paint: { 'fill-color': '#0b5d66', 'fill-opacity': 0.18 } },
      { id: 'reponse-disque-trait', type: 'line', source: 'reponse', filter: ['==', ['get', 'role'], 'disc'], paint: { 'line-color': '#0b5d66', 'line-width': 1.5, 'line-dasharray': [3, 2] } },
      { id: 'reponse-lignes', type: 'line', source: 'reponse', filter: ['==', ['get', 'role'], 'line'], layout: { 'line-cap': 'round' }, paint: { 'line-color': '#1b2428', 'line-width': 2, 'line-dasharray': [0.5, 2.5] } },
      name('regions', 13, 4, 6, '#4c585e'),
      name('departments', 12, 6, 9, '#4c585e'),
      name('communes', ['interpolate', ['linear'], ['zoom'], 7, 10.5, 12, 14], 7, 18, '#1b2428'),
      { id: 'reponse-proches', type: 'circle', source: 'reponse', filter: ['==', ['get', 'role'], 'near'], paint: { 'circle-radius': 5, 'circle-color': '#ffffff', 'circle-stroke-color': '#1b2428', 'circle-stroke-width': 2 } },
      {
        id: 'reponse-proches-noms', type: 'symbol', source: 'reponse', filter: ['==', ['get', 'role'], 'near'],
        layout: { 'text-field': ['get', 'words'], 'text-font': FONT, 'text-size': 12.5, 'text-anchor': 'top', 'text-offset': [0, 0.7], 'text-max-width': 11, 'text-allow-overlap': true },
        paint: { 'text-color': '#1b2428', 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
      },
      { id: 'reponse-lieu', type: 'circle', source: 'reponse', filter: ['==', ['get', 'role'], 'place'], paint: { 'circle-radius': ['case', ['has', 'number'], 11, 8], 'circle-color': '#0b5d66', 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 3 } },
      {
        id: 'reponse-numeros', type: 'symbol', source: 'reponse', filter: ['has', 'number'],
        layout: { 'text-field': ['to-string', ['get', 'number']], 'text-font': FONT, 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
        paint: { 'text-color': '#ffffff' },
      },
    ],
  };
}
