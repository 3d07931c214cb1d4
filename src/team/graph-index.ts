import type { Recipient } from './epoch.ts'
import type { Origin } from './origin.ts'
import { Packer, Unpacker } from './packed.ts'
import { defaultRoles } from './policy.ts'

/**
 * The form of pages and checkpoints, and the rules they come from: what is of another version is not read, and is made anew.
 * A change of what the rules make of the same commands counts it up.
 */
export const indexVersion = 2

/** What the index keeps of a command, beside its id and bytes: with it the command needs not be read or judged again. */
export interface Row {
  readonly kind: string
  readonly sequence: number
  readonly depth: number
  /** Indexes. */
  readonly parents: readonly number[]
  /** Place of its facts. */
  readonly facts: number
}

/** Facts that many commands of one author share, as they stand in a page. */
export interface FactsRow {
  readonly device: Uint8Array
  readonly key: Uint8Array
  readonly generation: number
  readonly origin: Origin
}

/** Rows of commands that follow each other in arrival order. */
export interface IndexPage {
  /** Index of the first. */
  readonly first: number
  readonly rows: readonly Row[]
  /** Place of the first facts that no page before has. */
  readonly factsFrom: number
  readonly facts: readonly FactsRow[]
  /** Recipients that a RotateKey names by a hash alone, by its index. */
  readonly recipients: ReadonlyMap<number, readonly Recipient[]>
}

/** A page as bytes, about a dozen a command. */
export function encodePage({ first, rows, factsFrom, facts, recipients }: IndexPage): Uint8Array {
  const packer = new Packer()
  const kinds = [...new Set(rows.map(({ kind }) => kind))]
  for (const part of [indexVersion, first, rows.length, factsFrom]) packer.number(part)
  packer.value([kinds, facts, recipients])
  for (const [at, { kind, sequence, depth, parents, facts: place }] of rows.entries()) {
    for (const part of [kinds.indexOf(kind), sequence, depth, place, parents.length]) packer.number(part)
    // Most parents came a moment before.
    for (const parent of parents) packer.number(first + at - parent)
  }
  return packer.bytes()
}

/** The page, or undefined where the bytes are none of this version. */
export function decodePage(bytes: Uint8Array): IndexPage | undefined {
  try {
    return readPage(new Unpacker(bytes))
  } catch {
    return undefined
  }
}

function readPage(unpacker: Unpacker): IndexPage | undefined {
  if (unpacker.number() !== indexVersion) return undefined
  const [first, count, factsFrom] = [unpacker.number(), unpacker.number(), unpacker.number()]
  const shared = unpacker.value() as [string[], FactsRow[], ReadonlyMap<number, readonly Recipient[]>]
  const [kinds, facts, recipients] = shared
  const rows: Row[] = []
  for (let index = first; index < first + count; index++) {
    const kind = kinds[unpacker.number()] ?? ''
    const [sequence, depth, place] = [unpacker.number(), unpacker.number(), unpacker.number()]
    const parents: number[] = []
    for (let left = unpacker.number(); left > 0; left--) parents.push(index - unpacker.number())
    rows.push({ kind, sequence, depth, parents, facts: place })
  }
  return { first, rows, factsFrom, facts: facts.map(withDefaultRole), recipients }
}

/** The default roles are one object each; facts are shared where the role is the same object. */
function withDefaultRole(facts: FactsRow): FactsRow {
  const { leaves } = facts.origin
  if (leaves?.builtin !== true) return facts
  const role = defaultRoles.get(leaves.role) ?? leaves
  return { ...facts, origin: { ...facts.origin, leaves: role } }
}
