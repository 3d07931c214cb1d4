import { toHex } from '../codec/index.ts'
import type { CommandStore, KeptCommand, KeptTeam } from '../team/index.ts'
import { bug } from '../base/index.ts'
import type { Change, KeyValue } from './key-value.ts'

/** Value of `i/<id>`: its version, and the verified bit. Anything else, and the command is verified again. */
const verifiedMark = Uint8Array.of(1, 1)

interface Waiting {
  readonly changes: readonly Change[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The commands of one team in the key spaces of `TEAM.md` 7: `c/<id>` bytes, `o/<seq>` arrival order, `i/<id>` verified
 * bit, `m/parked/<id>`. What comes while a batch is being written goes together into the next one: nothing waits for a
 * group to fill.
 */
export function createTeamStore(keyValue: KeyValue, teamHex: string): CommandStore {
  const at = (space: string): string => `t/${teamHex}/${space}`
  const waiting: Waiting[] = []
  let next: number | undefined
  let isWriting = false

  async function writeGroups(): Promise<void> {
    if (isWriting) return
    isWriting = true
    while (waiting.length > 0) {
      const group = waiting.splice(0)
      try {
        await keyValue.write(group.flatMap(({ changes }) => changes))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isWriting = false
  }

  function write(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ changes, resolve, reject })
      void writeGroups()
    })
  }

  async function load(): Promise<KeptTeam> {
    const bytesOf = new Map<string, Uint8Array>()
    for await (const [key, bytes] of keyValue.entries(at('c/'))) bytesOf.set(key.slice(at('c/').length), bytes)
    const verified = new Set<string>()
    for await (const [key, mark] of keyValue.entries(at('i/')))
      if (mark.length === 2 && mark[0] === 1 && mark[1] === 1) verified.add(key.slice(at('i/').length))
    const commands: KeptCommand[] = []
    const damaged: Uint8Array[] = []
    next = 0
    for await (const [key, id] of keyValue.entries(at('o/'))) {
      next = parseInt(key.slice(at('o/').length), 16) + 1
      const idHex = toHex(id)
      const bytes = bytesOf.get(idHex)
      if (bytes === undefined) damaged.push(id)
      else commands.push({ id, bytes, isVerified: verified.has(idHex) })
    }
    const parked: Uint8Array[] = []
    for await (const [, bytes] of keyValue.entries(at('m/parked/'))) parked.push(bytes)
    return { commands, parked, damaged }
  }

  return {
    load,
    append(commands) {
      if (next === undefined) throw bug('a store is appended to before it was loaded')
      let sequence = next
      next += commands.length
      const changes = commands.flatMap(({ id, bytes }): Change[] => {
        const idHex = toHex(id)
        return [
          { type: 'put', key: at(`c/${idHex}`), value: bytes },
          { type: 'put', key: at(`o/${sequenceText(sequence++)}`), value: id },
          { type: 'put', key: at(`i/${idHex}`), value: verifiedMark },
          { type: 'del', key: at(`m/parked/${idHex}`) },
        ]
      })
      return write(changes)
    },
    park: (id, bytes) => write([{ type: 'put', key: at(`m/parked/${toHex(id)}`), value: bytes }]),
    async drop(ids) {
      const gone = new Set(ids.map(toHex))
      const changes: Change[] = []
      for (const idHex of gone)
        for (const space of ['c/', 'i/']) changes.push({ type: 'del', key: at(`${space}${idHex}`) })
      for await (const [key, id] of keyValue.entries(at('o/')))
        if (gone.has(toHex(id))) changes.push({ type: 'del', key })
      await write(changes)
    },
    async clear() {
      const changes: Change[] = []
      for await (const [key] of keyValue.entries(at(''))) changes.push({ type: 'del', key })
      await write(changes)
      next = 0
    },
  }
}

/** Twelve hex digits, so that the order of keys is the order of numbers. */
function sequenceText(sequence: number): string {
  return sequence.toString(16).padStart(12, '0')
}
