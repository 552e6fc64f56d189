import { defineConfig } from 'vite'
import { leanPreact } from './leanPreact'

/** One classic script without exports: it leaves nothing in the page but `window.HubChat`. */
export default defineConfig({
  plugins: [leanPreact],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    lib: { entry: 'src/index.tsx', formats: ['iife'], name: 'hub', fileName: () => 'widget.js' },
  },
})
