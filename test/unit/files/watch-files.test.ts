import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchFiles, writeFileAtomic, type FileWatch } from '../../../src/files/index.ts'

let directory: string
let watched: FileWatch | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyrax-files-'))
})
afterEach(async () => {
  watched?.close()
  await rm(directory, { recursive: true, force: true })
})

describe('a watch of files', () => {
  it('tells of what is made, replaced, rewritten and removed, again and again', async () => {
    const path = join(directory, 'permissioned-nodes.json')
    let signs = 0
    let wake: () => void = () => undefined
    watched = watchFiles([path], (changed) => {
      expect(changed).toBe(path)
      signs++
      wake()
    })
    const signAfter = async (change: () => Promise<void>) => {
      const before = signs
      const sign = new Promise<void>((resolve) => (wake = resolve))
      await change()
      await sign
      expect(signs).toBeGreaterThan(before)
    }
    await signAfter(() => writeFileAtomic(path, '[]', { mode: 0o644, overwrite: true }))
    for (const text of ['["a"]', '["b", "c"]']) {
      await signAfter(() => writeFileAtomic(path, text, { mode: 0o644, overwrite: true }))
      await signAfter(() => writeFile(path, `${text} `))
    }
    await signAfter(() => unlink(path))
    await signAfter(() => writeFile(path, '[]'))
  })

  it('is silent about other files and after it was closed', async () => {
    const path = join(directory, 'a')
    let signs = 0
    watched = watchFiles([path], () => signs++)
    await writeFile(join(directory, 'b'), 'x')
    await new Promise((done) => setTimeout(done, 100))
    expect(signs).toBe(0)
    watched.close()
    await writeFile(path, 'x')
    await new Promise((done) => setTimeout(done, 1_300))
    expect(signs).toBe(0)
  })
})
