import { beforeAll, describe, expect, it } from 'vitest'
import { fail } from '../../../src/base/index.ts'
import { toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import type { Change, KeyValue } from '../../../src/store/key-value.ts'
import { memoryKeyValue } from '../../../src/store/memory-key-value.ts'
import { TeamStore } from '../../../src/store/team-store.ts'
import type { Command } from '../../../src/team/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  for (let i = 0; i < 6; i++) scribe.add('O', `U${i}`)
  for (let i = 0; i < 20; i++) scribe.assign('O', `U${i % 6}`, i % 12 < 6 ? 'operator' : 'user')
})

/** A disk that keeps each batch, to be played back up to any point. */
function recorder(): { keyValue: KeyValue; batches: (readonly Change[])[] } {
  const inner = memoryKeyValue()
  const batches: (readonly Change[])[] = []
  const write = async (changes: readonly Change[]): Promise<void> => {
    await inner.write(changes)
    batches.push(changes)
  }
  return { keyValue: { ...inner, write }, batches }
}

async function diskOf(batches: readonly (readonly Change[])[]): Promise<TeamStore> {
  const disk = memoryKeyValue()
  for (const changes of batches) await disk.write(changes)
  return new TeamStore(disk, toHex(scribe.team))
}

describe('I16: a crash at any write point', () => {
  it('reopens to a graph that is closed under parents and has every acknowledged command', async () => {
    const { keyValue, batches } = recorder()
    const store = new TeamStore(keyValue, toHex(scribe.team))
    await store.load()
    /** How many batches were written when a command was acknowledged. */
    const acknowledged = new Map<string, number>()
    const append = async (some: readonly Command[]): Promise<void> => {
      await store.append(some)
      for (const { idHex } of some) acknowledged.set(idHex, batches.length)
    }
    // Alone, together, and while another batch is being written.
    const { commands } = scribe
    await append(commands.slice(0, 1))
    await append(commands.slice(1, 5))
    await Promise.all([append(commands.slice(5, 6)), append(commands.slice(6, 15)), append(commands.slice(15, 16))])
    for (const command of commands.slice(16)) await append([command])
    await store.drop([commands.at(-1)!.id])
    for (let written = 0; written <= batches.length; written++) {
      const reopened = await diskOf(batches.slice(0, written))
      const { commands: found, damaged } = await reopened.load()
      const kept = [...found]
      expect(damaged).toEqual([])
      const replica = scribe.replica('O', kept)
      expect(replica.dropped).toEqual([])
      for (const [idHex, at] of acknowledged)
        if (at <= written && (idHex !== commands.at(-1)!.idHex || written < batches.length))
          expect(replica.graph.has(idHex)).toBe(true)
      // It goes on from there.
      const next = commands[kept.length]
      if (next !== undefined) await reopened.append([next])
      expect([...(await reopened.load()).commands].length).toBe(Math.min(commands.length, kept.length + 1))
    }
  })

  it('a write that fails takes with it what waits behind it', async () => {
    const inner = memoryKeyValue()
    let isFull = true
    const write = async (changes: readonly Change[]): Promise<void> => {
      await Promise.resolve()
      if (isFull) throw fail('ERR_STORE_WRITE', { what: 'full' })
      await inner.write(changes)
    }
    const store = new TeamStore({ ...inner, write }, toHex(scribe.team))
    await store.load()
    const first = store.append(scribe.commands.slice(0, 1))
    const second = store.append(scribe.commands.slice(1, 3))
    await expectCodeLater('ERR_STORE_WRITE', first)
    isFull = false
    await expectCodeLater('ERR_STORE_WRITE', second)
    expect([...(await store.load()).commands]).toEqual([])
    await store.append(scribe.commands.slice(0, 3))
    expect([...(await store.load()).commands]).toHaveLength(3)
  })

  it('reads what was written one command a record before, and goes on', async () => {
    const disk = memoryKeyValue()
    const at = (name: string): string => `t/${toHex(scribe.team)}/${name}`
    for (const [n, { id, idHex, bytes }] of scribe.commands.slice(0, 5).entries())
      await disk.write([
        { type: 'put', key: at(`c/${idHex}`), value: bytes },
        { type: 'put', key: at(`o/${n.toString(16).padStart(12, '0')}`), value: id },
        { type: 'put', key: at(`i/${idHex}`), value: Uint8Array.of(1, n === 3 ? 0 : 1) },
      ])
    const store = new TeamStore(disk, toHex(scribe.team))
    expect([...(await store.load()).commands].map(({ isVerified }) => isVerified)).toEqual([
      true,
      true,
      true,
      false,
      true,
    ])
    await store.append(scribe.commands.slice(5, 9))
    const { commands } = await new TeamStore(disk, toHex(scribe.team)).load()
    expect([...commands].map(({ id }) => toHex(id))).toEqual(scribe.commands.slice(0, 9).map(({ idHex }) => idHex))
  })
})
