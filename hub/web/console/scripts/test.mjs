// The pure parts under node's own test runner: each test file is bundled, then run.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const folder = mkdtempSync(join(tmpdir(), 'console-tests-'))
try {
  const names = readdirSync('tests').filter((name) => name.endsWith('.test.ts'))
  const input = Object.fromEntries(names.map((name) => [name.replace('.ts', ''), join('tests', name)]))
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'warn' })
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' })
  const done = spawnSync(process.execPath, ['--test', '--test-reporter=dot', ...names.map((name) => join(folder, name.replace('.ts', '.mjs')))], { stdio: 'inherit' })
  process.exitCode = done.status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
