import type { Act } from './bodies.ts'
import type { Origin } from './origin.ts'
import type { PlacedCommand } from './placed-command.ts'

/** A command in its place. `index` counts in local arrival order, parents first. */
export interface GraphNode {
  readonly index: number
  readonly command: PlacedCommand
  readonly act: Act
  readonly parents: readonly GraphNode[]
  /** Local number of the author. */
  readonly author: number
  readonly origin: Origin
}

/** What was read of a command, for as long as it is remembered. */
export interface Reading {
  command?: PlacedCommand
  act?: Act
  parents?: readonly GraphNode[]
}

/** What a graph tells of the command at an index. */
export interface Rows {
  command(index: number): PlacedCommand
  act(index: number): Act
  parents(index: number): readonly GraphNode[]
  author(index: number): number
  origin(index: number): Origin
  /** A reading of that node, which is taken from it again when many others were read since. */
  remember(node: RowNode): Reading
}

/** The one object that stands for a command: small, because what it tells is read from the rows when it is asked for. */
export class RowNode implements GraphNode {
  readonly index: number
  reading: Reading | undefined
  readonly #rows: Rows

  constructor(index: number, rows: Rows) {
    this.index = index
    this.#rows = rows
  }

  get command(): PlacedCommand {
    return (this.#reading().command ??= this.#rows.command(this.index))
  }

  get act(): Act {
    return (this.#reading().act ??= this.#rows.act(this.index))
  }

  get parents(): readonly GraphNode[] {
    return (this.#reading().parents ??= this.#rows.parents(this.index))
  }

  get author(): number {
    return this.#rows.author(this.index)
  }

  get origin(): Origin {
    return this.#rows.origin(this.index)
  }

  #reading(): Reading {
    return (this.reading ??= this.#rows.remember(this))
  }
}
