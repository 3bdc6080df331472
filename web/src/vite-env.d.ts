declare module 'maplibre-worker' {}
declare module '*.css' {}
