/** A command that a store kept: id, bytes, and whether its signature was verified before (`TEAM.md` 7). */
export interface KeptCommand {
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly isVerified: boolean
}

/** What a store found when it opened a team. */
export interface KeptTeam {
  /** In local arrival order, parents first. */
  readonly commands: readonly KeptCommand[]
  /** Commands of a newer version. */
  readonly parked: readonly Uint8Array[]
  /** Ids whose bytes are missing or are not what the id says. They are not among the commands. */
  readonly damaged: readonly Uint8Array[]
}

/** Where the commands of one team are kept. Declared here; `store` implements it, on disk and in memory. */
export interface CommandStore {
  /** Everything that is kept. */
  load(): Promise<KeptTeam>
  /** The bytes of one command as they are kept now. */
  read(id: Uint8Array): Promise<Uint8Array | undefined>
  /** Appends in that order. Resolves when all of it is durable; rejects with ERR_STORE_WRITE, and then nothing is. */
  append(commands: readonly { readonly id: Uint8Array; readonly bytes: Uint8Array }[]): Promise<void>
  /** Keeps a command for a newer version. */
  park(id: Uint8Array, bytes: Uint8Array): Promise<void>
  /** Forgets commands kept so. */
  unpark(ids: readonly Uint8Array[]): Promise<void>
  /** Keeps an epoch's boxes by their hash. Durable when it resolves, and before what is appended later. */
  keepBoxes(hash: Uint8Array, bytes: Uint8Array): Promise<void>
  /** Boxes by their hash. */
  boxes(hash: Uint8Array): Promise<Uint8Array | undefined>
  /** Hex hashes of all boxes that are kept. */
  boxesHeld(): Promise<string[]>
  /** Forgets commands that were damaged, or descend from damaged ones. */
  drop(ids: readonly Uint8Array[]): Promise<void>
  /** Forgets the team. */
  clear(): Promise<void>
}
