import { bug } from '../base/index.ts'
import type { Act } from './bodies.ts'
import { readAct } from './body.ts'
import { bodyAgain, readAgain, type Command } from './command.ts'
import type { CommandList } from './command-list.ts'
import type { Origin } from './origin.ts'

/** What a graph tells of a command: what its bytes say beside this is in the act or in the parents. */
export type PlacedCommand = Pick<
  Command,
  'id' | 'idHex' | 'author' | 'authorHex' | 'key' | 'generation' | 'sequence' | 'depth' | 'time' | 'kind' | 'bytes'
>

/** What most commands of one author have in common. */
export interface AuthorFacts {
  /** Local number of the author. */
  readonly author: number
  readonly device: Uint8Array
  readonly deviceHex: string
  readonly generation: number
  /** The signing key used. */
  readonly key: Uint8Array
  readonly origin: Origin
}

/** A command in the graph, read from the list of all when it is asked for. */
export class Placed implements PlacedCommand {
  readonly sequence: number
  readonly depth: number
  readonly kind: string
  readonly #list: CommandList
  readonly #index: number
  readonly #facts: AuthorFacts
  #idHex: string | undefined

  constructor(
    list: CommandList,
    index: number,
    row: { readonly facts: AuthorFacts; readonly sequence: number; readonly depth: number; readonly kind: string },
  ) {
    this.#list = list
    this.#index = index
    this.#facts = row.facts
    this.sequence = row.sequence
    this.depth = row.depth
    this.kind = row.kind
  }

  get id(): Uint8Array {
    return this.#list.id(this.#index)
  }

  get idHex(): string {
    return (this.#idHex ??= this.#list.idHex(this.#index))
  }

  get author(): Uint8Array {
    return this.#facts.device
  }

  get authorHex(): string {
    return this.#facts.deviceHex
  }

  get key(): Uint8Array {
    return this.#facts.key
  }

  get generation(): number {
    return this.#facts.generation
  }

  get bytes(): Uint8Array {
    return bytesAt(this.#list, this.#index)
  }

  get time(): number {
    return readAgain(this.bytes).time
  }
}

/** The act of a command of that kind in the list, whose first is the team's. */
export function actAt(list: CommandList, index: number, kind: string): Act {
  const team = list.size > 0 ? list.id(0) : undefined
  const act = readAct({ kind, body: bodyAgain(bytesAt(list, index)), ...(team === undefined ? {} : { team }) })
  if (act.kind === 'refuse') throw bug('a command of the graph has no act')
  return act
}

function bytesAt(list: CommandList, index: number): Uint8Array {
  const bytes = list.bytes(index)
  if (bytes === undefined) throw bug('a command of the graph has no bytes')
  return bytes
}
