/**
 * `<zonage-sante>`: the page inside another site. Attributes are the question's own parameters (docs/page.md):
 * `address`, `citycode`, `lon`, `lat`, `profession`, `specialty`, `status`, `date`, and `height` in pixels.
 */

const PARAMETERS = ['address', 'postcode', 'citycode', 'lon', 'lat', 'profession', 'specialty', 'status', 'date', 'known_on'];
const HEIGHT_PX = 720;
const service = new URL(/* @vite-ignore */ '/', import.meta.url);

class ZonageSante extends HTMLElement {
  static readonly observedAttributes = [...PARAMETERS, 'height'];

  private readonly frame = document.createElement('iframe');

  connectedCallback(): void {
    this.frame.title = 'Zonage Santé : zones et aides d’un lieu d’exercice';
    this.frame.allow = 'geolocation';
    this.frame.loading = 'lazy';
    this.frame.style.border = '0';
    this.frame.style.width = '100%';
    this.refresh();
    if (!this.contains(this.frame)) this.append(this.frame);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.refresh();
  }

  private refresh(): void {
    const address = new URL(service);
    address.searchParams.set('integre', '1');
    for (const name of PARAMETERS) {
      const value = this.getAttribute(name);
      if (value !== null && value !== '') address.searchParams.set(name, value);
    }
    const height = Number(this.getAttribute('height'));
    this.frame.style.height = `${height >= 200 && height <= 4000 ? height : HEIGHT_PX}px`;
    if (this.frame.src !== address.href) this.frame.src = address.href;
  }
}

if (customElements.get('zonage-sante') === undefined) customElements.define('zonage-sante', ZonageSante);
