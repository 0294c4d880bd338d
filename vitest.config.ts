import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    // JupyterLab's packages are loaded once a process, not once a file: a quarter of the processor time.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    setupFiles: ['src/testing/setup.ts'],
    server: {
      // JupyterLab's packages are bundler code: they import files without an extension, and pictures.
      deps: {
        inline: [/@jupyterlab/, /@jupyter/, /@lumino/, /@microsoft/, /@rjsf/]
      }
    }
  },
  plugins: [
    {
      name: 'raw-svg',
      enforce: 'pre',
      async load(id) {
        return id.endsWith('.svg')
          ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}`
          : null;
      }
    }
  ]
});
