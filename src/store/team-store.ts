import { bug } from '../base/index.ts'
import { concatBytes, equalBytes, toHex } from '../codec/index.ts'
import { CommandList, type CommandStore, type KeptCheckpoint, type KeptTeam, type OrderedPage } from '../team/index.ts'
import type { Change, KeyValue } from './key-value.ts'
import { LoadedTeam, type Group } from './loaded-team.ts'
import { openRecord, sealRecord } from './record.ts'

/** Value of `i/<seq>` without a page: its version, and the verified bit. */
const verifiedMark = Uint8Array.of(2, 1)
/** The same, for one command, as it was written before: `i/<id>`. */
const oldMark = Uint8Array.of(1, 1)
const idBytes = 32

interface Waiting {
  readonly changes: readonly Change[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The commands of one team in the key spaces of `TEAM.md` 7: `c/<id>` bytes; `o/<seq>` arrival order, the ids of all that
 * were appended together, in one record; `i/<seq>` that they were verified, and their page of the index; `k/<index>`
 * checkpoints; `m/parked/<id>`. What comes while a batch is being written goes together into the next one: nothing waits
 * for a group to fill, and what is asked for first is written first.
 */
export class TeamStore implements CommandStore {
  readonly #keyValue: KeyValue
  readonly #teamHex: string
  readonly #waiting: Waiting[] = []
  readonly #parked = new Set<string>()
  #next: number | undefined
  #isWriting = false

  constructor(keyValue: KeyValue, teamHex: string) {
    this.#keyValue = keyValue
    this.#teamHex = teamHex
  }

  async load(): Promise<KeptTeam> {
    const verified = await this.#read('i/')
    const parked = await this.#read('m/parked/')
    for (const idHex of parked.keys()) this.#parked.add(idHex)
    const list = new CommandList()
    const groups: Group[] = []
    this.#next = 0
    for (const [sequence, ids] of await this.#read('o/')) {
      const count = Math.floor(ids.length / idBytes)
      this.#next = parseInt(sequence, 16) + Math.max(1, count)
      groups.push(groupOf(verified.get(sequence), list.size, count))
      for (const id of idsOf(ids)) list.reserve(id)
    }
    const prefix = this.#at('c/')
    for await (const lot of this.#keyValue.lots(prefix))
      for (const [key, bytes] of lot) {
        const place = list.find(key.slice(prefix.length))
        if (place >= 0) list.fill(place, bytes)
      }
    const kept = new LoadedTeam(list, groups, (id) => isMark(verified.get(toHex(id)), oldMark))
    const index = kept.index(await this.#checkpoints())
    return {
      commands: kept,
      ...(index === undefined ? {} : { index }),
      parked: [...parked.values()],
      damaged: kept.damaged(),
    }
  }

  async #checkpoints(): Promise<KeptCheckpoint[]> {
    const found: KeptCheckpoint[] = []
    for (const [sequence, value] of await this.#read('k/')) {
      const bytes = openRecord(value)
      if (bytes !== undefined) found.push({ index: parseInt(sequence, 16), bytes })
    }
    return found
  }

  read(id: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#keyValue.get(this.#at(`c/${toHex(id)}`))
  }

  append(
    commands: readonly { readonly id: Uint8Array; readonly bytes: Uint8Array }[],
    page?: Uint8Array,
  ): Promise<void> {
    if (this.#next === undefined) throw bug('a store is appended to before it was loaded')
    const [first] = commands
    if (first === undefined) return Promise.resolve()
    const group = sequenceText(this.#next)
    this.#next += commands.length
    const order = new Uint8Array(idBytes * commands.length)
    const changes: Change[] = []
    for (const [n, { id, bytes }] of commands.entries()) {
      const idHex = toHex(id)
      order.set(id, idBytes * n)
      changes.push({ type: 'put', key: this.#at(`c/${idHex}`), value: bytes })
      if (this.#parked.delete(idHex)) changes.push({ type: 'del', key: this.#at(`m/parked/${idHex}`) })
    }
    changes.push({ type: 'put', key: this.#at(`o/${group}`), value: order })
    const value = page === undefined ? verifiedMark : sealRecord(page)
    changes.push({ type: 'put', key: this.#at(`i/${group}`), value })
    return this.#write(changes)
  }

  async reindex(pages: readonly OrderedPage[], isSameOrder = false): Promise<void> {
    const changes = await this.#without('o/', 'i/', ...(isSameOrder ? [] : ['k/']))
    let next = 0
    for (const { ids, page } of pages) {
      changes.push({ type: 'put', key: this.#at(`o/${sequenceText(next)}`), value: ids })
      changes.push({ type: 'put', key: this.#at(`i/${sequenceText(next)}`), value: sealRecord(page) })
      next += ids.length / idBytes
    }
    await this.#write(changes)
    this.#next = next
  }

  keepCheckpoint(checkpoint: KeptCheckpoint | undefined, gone: readonly number[]): Promise<void> {
    const keyOf = (index: number): string => this.#at(`k/${sequenceText(index)}`)
    const changes = gone.map((index): Change => ({ type: 'del', key: keyOf(index) }))
    if (checkpoint !== undefined)
      changes.push({ type: 'put', key: keyOf(checkpoint.index), value: sealRecord(checkpoint.bytes) })
    return this.#write(changes)
  }

  park(id: Uint8Array, bytes: Uint8Array): Promise<void> {
    this.#parked.add(toHex(id))
    return this.#write([{ type: 'put', key: this.#at(`m/parked/${toHex(id)}`), value: bytes }])
  }

  unpark(ids: readonly Uint8Array[]): Promise<void> {
    const changes = ids.map((id): Change => ({ type: 'del', key: this.#at(`m/parked/${toHex(id)}`) }))
    for (const id of ids) this.#parked.delete(toHex(id))
    return this.#write(changes)
  }

  keepBoxes(hash: Uint8Array, bytes: Uint8Array): Promise<void> {
    return this.#write([{ type: 'put', key: this.#at(`m/boxes/${toHex(hash)}`), value: bytes }])
  }

  boxes(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#keyValue.get(this.#at(`m/boxes/${toHex(hash)}`))
  }

  dropBoxes(hash: Uint8Array, own: Uint8Array | undefined): Promise<void> {
    const gone: Change = { type: 'del', key: this.#at(`m/boxes/${toHex(hash)}`) }
    if (own === undefined) return this.#write([gone])
    return this.#write([gone, { type: 'put', key: this.#at(`m/own-box/${toHex(hash)}`), value: own }])
  }

  keepOwnBox(hash: Uint8Array, own: Uint8Array): Promise<void> {
    return this.#write([{ type: 'put', key: this.#at(`m/own-box/${toHex(hash)}`), value: own }])
  }

  ownBox(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#keyValue.get(this.#at(`m/own-box/${toHex(hash)}`))
  }

  async boxesHeld(): Promise<string[]> {
    const prefix = this.#at('m/boxes/')
    const held: string[] = []
    // One after the other: all boxes together may be large.
    for await (const [key] of this.#keyValue.entries(prefix)) held.push(key.slice(prefix.length))
    return held
  }

  async drop(ids: readonly Uint8Array[]): Promise<void> {
    const gone = new Set(ids.map((id) => toHex(id)))
    // Indexes of those that stay are other ones now.
    const changes = await this.#without('k/')
    for (const idHex of gone)
      for (const space of ['c/', 'i/']) changes.push({ type: 'del', key: this.#at(`${space}${idHex}`) })
    for (const [sequence, ids] of await this.#read('o/')) {
      const kept = [...idsOf(ids)].filter((id) => !gone.has(toHex(id)))
      if (kept.length * idBytes === ids.length) continue
      const key = this.#at(`o/${sequence}`)
      changes.push(kept.length === 0 ? { type: 'del', key } : { type: 'put', key, value: concatBytes(...kept) })
    }
    await this.#write(changes)
  }

  async clear(): Promise<void> {
    await this.#write(await this.#without(''))
    this.#next = 0
  }

  /** What deletes these key spaces. */
  async #without(...spaces: readonly string[]): Promise<Change[]> {
    const changes: Change[] = []
    for (const space of spaces)
      for await (const [key] of this.#keyValue.entries(this.#at(space))) changes.push({ type: 'del', key })
    return changes
  }

  #at(name: string): string {
    return `t/${this.#teamHex}/${name}`
  }

  /** All of a key space, by the rest of the key, in order. */
  async #read(space: string): Promise<Map<string, Uint8Array>> {
    const prefix = this.#at(space)
    const found = new Map<string, Uint8Array>()
    for await (const [key, value] of this.#keyValue.entries(prefix)) found.set(key.slice(prefix.length), value)
    return found
  }

  #write(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject })
      void this.#writeGroups()
    })
  }

  async #writeGroups(): Promise<void> {
    if (this.#isWriting) return
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0)
      try {
        await this.#keyValue.write(group.flatMap(({ changes }) => changes))
        for (const { resolve } of group) resolve()
      } catch (error) {
        // What was to follow it goes the same way: no command is on the disk without its parents.
        for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(error)
      }
    }
    this.#isWriting = false
  }
}

/** The ids of an order record. */
function* idsOf(ids: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + idBytes <= ids.length; at += idBytes) yield ids.slice(at, at + idBytes)
}

function groupOf(value: Uint8Array | undefined, first: number, count: number): Group {
  const page = value === undefined ? undefined : openRecord(value)
  return { first, count, isVerified: page !== undefined || isMark(value, verifiedMark), page }
}

function isMark(value: Uint8Array | undefined, mark: Uint8Array): boolean {
  return value !== undefined && equalBytes(value, mark)
}

/** Twelve hex digits, so that the order of keys is the order of numbers. */
function sequenceText(sequence: number): string {
  return sequence.toString(16).padStart(12, '0')
}
