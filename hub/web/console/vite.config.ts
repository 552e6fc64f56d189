import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

const VENDOR = /node_modules[\\/](?!@codemirror|@lezer|@marijn|style-mod|w3c-keyname|crelt)/

/** The hub serves index.html at every path of the console and makes `./assets` absolute, below its own path. */
export default defineConfig(({ mode }) => {
  const hub = loadEnv(mode, '.', 'HUB_')['HUB_PUBLIC_URL'] ?? 'http://127.0.0.1:8080'
  return {
    base: './',
    plugins: [react()],
    build: {
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
      // What seldom changes stays in the browser's cache when the console does.
      // The editor of the rules comes with the page that needs it.
      rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'vendor', test: VENDOR }] } } },
    },
    server: { proxy: { '/api': { target: hub, ws: true }, '/attachments': hub } },
  }
})
