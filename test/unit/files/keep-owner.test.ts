import { chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepOwner } from '../../../src/files/index.ts'

const isRoot = process.geteuid?.() === 0
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyrax-owner-'))
  await mkdir(join(directory, 'store'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('files that a library made', () => {
  it('of who runs as itself stay as they are', async () => {
    expect(await keepOwner(directory, join(directory, 'store'))).toBeUndefined()
  })

  it.runIf(isRoot)('sec/K4: made by root, go to the owner of the directory', async () => {
    await chown(directory, 1_234, 1_235)
    const give = await keepOwner(directory, join(directory, 'store'))
    await writeFile(join(directory, 'store', 'x.log'), 'x')
    await give!()
    for (const path of ['store', 'store/x.log'])
      expect(await stat(join(directory, path))).toMatchObject({ uid: 1_234, gid: 1_235 })
  })
})
