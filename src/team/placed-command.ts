import { fromHex, toHex } from '../codec/index.ts'
import type { Act } from './bodies.ts'
import type { Command } from './command.ts'
import { RecentMap } from './recent-map.ts'

/** What is kept of a command once it is in the graph: what its bytes say beside this is in the act or in the parents. */
export type PlacedCommand = Pick<
  Command,
  'id' | 'idHex' | 'author' | 'authorHex' | 'key' | 'generation' | 'sequence' | 'depth' | 'time' | 'kind' | 'bytes'
>

/** A command in the graph. Its id is kept once, as the text that is its key. */
export class Placed implements PlacedCommand {
  readonly idHex: string
  readonly author: Uint8Array
  readonly authorHex: string
  readonly key: Uint8Array
  readonly generation: number
  readonly sequence: number
  readonly depth: number
  readonly time: number
  readonly kind: string
  readonly bytes: Uint8Array

  constructor(
    { idHex, generation, sequence, depth, time, kind, bytes }: Command,
    by: { readonly device: Uint8Array; readonly deviceHex: string; readonly key: Uint8Array },
  ) {
    this.idHex = idHex
    this.author = by.device
    this.authorHex = by.deviceHex
    this.key = by.key
    this.generation = generation
    this.sequence = sequence
    this.depth = depth
    this.time = time
    this.kind = kind
    this.bytes = bytes
  }

  get id(): Uint8Array {
    return fromHex(this.idHex)
  }
}

/** So many ids and keys that payloads have in common are kept once. */
const sharedMax = 4_096

/** Ids and keys that many payloads name, each in one array: a name costs a reference, not 200 bytes. */
export class SharedBytes {
  readonly #known = new RecentMap<string, Uint8Array>(sharedMax)

  /** The same act, with its 32-byte values shared. */
  share(act: Act): Act {
    const body = { ...act.body } as Record<string, unknown>
    for (const [field, value] of Object.entries(body))
      if (value instanceof Uint8Array && value.length === 32) body[field] = this.#one(value)
    return { kind: act.kind, body } as unknown as Act
  }

  #one(bytes: Uint8Array): Uint8Array {
    const hex = toHex(bytes)
    const known = this.#known.get(hex)
    if (known !== undefined) return known
    this.#known.set(hex, bytes)
    return bytes
  }
}
