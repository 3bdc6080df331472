import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: '/static/',
  publicDir: false,
  resolve: {
    // MapLibre's own sources: bundled with its worker in one build, so that the code both need is sent once.
    alias: [
      { find: 'maplibre-worker', replacement: here('node_modules/maplibre-gl/src/source/worker.ts') },
      { find: /^maplibre-gl$/, replacement: here('node_modules/maplibre-gl/src/index.ts') },
    ],
  },
  build: {
    outDir: here('../app/static'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        page: here('src/page.ts'),
        'map-worker': here('src/map-worker.ts'),
      },
      output: { assetFileNames: 'assets/[name]-[hash][extname]' },
    },
  },
});
