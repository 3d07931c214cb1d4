import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { openKeys } from '../../../src/keys/index.ts'
import { teamVectors } from '../../helpers/team-vectors.ts'

const path = new URL('../../vectors/team.json', import.meta.url)

it('what a team signs and hashes is what it was: a changed vector needs a page in docs/decisions', async () => {
  for (const backend of ['wasm', undefined] as const) {
    const vectors = teamVectors(await openKeys(backend === undefined ? {} : { backend }))
    if (process.env['HYRAX_WRITE_VECTORS'] === '1') await writeFile(path, `${JSON.stringify(vectors, null, 2)}\n`)
    expect(vectors).toEqual(JSON.parse(await readFile(path, 'utf8')))
  }
})
