import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/keys/index.ts'
import { openStore } from '../../../src/store/index.ts'
import { crc32c, damagedTables } from '../../../src/store/table-check.ts'
import { codeOf } from '../../helpers/swarm-nodes.ts'

const team = new Uint8Array(32).fill(1)
const count = 4_000

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyrax-damage-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** Bytes that do not compress, as those of commands. */
function bytesOf(n: number): Uint8Array {
  const bytes = new Uint8Array(256)
  for (let at = 0; at < 256; at += 32) bytes.set(sha256(Uint8Array.of(n, n >> 8, at)), at)
  return bytes
}

/** A store of many commands, closed and opened again, so that they lie in tables. */
async function fill(): Promise<void> {
  const store = await openStore(directory)
  const commands = store.team(team)
  await commands.load()
  for (let at = 0; at < count; at += 500)
    await commands.append(
      Array.from({ length: 500 }, (_, i) => ({ id: sha256(bytesOf(at + i)), bytes: bytesOf(at + i) })),
    )
  await store.close()
  // What lies in the log goes into a table when it is opened.
  await (await openStore(directory)).close()
}

async function tables(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.ldb'))
}

/** Reads all that is left; every command that is given back is one that was written. */
async function survivors(): Promise<{ commands: number; missing: number; damaged: readonly string[] }> {
  const store = await openStore(directory)
  const { damaged } = store
  const kept = await store.team(team).load()
  await store.close()
  return { commands: [...kept.commands].length, missing: kept.damaged.length, damaged }
}

describe('a store with a damaged page', () => {
  it('a whole one has no damaged table', async () => {
    await fill()
    expect((await tables()).length).toBeGreaterThan(0)
    expect(await damagedTables(directory, await tables())).toEqual([])
    expect(await survivors()).toEqual({ commands: count, missing: 0, damaged: [] })
  })

  it.each(['a flipped bit', 'a page of zeros', 'a cut end', 'an empty file'])(
    '%s in a table: it is set aside, and the rest is read',
    async (what) => {
      await fill()
      const [name = ''] = await tables()
      const path = join(directory, name)
      const bytes = await readFile(path)
      const middle = bytes.length >> 1
      if (what === 'a flipped bit') await writeFile(path, bytes.fill((bytes[middle] ?? 0) ^ 4, middle, middle + 1))
      if (what === 'a page of zeros') await writeFile(path, bytes.fill(0, middle, middle + 4_096))
      if (what === 'a cut end') await truncate(path, middle)
      if (what === 'an empty file') await truncate(path, 0)
      const found = await survivors()
      expect(found.damaged).toEqual([name])
      // A command has three records in three places; what lies on whole pages is kept, where the index of the table is whole.
      if (what === 'a cut end' || what === 'an empty file') expect(found.commands).toBeLessThan(count)
      else expect(found.commands + found.missing).toBeGreaterThan(0.9 * count)
      expect(await readdir(directory)).toContain(`${name}.damaged`)
      expect(await survivors()).toMatchObject({ commands: found.commands, damaged: [] })
    },
    30_000,
  )

  it.each(['MANIFEST', 'CURRENT'])('the %s destroyed or gone: all commands are there', async (what) => {
    await fill()
    const name = (await readdir(directory)).find((entry) => entry.startsWith(what)) ?? ''
    if (what === 'MANIFEST') await writeFile(join(directory, name), 'nonsense')
    else await rm(join(directory, name))
    const found = await survivors()
    expect(found).toMatchObject({ commands: count, missing: 0 })
  })

  it('another process has it open: nothing is touched', async () => {
    await fill()
    const store = await openStore(directory)
    const [name = ''] = await tables()
    const path = join(directory, name)
    await rename(path, `${path}.away`)
    await writeFile(path, new Uint8Array(10))
    expect(await codeOf(openStore(directory))).toBe('ERR_NODE_LOCKED')
    expect(await readdir(directory)).not.toContain(`${name}.damaged`)
    await store.close()
  })
})

it('CRC-32C, as in RFC 3720', () => {
  expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff), 0, 32)).toBe(0x62a8ab43)
  const rising = Uint8Array.from({ length: 33 }, (_, i) => i)
  expect(crc32c(rising, 0, 32)).toBe(0x46dd794e)
})
