import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/**
 * Compares what the code computes with `test/vectors/<name>.json`, and that file with its hash in the test: bytes that
 * are signed or hashed cannot change without three edits and a page in `docs/decisions`. `HYRAX_FREEZE=1` writes the
 * file of a new vector; the hash is then copied by hand.
 */
export function expectFrozen(name: string, computed: unknown, sha256: string): void {
  const path = fileURLToPath(new URL(`../vectors/${name}.json`, import.meta.url))
  const text = `${JSON.stringify(computed, null, 2)}\n`
  if (process.env['HYRAX_FREEZE'] === '1') writeFileSync(path, text)
  const frozen = readFileSync(path, 'utf8')
  expect(JSON.parse(text)).toEqual(JSON.parse(frozen))
  expect(createHash('sha256').update(frozen).digest('hex'), `hash of test/vectors/${name}.json`).toBe(sha256)
}
