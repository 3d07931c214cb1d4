import type { CommandList } from './command-list.ts'

/** A command that a store kept: id, bytes, and whether its signature was verified before (`TEAM.md` 7). */
export interface KeptCommand {
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly isVerified: boolean
}

/** A checkpoint as it is kept: the index of its command, and what the replica wrote. */
export interface KeptCheckpoint {
  readonly index: number
  readonly bytes: Uint8Array
}

/** What spares a replica to read and judge every command again. */
export interface KeptIndex {
  /** All commands, in local arrival order. */
  readonly commands: CommandList
  /** Pages of the index, one after the other; they cover all commands. */
  readonly pages: readonly Uint8Array[]
  /** The latest last. */
  readonly checkpoints: readonly KeptCheckpoint[]
}

/** What a store found when it opened a team. */
export interface KeptTeam {
  /** In local arrival order, parents first; made one by one, as often as they are asked for. */
  readonly commands: Iterable<KeptCommand>
  /** Absent where a record of it is missing, of another version or damaged, or a command is: then it is made anew. */
  readonly index?: KeptIndex
  /** Commands of a newer version. */
  readonly parked: readonly Uint8Array[]
  /** Ids whose bytes are missing or are not what the id says. They are not among the commands. */
  readonly damaged: readonly Uint8Array[]
}

/** Commands that follow each other, with the page of the index that is about them. */
export interface OrderedPage {
  /** Their ids, 32 bytes each. */
  readonly ids: Uint8Array
  readonly page: Uint8Array
}

/** Where the commands of one team are kept. Declared here; `store` implements it, on disk and in memory. */
export interface CommandStore {
  /** Everything that is kept. */
  load(): Promise<KeptTeam>
  /** The bytes of one command as they are kept now. */
  read(id: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * Appends in that order, with the page of the index that is about them; without one the index is made anew at the next
   * start. Resolves when all of it is durable; rejects with ERR_STORE_WRITE, and then nothing is.
   */
  append(commands: readonly { readonly id: Uint8Array; readonly bytes: Uint8Array }[], page?: Uint8Array): Promise<void>
  /**
   * Puts these pages in the place of all that is known of order and index. Checkpoints are forgotten, unless the order is
   * the one that was.
   */
  reindex(pages: readonly OrderedPage[], isSameOrder?: boolean): Promise<void>
  /** Keeps a checkpoint, if one is given, and forgets those at these indexes. */
  keepCheckpoint(checkpoint: KeptCheckpoint | undefined, gone: readonly number[]): Promise<void>
  /** Keeps a command for a newer version. */
  park(id: Uint8Array, bytes: Uint8Array): Promise<void>
  /** Forgets commands kept so. */
  unpark(ids: readonly Uint8Array[]): Promise<void>
  /** Keeps an epoch's boxes by their hash. Durable when it resolves, and before what is appended later. */
  keepBoxes(hash: Uint8Array, bytes: Uint8Array): Promise<void>
  /** Boxes by their hash. */
  boxes(hash: Uint8Array): Promise<Uint8Array | undefined>
  /** Forgets an epoch's boxes, but one of them, which is kept by itself where it is given. */
  dropBoxes(hash: Uint8Array, own: Uint8Array | undefined): Promise<void>
  /** Keeps a box of this device by itself, by the hash of the boxes it was among, or the id of an epoch it was given. */
  keepOwnBox(hash: Uint8Array, own: Uint8Array): Promise<void>
  /** The box that was kept by itself. */
  ownBox(hash: Uint8Array): Promise<Uint8Array | undefined>
  /** Hex hashes of all boxes that are kept. */
  boxesHeld(): Promise<string[]>
  /** Forgets commands that were damaged, or descend from damaged ones, and all checkpoints. */
  drop(ids: readonly Uint8Array[]): Promise<void>
  /** Forgets the team. */
  clear(): Promise<void>
}
