import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Writes `name.gz` beside each text file: the service sends it as it is. */
function compressed(): Plugin {
  let outDir = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    closeBundle() {
      for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/static/',
  plugins: [compressed()],
  // MapLibre's sources declare fields that their base class has already filled: a declaration alone must not reset them.
  oxc: { assumptions: { setPublicClassFields: true }, typescript: { removeClassFieldsWithoutInitializer: true } },
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
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: {
        site: here('src/styles/site.css'),
        page: here('src/page.ts'),
        compare: here('src/compare.ts'),
        sheet: here('src/sheet.ts'),
        'map-worker': here('src/map-worker.ts'),
        'zonage-sante': here('src/embed.ts'),
      },
      output: {
        // the web component is included by other sites: its address never changes
        entryFileNames: (chunk) => (chunk.name === 'zonage-sante' ? '[name].js' : 'assets/[name]-[hash].js'),
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
});
