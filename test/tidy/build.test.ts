import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Reads a configuration of the TypeScript compiler. */
function config(name: string): { include: string[]; exclude?: string[] } {
  return JSON.parse(readFileSync(name, 'utf8')) as { include: string[]; exclude?: string[] }
}

describe('the build', () => {
  it('leaves the entries to the bundler: the compiler would put unbundled files in their place, three times as slow', () => {
    expect(config('tsconfig.build.json').exclude).toContain('src/bin')
  })
})
