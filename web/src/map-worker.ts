import 'maplibre-worker';
